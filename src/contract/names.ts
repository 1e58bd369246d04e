import type { Source } from './requests.js';
import type { RequestMode } from './states.js';

/** The workflow types, as shown in Temporal's Web UI and CLI. */
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
 * The workflow task timeout: the time in which Temporal detects that a worker died during a workflow task. Temporal's
 * default is 10 s. A task takes milliseconds, or up to a second if the worker must first replay the history
 * (`workflows/continue-as-new.ts`). Batches keep the default, because they are long and no caller waits for them.
 */
export const DECISION_TIMEOUT = '4 seconds';
/** Callbacks have their own queue, so that slow receivers don't delay other activities. */
export const CALLBACK_QUEUE = 'slipway:callbacks';
export const hostQueue = (hostId: string): string => `host:${hostId}`;

/** The error of a query that the client repeats, because it came before the workflow task of new events. */
export const PREMATURE_QUERY = 'slipway: this query came before the workflow task of new events';

export const GATE_ID = 'gate';
export const REGISTRY_ID = 'registry';
export const serviceWorkflowId = (service: string): string => `service:${service}`;
export const callbacksWorkflowId = (deployment: string): string => `callbacks:${deployment}`;
export const hostWorkflowId = (hostId: string): string => `host:${hostId}`;
export const hostOfWorkflow = (workflowId: string): string => workflowId.slice(hostWorkflowId('').length);

/** The reserved name of Slipway's own entry in the list of services. */
export const OWN_SERVICE = 'DeploymentServiceAPI';
/**
 * Returns true for Slipway's own name, and for `discovery`, which is a path of the API where a service name would be.
 */
export const isReservedName = (name: unknown): boolean => name === OWN_SERVICE || name === 'discovery';

/** The search attributes. All are of type Keyword. */
export const SEARCH_ATTRIBUTES = {
  service: 'SlipwayService',
  mode: 'SlipwayMode',
  status: 'SlipwayStatus',
  environment: 'SlipwayEnvironment',
  /** The id of the batch that the deployment belongs to, else `batch_id` from the client's metadata. */
  batch: 'SlipwayBatch',
  /** The `batch_id` from the metadata of a deployment that belongs to a batch. */
  batchLabel: 'SlipwayBatchLabel',
} as const;

/** The memo field with a workflow's last view. */
export const VIEW_MEMO = 'view';
/** The registry's memo field with the tokens of the calls that it accepted last. */
export const ACCEPTED_MEMO = 'accepted';
/** A batch's memo field with the statuses of its items, in order. */
export const STATUSES_MEMO = 'statuses';

/** A name that is safe in paths and URLs, so that an id can't point outside the data folder. */
const DEPLOYMENT_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/;
/**
 * Returns true if an id can be a deployment's. Slipway's permanent workflows must not be read or cancelled as
 * deployments.
 */
export const isDeploymentId = (id: string): boolean => DEPLOYMENT_ID.test(id) && id !== GATE_ID && id !== REGISTRY_ID;

export const SERVICE_NAME = /^[a-z0-9-]{1,63}$/;

/**
 * Creates a deployment id, which is also its Temporal workflow id: `{mode}_{YYYYMMDD}_{HHMMSS}_{8 of [a-z0-9]}`, in
 * UTC. `random` must have at least 8 random bytes.
 */
export const deploymentId = (mode: RequestMode, at: Date, random: Uint8Array): string => stampedId(mode, at, random);

/** Creates a batch id: like a deployment's, with `batch` instead of the mode. */
export const batchId = (at: Date, random: Uint8Array): string => stampedId('batch', at, random);

function stampedId(what: string, at: Date, random: Uint8Array): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  const stamp = at.toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
  const suffix = Array.from(random.slice(0, 8), (byte) => alphabet[byte % alphabet.length]).join('');
  return `${what}_${stamp}_${suffix}`;
}

/**
 * Converts any text to a service name: `My App!.git` becomes `my-app`. Returns an empty string if no valid character is
 * left.
 */
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
 * Returns the default service name of a source: the name of the subdirectory, else of the folder or the repository.
 * Returns an empty string if no valid name is left, or for an archive without a subdirectory.
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
