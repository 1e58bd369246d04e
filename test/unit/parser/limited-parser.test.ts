// The real child, run from the sources, under its real limits.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import {
  createLimitedParser,
  type LimitedParser,
  type ParserOptions,
} from '../../../src/activities/ports/parser/limited-parser.js';
import { ownCodeBytes } from '../../../src/activities/ports/proc.js';
import { eventually, pythons } from '../../support/activity-host.js';
import { onTestFinished } from '../../support/jest/test-end.js';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function parserWith(changes: Partial<ParserOptions> = {}): Promise<LimitedParser> {
  const parser = createLimitedParser({
    python: await pythons.defaultPython(),
    launcher: path('../../../src/keeper/limited.py'),
    script: path('../../../src/activities/ports/parser/child.ts'),
    nodeOptions: ['--import', path('../../support/typescript.mjs')],
    ...changes,
    // Compiling TypeScript takes more of both than the program itself.
    limits: { heapMib: 256, dataMib: 1024, cpuSeconds: 60, ...changes.limits },
  });
  onTestFinished(() => {
    parser.close();
  });
  return parser;
}

const requirements = { path: 'requirements.txt', text: 'flask\n-r base.txt\n' };
const READ = { includes: ['base.txt'], locals: [] };
const hasEnded = (pid: number | undefined) => () => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
};

it('projects are parsed in a reusable child process with limits, an empty environment and no writable files', async () => {
  const parser = await parserWith();
  expect(await parser.parse('requirements', requirements)).toEqual(READ);
  const { pid } = parser;
  expect(await parser.parse('dockerfile', { text: 'FROM a AS base\n', profile: 'Base' })).toEqual({
    target: { name: 'base', ports: [] },
    needsBuildKit: false,
    takes: { args: [], secrets: [], unread: [] },
  });
  expect(parser.pid).toBe(pid);
  const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
  expect(limits).toMatch(/Max cpu time\s+62 /);
  const [, dataBytes] = /Max data size\s+(\d+) /.exec(limits) ?? [];
  expect(Number(dataBytes)).toBeGreaterThanOrEqual(1024 ** 3);
  expect(Number(dataBytes)).toBeLessThan(1.6 * 1024 ** 3); // Node 24 reserves half a gibibyte for code
  expect(limits).toMatch(/Max file size\s+0 /);
  expect(limits).toMatch(/Max core file size\s+0 /);
  expect(limits).toMatch(/Max open files\s+64 /);
  expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('LANG=C.UTF-8\0');
  expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/NoNewPrivs:\s+1/);
});

it('a parsing error is returned with its code and its parameters', async () => {
  const parser = await parserWith();
  await expect(parser.parse('pyproject', 'a = [')).rejects.toMatchObject({
    code: 'source_invalid',
    text: 'source_invalid.bad_toml',
    params: { file: 'pyproject.toml' },
  });
  expect(await parser.parse('requirements', requirements)).toEqual(READ);
});

/** Takes minutes of processor time. */
const SLOW = {
  paths: Array.from({ length: 20_000 }, (_, i) => `${'a'.repeat(100)}/${i}`),
  rules: Array.from({ length: 9_000 }, (_, i) => `${'*a'.repeat(9)}${i}`).join('\n'),
};

/** The thread that reads TypeScript, which only tests have, reserves memory for code, too. */
const HOOK_CODE_MIB = Math.ceil(ownCodeBytes() / 1024 ** 2);

it.each([
  ['heap', { heapMib: 64 }],
  ['memory outside the heap', { heapMib: 4096, dataMib: 400 + HOOK_CODE_MIB }],
])('a project that needs more %s than the limit ends the child process and not the worker', async (_what, limits) => {
  const parser = await parserWith({ limits });
  const paths = Array.from({ length: 400_000 }, (_, i) => `${'folder/'.repeat(20)}${i}`);
  await expect(parser.parse('context', { paths, rules: '*.pyc\n' })).rejects.toMatchObject({
    code: 'source_invalid',
    text: 'source_invalid.parser_limit',
    params: { what: expect.stringContaining('memory >') },
  });
  expect(await parser.parse('requirements', requirements)).toEqual(READ); // by a fresh one
});

it('a workspace whose patterns take too long to match is refused', async () => {
  const parser = await parserWith({ limits: { cpuSeconds: 3 } });
  const workspace = { members: Array.from({ length: 200 }, (_, i) => `**/${'*a'.repeat(1000)}${i}b`), exclude: [] };
  const folders = Array.from({ length: 1000 }, (_, i) => `${'a'.repeat(2800)}${i}`);
  await expect(parser.parse('members', { workspace, folders })).rejects.toMatchObject({ code: 'source_invalid' });
});

it('a project that needs more processor time than the limit is refused', async () => {
  const parser = await parserWith({ limits: { cpuSeconds: 3 } });
  await expect(parser.parse('context', SLOW)).rejects.toMatchObject({
    code: 'source_invalid',
    text: 'source_invalid.parser_limit',
    params: { what: 'CPU > 3 s' },
  });
});

/** Sends the signal to each child, until the parser gives up. */
async function parseUnderFire(parser: LimitedParser, signal: NodeJS.Signals): Promise<unknown> {
  await parser.parse('requirements', requirements); // the child is ready
  const reading = parser.parse('context', SLOW);
  const firing = setInterval(() => {
    if (parser.pid !== undefined && !hasEnded(parser.pid)()) process.kill(parser.pid, signal);
  }, 5);
  try {
    return await reading.catch((error: unknown) => error);
  } finally {
    clearInterval(firing);
  }
}

