// A new project's first deployment, beside the same tools run by hand. Caches of the tools are warm on both sides.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPythons, pythonPlacesOf } from '../../src/activities/ports/python-port.js';
import { readConfig } from '../../src/config.js';
import { findProgram } from '../../src/programs.js';
import { PROJECT } from '../../test/support/slipway.js';
import { runTool, startByHand } from './by-hand.js';
import { inTurn, median, timed, type Measurement, type Taken } from './measure.js';
import { deployToEnd, type Stage } from './stage.js';

/** What Slipway may take beside the tools, whatever they take. */
const ALLOWANCE_MS = 600;
const EXAMPLE = `${PROJECT}examples/flask-hello`;
const SLOTS = 3;

export const firstDeployments: Measurement[] = [
  { name: 'uv_first', unit: 'x', limit: 1.15, slots: SLOTS, take: (stage) => first(stage, 'uv', 7) },
  { name: 'fallback_first', unit: 'x', limit: 1.1, slots: SLOTS, take: (stage) => first(stage, 'fallback', 3) },
];

type Install = (project: string, environment: string) => Promise<void>;

async function first(stage: Stage, mode: 'uv' | 'fallback', count: number): Promise<Taken> {
  const install = mode === 'uv' ? await withUv() : await withPip();
  const { ours, other } = await inTurn(
    { ours: () => deployFirst(stage, mode), other: () => byHand(stage, mode, install) },
    { count },
  );
  const ratios = ours.map((took, i) => (took - ALLOWANCE_MS) / (other[i] ?? NaN));
  const seconds = (values: number[]): string => `${(median(values) / 1000).toFixed(2)} s`;
  return { value: median(ratios), note: `${seconds(ours)}, by hand ${seconds(other)}` };
}

async function deployFirst(stage: Stage, mode: string): Promise<number> {
  const { name, path } = newProject(stage, mode);
  const source = { type: 'directory', path };
  return (await deployToEnd(stage, { mode, config: { service: name, source } })).tookMs;
}

async function byHand(stage: Stage, mode: string, install: Install): Promise<number> {
  const { path } = newProject(stage, mode);
  const environment = join(path, 'environment');
  const installMs = await timed(() => install(path, environment));
  const env = { ...process.env, PATH: `${environment}/bin:${process.env.PATH ?? ''}`, PYTHONUNBUFFERED: '1' };
  const command = readFileSync(join(path, 'Procfile'), 'utf8')
    .trim()
    .replace(/^web: /, '');
  return installMs + (await startByHand({ command, cwd: path, env }));
}

/** The example under a name of its own, with requirements that differ: so no environment is there for it yet. */
let made = 0;
function newProject({ slipway }: Stage, mode: string): { name: string; path: string } {
  made += 1;
  const name = `flask-${mode}-${made}`;
  const path = join(slipway.sources, name);
  mkdirSync(path);
  cpSync(EXAMPLE, path, { recursive: true });
  const requirements = join(path, 'requirements.txt');
  writeFileSync(requirements, `${readFileSync(requirements, 'utf8')}# ${name}\n`);
  return { name, path };
}

async function withUv(): Promise<Install> {
  const uv = await findProgram('uv', readConfig());
  if (uv === undefined) throw new Error('there is no uv here');
  const python = await hostPython();
  const env = { UV_PYTHON_DOWNLOADS: 'never' };
  return async (cwd, environment) => {
    await runTool([uv, 'venv', '--no-project', '--python', python, environment], { cwd, env });
    const target = join(environment, 'bin', 'python');
    await runTool([uv, 'pip', 'install', '--python', target, '-r', 'requirements.txt'], { cwd, env });
  };
}

async function withPip(): Promise<Install> {
  const python = await hostPython();
  return async (cwd, environment) => {
    await runTool([python, '-m', 'venv', environment], { cwd });
    await runTool([join(environment, 'bin', 'python'), '-m', 'pip', 'install', '-r', 'requirements.txt'], { cwd });
  };
}

/** The one that Slipway takes, too. */
async function hostPython(): Promise<string> {
  const [python] = await createPythons(pythonPlacesOf(readConfig().hostEnvironment)).list();
  if (!python) throw new Error('there is no Python here');
  return python.path;
}
