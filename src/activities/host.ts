// A host's beat: what it can do and how it is, told in the details of one activity that never makes history.
import { Context } from '@temporalio/activity';
import { errorRecord } from '../contract/errors.js';
import type { Mode } from '../contract/states.js';
import type { Managers, ManagerStatus } from '../contract/steps.js';
import type { HostBeat } from '../contract/views.js';
import type { Ports } from './ports/index.js';
import { isIsolated, notIsolated } from './isolation.js';
import type { HostSettings } from './settings.js';

const BEAT_MS = 2_000;
/** A probe's answer is told for at most 30 s (contract §3.1); this leaves room for a slow one. */
const PROBE_EVERY_MS = 20_000;
/**
 * How old may be what a killed worker told last, to be told by the next until its own probes have answered. A mode's status
 * may then be some 40 s old, for seconds: else all services of the host would be unknown meanwhile.
 */
const TOLD_AGAIN_MS = 10_000;
const DAY_MS = 24 * 60 * 60 * 1000;

export type Probes = Record<Mode, () => Promise<ManagerStatus>>;

/**
 * Real probes of the three managers, asked anew when the last answer is too old. Callers share one round, and wait for the
 * first alone: later ones are told the last answer until there is the next, as a slow probe must not hold up a beat.
 * A mode that the host does not offer is not probed at all.
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
  let askedAt = -Infinity;
  let told: Promise<Managers> | undefined;
  return () => {
    if (told && Date.now() - askedAt <= PROBE_EVERY_MS) return told;
    askedAt = Date.now();
    const asked = probeAll(probes);
    const tell = (): void => void (told = asked);
    asked.then(tell, tell);
    return (told ??= asked);
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
     * Beats for a day, then returns so that its workflow can fold its history and clean up. The day counts from the first
     * try: else a host whose worker is started again every day would never come to its end.
     */
    async beatHost(_input: { hostId: string }): Promise<void> {
      const context = Context.current();
      const endsAt = context.info.scheduledTimestampMs + DAY_MS;
      // The host is there again, and the probes take their time: a new day, or try, knows what the one before it told last.
      const known = toldAgain(last ?? (context.info.heartbeatDetails as HostBeat | undefined), offers);
      if (known) context.heartbeat(known);
      while (Date.now() < endsAt) {
        last = await beat();
        context.heartbeat(last);
        await context.sleep(BEAT_MS);
      }
    },
  };

  /** All asked at once: each may take as long as a stuck engine lets it. */
  async function beat(): Promise<HostBeat> {
    const [managers, measured, ofProcesses, ofContainers] = await Promise.all([
      probe(),
      resources.measure(),
      processes.listInstances(),
      containers.listInstances().catch(() => []), // what is wrong with the engine, its probe tells
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

/** Not what a worker with other settings told: deployments would be refused, or accepted, by those. */
function toldAgain(beat: HostBeat | undefined, offers: string): HostBeat | undefined {
  if (beat?.measuredAt === undefined || Date.now() - Date.parse(beat.measuredAt) >= TOLD_AGAIN_MS) return undefined;
  if (beat.offers !== undefined && beat.offers !== offers) return undefined;
  return { ...beat, at: new Date().toISOString() };
}
