// A host's heartbeat: its modes and resources, in the details of one activity that adds nothing to the history.
import { Context } from '@temporalio/activity';
import { errorRecord } from '../contract/errors.js';
import type { Mode } from '../contract/states.js';
import type { Managers, ManagerStatus } from '../contract/steps.js';
import type { HostBeat } from '../contract/views.js';
import type { Ports } from './ports/index.js';
import { isIsolated, notIsolated } from './isolation.js';
import type { HostSettings } from './settings.js';

const BEAT_MS = 2_000;
/** A probe's result is reported for at most 30 s; this leaves time for a slow probe. */
const PROBE_EVERY_MS = 20_000;
/**
 * The age up to which the next worker repeats the last beat of a killed worker, until its own probes have answered. A
 * mode's status may then be about 40 s old for some seconds. Otherwise all services of the host would be unknown
 * meanwhile.
 */
const TOLD_AGAIN_MS = 10_000;
const DAY_MS = 24 * 60 * 60 * 1000;

export type Probes = Record<Mode, () => Promise<ManagerStatus>>;

/**
 * Creates a function that probes the three managers if the last result is too old. Callers share a round of probes, and
 * wait only for the first one. Later callers get the last result until the next is ready, because a slow probe must not
 * delay a beat. Modes that the host doesn't offer aren't probed.
 */
export function createProbe(
  all: Probes,
  { hostId, modes, isolation }: Pick<HostSettings, 'hostId' | 'modes' | 'isolation'>,
): () => Promise<Managers> {
  const offered = (mode: Mode): (() => Promise<ManagerStatus>) => {
    if (!isIsolated(isolation, mode)) return () => Promise.resolve({ status: 'unavailable', error: notIsolated(mode) });
    return modes.includes(mode) ? all[mode] : () => Promise.resolve(notOffered(mode, hostId, modes));
  };
  const probes: Probes = { docker: offered('docker'), uv: offered('uv'), fallback: offered('fallback') };
  let probedAt = -Infinity;
  let current: Promise<Managers> | undefined;
  return () => {
    if (current && Date.now() - probedAt <= PROBE_EVERY_MS) return current;
    probedAt = Date.now();
    const probing = probeAll(probes);
    const publish = (): void => void (current = probing);
    probing.then(publish, publish);
    return (current ??= probing);
  };
}

async function probeAll(probes: Probes): Promise<Managers> {
  const [docker, uv, fallback] = await Promise.all([probes.docker(), probes.uv(), probes.fallback()]);
  return { docker, uv, fallback };
}

function notOffered(mode: Mode, host: string, modes: readonly Mode[]): ManagerStatus {
  const params = { mode, host, offered: modes.join(',') };
  const code = mode === 'docker' ? 'engine_unavailable' : 'tool_missing';
  return { status: 'unavailable', error: errorRecord(code, { text: 'modes.not_offered', params }) };
}

export function createHostBeat(
  { processes, containers, resources }: Pick<Ports, 'processes' | 'containers' | 'resources'>,
  { hostId, modes, isolation }: Pick<HostSettings, 'hostId' | 'modes' | 'isolation'>,
  probe: () => Promise<Managers>,
) {
  const offers = `${isolation} ${modes.join(',')}`;
  let last: HostBeat | undefined;
  return {
    /**
     * Beats for a day, then returns, so that its workflow can continue as new and clean up. The day starts with the
     * first attempt. Otherwise a host whose worker restarts every day would never reach its end.
     */
    async beatHost(_input: { hostId: string }): Promise<void> {
      const context = Context.current();
      const endsAt = context.info.scheduledTimestampMs + DAY_MS;
      // The probes take time, so the first beat repeats the last one of the previous day or attempt.
      const firstBeat = toldAgain(last ?? (context.info.heartbeatDetails as HostBeat | undefined), offers);
      if (firstBeat) context.heartbeat(firstBeat);
      while (Date.now() < endsAt) {
        last = await beat();
        context.heartbeat(last);
        await context.sleep(BEAT_MS);
      }
    },
  };

  /** Reads everything in parallel, because each part may wait for a stuck engine. */
  async function beat(): Promise<HostBeat> {
    const [managers, measured, ofProcesses, ofContainers] = await Promise.all([
      probe(),
      resources.measure(),
      processes.listInstances(),
      containers.listInstances().catch(() => []), // the engine's probe reports its errors
    ]);
    const at = new Date().toISOString();
    return {
      hostId,
      at,
      measuredAt: at,
      offers,
      managers,
      resources: measured,
      instances: ofProcesses.length + ofContainers.length,
    };
  }
}

/**
 * Returns the beat to repeat. A beat of a worker with other settings isn't repeated, because deployments would be
 * accepted or rejected by these settings.
 */
function toldAgain(beat: HostBeat | undefined, offers: string): HostBeat | undefined {
  if (beat?.measuredAt === undefined || Date.now() - Date.parse(beat.measuredAt) >= TOLD_AGAIN_MS) return undefined;
  if (beat.offers !== undefined && beat.offers !== offers) return undefined;
  return { ...beat, at: new Date().toISOString() };
}
