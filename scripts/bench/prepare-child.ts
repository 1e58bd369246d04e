// What it costs to read a project in a child with limits, beside reading it in the worker.
import { join } from 'node:path';
import { disk } from '../../src/activities/ports/disk-port.js';
import { createLimitedParser } from '../../src/activities/ports/parser/limited-parser.js';
import type { ParserPort } from '../../src/activities/ports/parser/parser-port.js';
import { createPythons } from '../../src/activities/ports/python-port.js';
import { PARSERS, type ParserInput, type ParserName, type ParserOutput } from '../../src/activities/project/parsers.js';
import { readFacts } from '../../src/activities/project/facts.js';
import { PROJECT } from '../../test/support/slipway.js';
import { inTurn, median, ms, timed, type Measurement, type Taken } from './measure.js';

const SLOTS = 3;
const PAIRS = 50;
const EXAMPLE = join(PROJECT, 'examples/flask-hello');

/** The limit is the specification's: a child is worth no more than that for each deployment. */
export const prepareChild: Measurement[] = [
  { name: 'prepare_child', unit: 'ms', limit: 30, slots: SLOTS, take: prepareInChild },
];

const inWorker: ParserPort = {
  warm: () => undefined,
  parse: <N extends ParserName>(name: N, input: ParserInput<N>): Promise<ParserOutput<N>> => {
    const parse = PARSERS[name] as (given: ParserInput<N>) => ParserOutput<N>;
    return Promise.resolve(parse(input));
  },
};

async function prepareInChild(): Promise<Taken> {
  const python = await createPythons({
    path: process.env['PATH'] ?? '',
    home: process.env['HOME'] ?? '/',
  }).defaultPython();
  const child = createLimitedParser({
    python,
    launcher: join(PROJECT, 'dist/keeper/limited.py'),
    script: join(PROJECT, 'dist/activities/ports/parser/child.js'),
  });
  const cold = await timed(() => read(child));
  const pair = { ours: () => timed(() => read(child)), other: () => timed(() => read(inWorker)) };
  const { ours, other } = await inTurn(pair, { count: PAIRS });
  child.close();
  const value = median(ours) - median(other);
  return { value, note: `${ms(median(ours))} beside ${ms(median(other))}; the first of a worker ${ms(cold)}` };
}

/** As the steps `prepare` and `check` do. */
async function read(parser: ParserPort): Promise<void> {
  const names = (await disk.list(EXAMPLE)).map(({ name }) => name);
  const [procfile, pyproject] = await Promise.all(
    ['Procfile', 'pyproject.toml'].map((name) => disk.readProjectFile(EXAMPLE, name, 1024 ** 2)),
  );
  await parser.parse('detect', { files: { names, procfile, pyproject }, wishes: { health_check: {} }, mode: 'uv' });
  await readFacts({ disk, parser }, EXAMPLE);
}
