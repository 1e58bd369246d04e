// Whether an app is healthy (contract §3.2): asked often at first, from its start on, against its own end.
import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../contract/errors.js';
import type { HealthyInput } from '../contract/steps.js';
import type { TextKey } from '../contract/texts.js';
import { exitWords, settleExit } from './exits.js';
import type { AppHttpPort, ProbeResult } from './ports/http-port.js';
import type { InstancePort, InstanceRecord } from './ports/instance-port.js';
import { isGood, probeApp, probeWords } from './probe.js';
import { logTailOf } from './run-logged.js';
import { explain, explainAnswer } from './unhealthy.js';

/** Lines of the app's own that go with an error or an exit. */
const TAIL_LINES = 20;
/** Most apps answer within a second of their start: look often at first. */
const FIRST_PROBE_MS = 50;
const PROBE_GROWTH = 1.15;
/** An app under its first load may be slow to answer, but a probe must not use up the whole time. */
const PROBE_TIMEOUT_MS = 10_000;
/** A probe gets this much even past the deadline: a retry may begin after it. */
const LAST_PROBE_MS = 1000;
/** An image's own HEALTHCHECK has its own interval: asking the engine for its result costs little. */
const OWN_HEALTH_MS = 200;

type Runtime = InstancePort<never>;
interface HealthPorts {
  runtime: Runtime;
  http: AppHttpPort;
}

/** How long this instance has been waited for, by earlier tries of the activity, too. No clock of an engine is asked. */
export type WaitedMs = () => number;

/** The instance's end and its health race: the first decides. */
export async function checkHealth(
  ports: HealthPorts,
  input: HealthyInput,
  waitedMs: WaitedMs,
  signal: AbortSignal,
): Promise<void> {
  const { runtime } = ports;
  const { instanceId, spec } = input;
  const record = await runtime.readRecord(instanceId);
  if (!record || !(await runtime.isAlive(instanceId))) throw await appExited(runtime, spec.service, instanceId);
  if (spec.health.skip) return;
  const decided = new AbortController();
  const undecided = AbortSignal.any([signal, decided.signal]);
  try {
    const gone = runtime.waitGone(instanceId, undecided).then(() => 'gone' as const);
    const healthy = untilHealthy(ports, record, waitedMs, undecided).then(() => 'healthy' as const);
    const first = await Promise.race([gone, healthy]);
    if (first === 'gone' || !(await runtime.isAlive(instanceId)))
      throw await appExited(runtime, spec.service, instanceId);
  } finally {
    decided.abort();
  }
}

async function untilHealthy(
  ports: HealthPorts,
  record: InstanceRecord,
  waitedMs: WaitedMs,
  signal: AbortSignal,
): Promise<void> {
  const { timeoutMs, minUptimeMs } = record.health;
  const leftMs = (): number => timeoutMs - waitedMs();
  if (record.port !== undefined) await untilAnswering(ports, record, record.port, leftMs, signal);
  else await delay(Math.max(0, minUptimeMs - waitedMs()), undefined, { signal });
  await untilHealthyByItself(ports.runtime, record, leftMs, signal);
}

async function untilAnswering(
  { runtime, http }: HealthPorts,
  record: InstanceRecord,
  port: number,
  leftMs: () => number,
  signal: AbortSignal,
): Promise<void> {
  const { path, expect, intervalMs } = record.health;
  for (let waitMs = FIRST_PROBE_MS; ; waitMs = Math.min(waitMs * PROBE_GROWTH, intervalMs)) {
    const timeoutMs = Math.min(PROBE_TIMEOUT_MS, Math.max(LAST_PROBE_MS, leftMs()));
    const result = await probeApp(http, port, path, { timeoutMs, signal });
    const isOwn = 'status' in result && (await answersItself(runtime, record, port));
    if (isOwn && isGood(result, expect)) return;
    if (leftMs() <= 0) throw await neverAnswered({ runtime, http }, record, port, result);
    await delay(Math.min(waitMs, leftMs()), undefined, { signal });
  }
}

/** Beside our check, as an image's own may always succeed. */
async function untilHealthyByItself(
  runtime: Runtime,
  record: InstanceRecord,
  leftMs: () => number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const health = await runtime.ownHealth(record.instanceId);
    if (health === 'none' || health === 'healthy') return;
    if (health === 'unhealthy' || leftMs() <= 0) throw await neverHealthy(runtime, record, `HEALTHCHECK: ${health}`);
    await delay(OWN_HEALTH_MS, undefined, { signal });
  }
}

/** Whether the answer came from the instance. One that came from a stranger ends the check: the app can't have the port. */
async function answersItself(runtime: Runtime, { instanceId }: InstanceRecord, port: number): Promise<boolean> {
  const holder = await runtime.portHolder(instanceId, port);
  if (holder === 'stranger' && (await runtime.isAlive(instanceId))) throw portUnavailable(port);
  return holder === 'instance';
}

export async function tailOf(
  runtime: Runtime,
  { service, instanceId }: Pick<InstanceRecord, 'service' | 'instanceId'>,
): Promise<string[]> {
  return logTailOf(await runtime.logTail(service, instanceId, TAIL_LINES));
}

/** Exit codes that say more: of an app that ended by itself, and of a shell that could not run the program. */
const EXIT_TEXTS: Partial<Record<number, TextKey>> = {
  0: 'app_exited.by_itself',
  126: 'app_exited.no_program',
  127: 'app_exited.no_program',
};

async function appExited(runtime: Runtime, service: string, instanceId: string): Promise<SlipwayError> {
  const exit = await settleExit(runtime, instanceId);
  const logTail = await tailOf(runtime, { service, instanceId });
  if (exit?.reason === 'out_of_memory') return new SlipwayError('out_of_memory', { logTail });
  const text = exit?.reason === 'exited' ? EXIT_TEXTS[exit.code ?? -1] : undefined;
  return new SlipwayError('app_exited', {
    ...(text && { text }),
    params: { exit: exitWords(exit) },
    logTail,
  });
}

async function neverHealthy(
  runtime: Runtime,
  record: InstanceRecord,
  reason: string,
  { text, params: more }: ReturnType<typeof explain> = { params: {} },
): Promise<SlipwayError> {
  const params = { seconds: record.health.timeoutMs / 1000, reason, ...more };
  const logTail = await tailOf(runtime, record);
  return new SlipwayError('health_check_failed', { ...(text && { text }), params, logTail });
}

/** An app that answers is there: why another code is expected only its operator knows. */
async function neverAnswered(
  { runtime, http }: HealthPorts,
  record: InstanceRecord,
  port: number,
  result: ProbeResult,
): Promise<SlipwayError> {
  const reason = probeWords(result);
  if ('status' in result) {
    const isGoodOfAnother = isGood(result, record.health.expect);
    return neverHealthy(runtime, record, reason, isGoodOfAnother ? undefined : explainAnswer(result.status));
  }
  const listening = await runtime.listening(record.instanceId, port);
  return neverHealthy(runtime, record, reason, explain({ listening, speaksTls: await http.speaksTls(port) }));
}

export const portUnavailable = (port: number): SlipwayError =>
  new SlipwayError('port_unavailable', { params: { port } });
