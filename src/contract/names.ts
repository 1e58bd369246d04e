import type { Source } from './requests.js';
import type { RequestMode } from './states.js';

/** Workflow types, as the Temporal Web UI and CLI show them (contract §9). */
export const WORKFLOWS = {
  gate: 'gate',
  deployment: 'deployment',
  service: 'service',
  registry: 'registry',
  host: 'host',
  batch: 'batch',
  callbacks: 'callbacks',
} as const;

export const TASK_QUEUE = 'slipway';
/**
 * How late a worker is noticed that is killed while it decides; by itself Temporal waits for 10 s. A decision takes
 * milliseconds, and up to a second where its worker has to go through the history first (`workflows/fold.ts`). Batches,
 * which are long and which nobody waits for, have the 10 s.
 */
export const DECISION_TIMEOUT = '4 seconds';
/** Receivers that are slow must hold up nothing else. */
export const CALLBACK_QUEUE = 'slipway:callbacks';
export const hostQueue = (hostId: string): string => `host:${hostId}`;

export const GATE_ID = 'gate';
export const REGISTRY_ID = 'registry';
export const serviceWorkflowId = (service: string): string => `service:${service}`;
export const callbacksWorkflowId = (deployment: string): string => `callbacks:${deployment}`;
export const hostWorkflowId = (hostId: string): string => `host:${hostId}`;
export const hostOfWorkflow = (workflowId: string): string => workflowId.slice(hostWorkflowId('').length);

/** The reserved name under which Slipway lists itself (contract §4). */
export const OWN_SERVICE = 'DeploymentServiceAPI';
/** Also what stands where a name would in an address: a service of that name could never be asked for. */
export const isReservedName = (name: unknown): boolean => name === OWN_SERVICE || name === 'discovery';

/** Search attributes, all of type Keyword (contract §9). */
export const SEARCH_ATTRIBUTES = {
  service: 'SlipwayService',
  mode: 'SlipwayMode',
  status: 'SlipwayStatus',
  environment: 'SlipwayEnvironment',
  /** The batch a deployment belongs to, else what the client's own metadata says. */
  batch: 'SlipwayBatch',
  /** What the metadata of a batch's deployment says. */
  batchLabel: 'SlipwayBatchLabel',
} as const;

/** The memo field in which a workflow keeps its last told view. */
export const VIEW_MEMO = 'view';
/** Of the registry: tokens of the calls it accepted last. */
export const ACCEPTED_MEMO = 'accepted';
/** Of a batch: its items' statuses, in order. */
export const STATUSES_MEMO = 'statuses';

/** A folder- and URL-safe name, so that an id chosen by hand can't leave the data folder. */
const DEPLOYMENT_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/;
/** Whether an id may be a deployment's: Slipway's own workflows that live for ever are not to be read or cancelled as one. */
export const isDeploymentId = (id: string): boolean => DEPLOYMENT_ID.test(id) && id !== GATE_ID && id !== REGISTRY_ID;

export const SERVICE_NAME = /^[a-z0-9-]{1,63}$/;

/**
 * `{mode}_{YYYYMMDD}_{HHMMSS}_{8 of [a-z0-9]}`, UTC: also the Temporal workflow id (contract §3.2).
 * `random` are at least 8 random bytes.
 */
export const deploymentId = (mode: RequestMode, at: Date, random: Uint8Array): string => stampedId(mode, at, random);

/** As a deployment's, with `batch` in the place of the mode. */
export const batchId = (at: Date, random: Uint8Array): string => stampedId('batch', at, random);

function stampedId(what: string, at: Date, random: Uint8Array): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  const stamp = at.toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
  const suffix = Array.from(random.slice(0, 8), (byte) => alphabet[byte % alphabet.length]).join('');
  return `${what}_${stamp}_${suffix}`;
}

/** Makes any text fit for a service name: `My App!.git` becomes `my-app`. Empty when nothing is left. */
export function toServiceName(text: string): string {
  return text
    .toLowerCase()
    .replace(/\.git$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
}

/**
 * The service a source stands for when the request names none: the folder's or the repository's name, of a
 * repository's subdirectory that one's. Empty for an archive, and where nothing fitting is left.
 */
export function sourceName(source: Source): string {
  const last = (path: string): string => path.split('/').findLast((part) => part !== '' && part !== '.') ?? '';
  switch (source.type) {
    case 'directory':
      return toServiceName(last(source.subdirectory ?? '') || last(source.path));
    case 'git':
      return toServiceName(last(source.subdirectory ?? '') || last(new URL(source.url).pathname));
    case 'archive':
      return toServiceName(last(source.subdirectory ?? ''));
  }
}
