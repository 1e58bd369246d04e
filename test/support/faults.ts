// Trials of durability: a part is killed, or a deployment cancelled, at a random moment, and all is looked at afterwards.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { STEPS, type Mode, type Step } from '../../src/contract/states.js';
import { docker, ownedBy } from './engine.js';
import { eventually } from './eventually.js';
import type { Random } from './random.js';
import { releasePage } from './release-page.js';
import { readProc, type Slipway } from './slipway.js';

export const PARTS = ['worker', 'api', 'temporal'] as const;
export type Part = (typeof PARTS)[number];
export type TrialMode = Mode;

/** When to strike: as soon as a step is seen, and then some. */
export interface Moment {
  step: Step;
  afterMs: number;
}

const SERVICE = 'trial';
/** Steps of milliseconds are struck at once; the long ones anywhere within. */
const LONGEST_WAIT_MS: Record<Step, number> = { prepare: 40, check: 60, install: 1500, configure: 60, start: 800 };
const ENDS_WITHIN_MS = 90_000;
const CANCELS_WITHIN_MS = 10_000;

export function randomMoment(random: Random): Moment {
  const step = random.pick(STEPS);
  return { step, afterMs: random.below(LONGEST_WAIT_MS[step]) };
}

/** An app whose content differs each time, has a child in a session of its own, and tells its release. */
export function writeTrialApp(slipway: Slipway, version: number): Record<string, unknown> {
  const folder = join(slipway.sources, SERVICE);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'main.py'), `VERSION = ${version}\n${APP}`);
  writeFileSync(join(folder, 'pyproject.toml'), PYPROJECT);
  return slipway.app(SERVICE, { release_command: 'sleep 0.1' });
}

const APP = `
import subprocess

subprocess.Popen(["sleep", "3600"], start_new_session=True)
${releasePage('0.0.0.0')}`;
const PYPROJECT = `
[project]
name = "trial"
version = "1.0"
dependencies = []
[tool.slipway]
command = "python main.py"
kind = "web"
`;

/** Strikes in the middle of a deployment, which must complete all the same. */
export async function killTrial(
  slipway: Slipway,
  trial: { mode: TrialMode; strike: () => void; moment: Moment; version: number },
): Promise<void> {
  const { deployment_id: id } = await slipway.deploy({ ...writeTrialApp(slipway, trial.version), mode: trial.mode });
  await until(slipway, id, trial.moment);
  trial.strike();
  const ended = await slipway.ended(id, ENDS_WITHIN_MS);
  if (ended.status !== 'completed') throw new Error(`${id} ended ${ended.status}: ${JSON.stringify(ended.error)}`);
  await slipway.waitReady();
  await expectServing(slipway, id);
  await expectTidy(slipway);
}

/** SIGKILL of one of Slipway's own parts. */
export const kill = (slipway: Slipway, part: Part) => (): void => {
  process.kill(slipway.ready.pids[part], 'SIGKILL');
};

/** Cancels at a random moment. True when it was cancelled, false when it had switched or ended before. */
export async function cancelTrial(
  slipway: Slipway,
  trial: { mode: TrialMode; moment: Moment; version: number; serving: string },
): Promise<boolean> {
  const { deployment_id: id } = await slipway.deploy({ ...writeTrialApp(slipway, trial.version), mode: trial.mode });
  await until(slipway, id, trial.moment);
  const startedAt = Date.now();
  const answer = await slipway.call(`/api/deployments/${id}/cancel`, { body: {} });
  const tookMs = Date.now() - startedAt;
  if (answer.status === 409) {
    const ended = await slipway.ended(id);
    if (ended.status !== 'completed') throw new Error(`${id}: 409, but ${ended.status}`);
    await expectServing(slipway, id);
    return false;
  }
  if (answer.status !== 200 || answer.body.status !== 'cancelled')
    throw new Error(`${id}: ${answer.status} ${answer.text}`);
  if (tookMs > CANCELS_WITHIN_MS) throw new Error(`${id} took ${tookMs} ms to be cancelled`);
  // All of this must be true at the answer itself: nothing is waited for.
  const working = slipway
    .toolProcesses()
    .map((pid) => readProc(pid, 'cmdline').replaceAll('\0', ' '))
    .filter((line) => !line.includes(' app '));
  if (working.length > 0) throw new Error(`${id} left tools: ${working.join(' | ')}`);
  const instances = await instancesOf(slipway);
  if (instances.some((instance) => instance.includes(id))) throw new Error(`${id} left its app`);
  await expectTidy(slipway);
  await expectServing(slipway, trial.serving);
  return true;
}

