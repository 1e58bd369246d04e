// Checks whether an app is healthy. The probes are frequent at first, and an exit of the app ends the check.
import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../contract/errors.js';
import type { HealthyInput } from '../contract/steps.js';
import { messageOf, type Message, type TextWith } from '../contract/texts.js';
import { exitWords, settleExit } from './exits.js';
import type { AppHttpPort, ProbeResult } from './ports/http-port.js';
import type { InstancePort, InstanceRecord } from './ports/instance-port.js';
import { isGood, probeApp, probeWords } from './probe.js';
import { logTailOf } from './run-logged.js';
import { explain, explainAnswer, type Waited } from './unhealthy.js';

/** The number of the app's own lines in an error or an exit. */
const TAIL_LINES = 20;
/** The first wait between probes. It is short, because most apps answer within a second of their start. */
const FIRST_PROBE_MS = 50;
const PROBE_GROWTH = 1.15;
/** The time limit of a probe. An app may answer slowly at first, but a probe must not use up the whole time. */
const PROBE_TIMEOUT_MS = 10_000;
/** The time limit of a probe at or after the deadline, because a retry may start after it. */
const LAST_PROBE_MS = 1000;
/**
 * The wait between checks of an image's own HEALTHCHECK, which has its own interval. A query of the engine costs
 * little.
 */
const OWN_HEALTH_MS = 200;

type Runtime = InstancePort<never>;
interface HealthPorts {
  runtime: Runtime;
  http: AppHttpPort;
}

/**
 * Returns how long this instance has been waited for, including earlier attempts of the activity. It uses no clock of
 * an engine.
 */
export type WaitedMs = () => number;

/** Waits for the instance's end or its health, whichever comes first. */
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

/** Waits for the image's own HEALTHCHECK, in addition to Slipway's check: it may always succeed. */
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

/**
 * Returns true if the instance itself answered. Throws if another process has the port, because the app can't get it.
 */
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

/** Exit codes with a more specific text: the app ended by itself, or the shell could not run the program. */
const EXIT_TEXTS: Partial<Record<number, TextWith<'exit'>>> = {
  0: 'app_exited.by_itself',
  126: 'app_exited.no_program',
  127: 'app_exited.no_program',
};

async function appExited(runtime: Runtime, service: string, instanceId: string): Promise<SlipwayError> {
  const exit = await settleExit(runtime, instanceId);
  const logTail = await tailOf(runtime, { service, instanceId });
  if (exit?.reason === 'out_of_memory') return new SlipwayError('out_of_memory', { logTail });
  const text = (exit?.reason === 'exited' && EXIT_TEXTS[exit.code ?? -1]) || 'app_exited';
  return new SlipwayError('app_exited', { ...messageOf(text, { exit: exitWords(exit) }), logTail });
}

async function neverHealthy(
  runtime: Runtime,
  record: InstanceRecord,
  reason: string,
  explanation = (params: Waited): Message => ({ text: 'health_check_failed', params }),
): Promise<SlipwayError> {
  const message = explanation({ seconds: record.health.timeoutMs / 1000, reason });
  return new SlipwayError('health_check_failed', { ...message, logTail: await tailOf(runtime, record) });
}

/**
 * Returns the error of an app that never answered as expected. If it answered with another status, only its operator
 * can decide which status is right.
 */
async function neverAnswered(
  { runtime, http }: HealthPorts,
  record: InstanceRecord,
  port: number,
  result: ProbeResult,
): Promise<SlipwayError> {
  const reason = probeWords(result);
  if ('status' in result) {
    const { status } = result;
    const isGoodOfAnother = isGood(result, record.health.expect);
    return neverHealthy(
      runtime,
      record,
      reason,
      isGoodOfAnother ? undefined : (waited) => explainAnswer(status, waited),
    );
  }
  const listening = await runtime.listening(record.instanceId, port);
  const speaksTls = await http.speaksTls(port);
  return neverHealthy(runtime, record, reason, (waited) => explain({ listening, speaksTls }, waited));
}

export const portUnavailable = (port: number): SlipwayError =>
  new SlipwayError('port_unavailable', { params: { port } });