it.each<NodeJS.Signals>(['SIGXCPU', 'SIGABRT', 'SIGSEGV', 'SIGTRAP', 'SIGINT', 'SIGTERM', 'SIGKILL'])(
  '%s from another process causes a retryable error without blaming the project',
  async (signal) => {
    const parser = await parserWith();
    expect(await parseUnderFire(parser, signal)).toMatchObject({
      code: 'internal',
      text: 'internal.parser',
      retryable: true,
    });
  },
);

/** A program in the place of the child's own: for ends that no project is known to bring about. */
function childOf(whenAsked: string): Partial<ParserOptions> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-child-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  chmodSync(folder, 0o755);
  const script = join(folder, 'child.mjs');
  writeFileSync(
    script,
    `import { createInterface } from 'node:readline';
    import inspector from 'node:inspector';
    import { setTimeout as delay } from 'node:timers/promises';
    createInterface({ input: process.stdin }).on('line', async () => { ${whenAsked} });
    const send = (answer) => process.stdout.write(JSON.stringify(answer) + '\\n');
    send({ kind: 'ready' });`,
  );
  return { script, nodeOptions: [] };
}

it.each([
  ['exits with code 3', 'process.exit(3)', 'exit 3'],
  ['exits with code 0', 'process.exit(0)', 'exit 0'],
  ['throws an error outside a parser', `setTimeout(() => { throw new Error('a defect') })`, /Node\.js v/],
  ['returns a response that isn’t JSON', `process.stdout.write('not JSON\\n')`, 'garbledAnswer'],
  ['aborts itself', 'process.abort()', /.+/],
])('a child process that %s causes a retryable error without blaming the project', async (_what, whenAsked, reason) => {
  const parser = await parserWith(childOf(whenAsked));
  await expect(parser.parse('requirements', requirements)).rejects.toMatchObject({
    text: 'internal.parser',
    params: { reason: typeof reason === 'string' ? reason : expect.stringMatching(reason) },
    retryable: true,
  });
});

it('an endless answer of the child process is refused as a limit of the project', async () => {
  const child = childOf(
    `for (;;) if (!process.stdout.write('x'.repeat(1024 ** 2))) await new Promise((go) => process.stdout.once('drain', go));`,
  );
  const parser = await parserWith(child);
  await expect(parser.parse('requirements', requirements)).rejects.toMatchObject({
    text: 'source_invalid.parser_limit',
    params: { what: 'answer > 64 MiB' },
  });
});

it('an endless answer that starts in the same chunk as the ready message is refused as a limit of the project', async () => {
  const child = childOf('');
  writeFileSync(
    child.script!,
    `import { setTimeout as delay } from 'node:timers/promises';
    process.stdout.write(JSON.stringify({ kind: 'ready' }) + '\\n' + 'x'.repeat(1000));
    for (;;) if (!process.stdout.write('x'.repeat(1024 ** 2))) await new Promise((go) => process.stdout.once('drain', go));`,
  );
  const parser = await parserWith(child);
  await expect(parser.parse('requirements', requirements)).rejects.toMatchObject({
    text: 'source_invalid.parser_limit',
    params: { what: 'answer > 64 MiB' },
  });
});

it('SIGUSR1 doesn’t open a debugger in the child process', async () => {
  const child = childOf(`
    process.kill(process.pid, 'SIGUSR1');
    for (let looks = 0; looks < 25 && inspector.url() === undefined; looks += 1) await delay(20);
    send({ kind: 'parsed', output: { url: inspector.url() ?? 'none' }, cpuMs: 0 });`);
  const parser = await parserWith(child);
  expect(await parser.parse('requirements', requirements)).toEqual({ url: 'none' });
});

it('a killed child process is replaced, and the project is parsed', async () => {
  const parser = await parserWith();
  await parser.parse('requirements', requirements);
  const { pid } = parser;
  const reading = parser.parse('requirements', requirements);
  process.kill(pid!, 'SIGKILL');
  expect(await reading).toEqual(READ);
  expect(await parser.parse('requirements', requirements)).toEqual(READ);
  expect(parser.pid).not.toBe(pid);
});

it('a child process that is always killed causes a retryable error', async () => {
  const parser = await parserWith({ limits: { requestMs: 1 } }); // overdue at once, and killed
  await expect(parser.parse('requirements', requirements)).rejects.toMatchObject({
    code: 'internal',
    text: 'internal.parser',
    params: { reason: 'overdue' },
    retryable: true,
  });
});

it('a child process is replaced after a number of uses and ends when it is idle', async () => {
  const parser = await parserWith({ limits: { uses: 2, idleMs: 100 } });
  await parser.parse('requirements', requirements);
  const first = parser.pid;
  await parser.parse('requirements', requirements);
  await parser.parse('requirements', requirements);
  const second = parser.pid;
  expect(second).not.toBe(first);
  await eventually(hasEnded(first));
  await eventually(hasEnded(second));
  expect(await parser.parse('requirements', requirements)).toEqual(READ);
});

it('a child process that can’t be started causes a retryable error', async () => {
  const parser = await parserWith({ script: '/nowhere/child.js' });
  await expect(parser.parse('requirements', requirements)).rejects.toMatchObject({
    code: 'internal',
    text: 'internal.parser',
    retryable: true,
  });
});

it('each of 20 concurrent requests gets its own answer', async () => {
  const parser = await parserWith();
  const texts = Array.from({ length: 20 }, (_, i) => `-r file-${i}.txt\n`);
  const read = await Promise.all(texts.map((text) => parser.parse('requirements', { path: 'r.txt', text })));
  expect(read.map(({ includes }) => includes[0])).toEqual(texts.map((_, i) => `file-${i}.txt`));
});