async function until(slipway: Slipway, id: string, { step, afterMs }: Moment): Promise<void> {
  const wanted = STEPS.indexOf(step);
  await eventually(
    async () => {
      const status = await slipway.status(id);
      return (
        !status.is_active ||
        (status.step !== null && STEPS.indexOf(status.step) >= wanted && status.status === 'running')
      );
    },
    { timeoutMs: ENDS_WITHIN_MS, mostMs: 30 },
  );
  await delay(afterMs);
}

/** The page answers with that release, from the one instance that lives. */
async function expectServing(slipway: Slipway, release: string): Promise<void> {
  const service = await eventually(async () => {
    const view = await slipway.service(SERVICE);
    return view.status === 'running' && view;
  });
  const ask = async (): Promise<string> => (await fetch(service.url!)).text();
  const page = slipway.hasEngine ? await eventually(ask, { timeoutMs: 30_000 }) : await ask(); // an engine may be on its way back
  if (page !== release) throw new Error(`the page is of ${page}, not of ${release}`);
  const instances = await instancesOf(slipway);
  if (instances.length !== 1) throw new Error(`${instances.length} instances live: ${instances.join(', ')}`);
}

/** As processes and as containers, those of release commands among them. */
async function instancesOf(slipway: Slipway): Promise<string[]> {
  const marks = slipway
    .appProcesses(SERVICE)
    .map((pid) => /SLIPWAY_INSTANCE=([^\0]+)/.exec(readProc(pid, 'environ'))?.[1]);
  const containers = slipway.hasEngine ? (await ownedBy(slipway.hostId)).containers : [];
  const names = containers.flatMap(({ Names }) => Names);
  return [...new Set([...marks.filter((mark) => mark !== undefined), ...names])];
}

/** No temporary folder, no half-made environment, and every slot free. */
async function expectTidy(slipway: Slipway): Promise<void> {
  const left = readdirSync(join(slipway.dataDir, 'tmp'));
  if (left.length > 0) throw new Error(`temporary folders are left: ${left.join(', ')}`);
  const environments = join(slipway.dataDir, 'environments');
  const unfinished = readdirSync(environments).filter(
    (key) => !readdirSync(join(environments, key)).includes('.complete'),
  );
  if (unfinished.length > 0) throw new Error(`half-made environments are left: ${unfinished.join(', ')}`);
  // What a switch replaced is removed after its answer, and as late as an engine that was just restarted allows.
  if (slipway.hasEngine) await eventually(() => expectTidyEngine(slipway).then(() => true));
  const { body } = await slipway.call<{ active_deployments: number; queued_deployments: number }>(
    '/api/deployment/health',
  );
  if (body.active_deployments + body.queued_deployments > 0) throw new Error(`a slot is held: ${JSON.stringify(body)}`);
}

/** No image without a name, and none that no kept release has. */
async function expectTidyEngine(slipway: Slipway): Promise<void> {
  const { images } = await ownedBy(slipway.hostId);
  const unnamed = images.filter(({ RepoTags }) => (RepoTags ?? []).every((tag) => tag.startsWith('<none>')));
  if (unnamed.length > 0) throw new Error(`${unnamed.length} images without a name are left`);
  const kept = (await slipway.service(SERVICE)).releases.filter(({ mode }) => mode === 'docker').length;
  if (images.length > kept) throw new Error(`${images.length} images are left of ${kept} releases`);
  const { Volumes: volumes } = await docker.listVolumes({ filters: { dangling: ['true'] } });
  if (volumes.length > 0) throw new Error(`volumes are left: ${volumes.map(({ Name }) => Name).join(', ')}`);
}

/** The end of a part's log, for a trial that failed. */
export function logTail(slipway: Slipway, part: Part, lines = 15): string {
  return readFileSync(join(slipway.dataDir, 'logs/slipway', `${part}.log`), 'utf8')
    .trim()
    .split('\n')
    .slice(-lines)
    .join('\n');
}
