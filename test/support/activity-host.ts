// Activities on a real host of their own: real disk, real tools under the real keeper, in a temporary folder.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { disk } from '../../src/activities/ports/disk-port.js';
import { createLogs } from '../../src/activities/ports/log-port.js';
import { createPythons } from '../../src/activities/ports/python-port.js';
import { createTools } from '../../src/activities/ports/tools.js';
import type { HostSettings } from '../../src/activities/settings.js';
import { MODES } from '../../src/contract/states.js';
import { deploymentLog, layout } from '../../src/contract/layout.js';
import { startRequestSchema, type StartRequest } from '../../src/contract/requests.js';
import type { AttemptRef, PrepareInput } from '../../src/contract/steps.js';
import { toolEnvironment } from '../../src/contract/tool-environment.js';
import { createSecrets, newCallbackSecret, newSecretKey } from '../../src/secrets.js';
import { inlineParser } from './inline-parser.js';
import { inlineUnpacker } from './inline-unpacker.js';
import { onTestFinished } from './jest/test-end.js';

export { act, runActivity } from './act.js';

export const KEEPER = fileURLToPath(new URL('../../src/keeper/keeper.py', import.meta.url));

export const pythons = createPythons({
  path: process.env['PATH'] ?? '',
  home: homedir(),
  pyenvRoot: process.env['PYENV_ROOT'],
});

export type ActivityHost = Awaited<ReturnType<typeof makeHost>>;

/** A host whose folder is removed when the test is over. Sources may lie in `sources`. */
export async function makeHost() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-test-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return hostIn(folder);
}

/** The host that lies in a folder: another process may take it up, as a restarted worker does. */
export async function hostIn(folder: string) {
  const at = layout(join(folder, 'data'));
  const sources = join(folder, 'sources');
  mkdirSync(sources, { recursive: true });
  mkdirSync(at.root, { recursive: true, mode: 0o700 });
  const settings: HostSettings = {
    hostId: 'test-host',
    modes: MODES,
    isolation: 'any',
    processUser: 'root',
    layout: at,
    sourceRoots: [sources],
    retentionDays: 365,
    pythonImage: 'python:3.11-slim',
    language: 'en',
    secrets: createSecrets(newSecretKey()),
    callbackSecret: newCallbackSecret(),
    toolEnvironment: toolEnvironment(process.env),
    gitNetworks: ['127.0.0.0/8', '::1'],
    uv: uvProgram(),
    git: execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim(),
  };
  const ports = {
    disk,
    logs: createLogs(at),
    parser: inlineParser,
    python: pythons,
    tools: createTools({ python: await pythons.defaultPython(), script: KEEPER }),
    unpacker: inlineUnpacker,
  };
  return { folder, sources, at, settings, ports };
}

/** uv where Slipway's own start puts it; fetched once when it is not there. */
export function uvProgram(): string {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'slipway', 'tools', 'uv');
  const program = join(folder, 'bin', 'uv');
  if (!existsSync(program)) {
    execFileSync('python3', ['-m', 'venv', folder]);
    execFileSync(join(folder, 'bin', 'pip'), ['install', '--quiet', 'uv']);
  }
  return program;
}

/** Writes files below a folder: path -> text. */
export async function writeFiles(folder: string, files: Record<string, string>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

let deployments = 0;
export function attemptRef(service = 'app', mode: AttemptRef['mode'] = 'uv'): AttemptRef {
  deployments += 1;
  return { deploymentId: `${mode}_test_${String(deployments)}`, service, attempt: 1, mode };
}

export function requestFor(config: Record<string, unknown> = {}): StartRequest {
  return startRequestSchema.parse({ config });
}

export function prepareInput(
  source: PrepareInput['source'],
  config: Record<string, unknown> = {},
  ref = attemptRef(),
): PrepareInput {
  return { ...ref, source, request: requestFor(config) };
}

export async function readLog(host: Pick<ActivityHost, 'at'>, deploymentId: string): Promise<string> {
  return readFile(deploymentLog(host.at, deploymentId), 'utf8').catch(() => '');
}

/** Command lines of all processes that mention a text. */
export function processesWith(text: string): string[] {
  const found = execFileSync('ps', ['-eo', 'pid,args', '-ww'], { encoding: 'utf8' }).split('\n');
  return found.filter((line) => line.includes(text));
}

/** How often this process has a file open. */
export function timesOpen(path: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // the one that listed them
    }
  }).length;
}

/** Runs a file of this folder in a process of its own, which a test may kill. */
export function runTypescript(file: string, ...args: readonly string[]): ChildProcess {
  const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  return spawn(process.execPath, ['--import', path('typescript.mjs'), path(file), ...args], { stdio: 'inherit' });
}

export const fileText = (path: string): string => readFileSync(path, 'utf8');

/** Waits until a condition holds, instead of sleeping for a guessed time. */
export async function eventually<T>(look: () => T | Promise<T>, timeoutMs = 10_000): Promise<T> {
  const endsAt = Date.now() + timeoutMs;
  for (;;) {
    try {
      const seen = await look();
      if (seen) return seen;
    } catch (error) {
      if (Date.now() > endsAt) throw error;
    }
    if (Date.now() > endsAt) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
