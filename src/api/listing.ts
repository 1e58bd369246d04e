// Builds the list of deployments: the query for Temporal, the filter, and the rows of a page.
import { SEARCH_ATTRIBUTES, WORKFLOWS } from '../contract/names.js';
import { reaches, type Reach } from '../contract/permissions.js';
import type { DeploymentState } from '../contract/views.js';

export interface ListFilter {
  limit: number;
  status?: string;
  mode?: string;
  service?: string;
  batch_id?: string;
  cursor?: string;
  /** The services whose deployments are listed. Default: all services. */
  reach?: Reach;
}

/** Rows by workflow id, in Temporal's order. Undefined: a deployment that hasn't set its state yet. */
export type Rows = ReadonlyMap<string, DeploymentState | undefined>;

export function whereOf({ status, mode, service, batch_id, reach = [] }: ListFilter): string {
  const wanted: [string, string | undefined][] = [
    [SEARCH_ATTRIBUTES.status, status],
    [SEARCH_ATTRIBUTES.mode, mode],
    [SEARCH_ATTRIBUTES.service, service],
  ];
  const clauses = wanted.flatMap(([attribute, value]) => (value === undefined ? [] : [`${attribute} = '${value}'`]));
  const { batch, batchLabel } = SEARCH_ATTRIBUTES;
  const ofBatch = batch_id === undefined ? [] : [`(${batch} = '${batch_id}' OR ${batchLabel} = '${batch_id}')`];
  return [`WorkflowType = '${WORKFLOWS.deployment}'`, ...clauses, ...ofBatch, ...withinReach(reach)].join(' AND ');
}

/**
 * Returns the query conditions for the caller's services. Temporal filters the rows, so that pages are full. Patterns
 * contain only letters, digits, `-` and a trailing `*`.
 */
export function withinReach(reach: Reach): string[] {
  const { service } = SEARCH_ATTRIBUTES;
  return reach
    .filter((patterns) => !patterns.includes('*'))
    .map((patterns) => {
      const of = patterns.map((pattern) =>
        pattern.endsWith('*') ? `${service} STARTS_WITH '${pattern.slice(0, -1)}'` : `${service} = '${pattern}'`,
      );
      return `(${of.join(' OR ')})`;
    });
}

/**
 * Builds a page from the rows that Temporal returned and the `fresh` rows, which Temporal may not list yet. Fresh rows
 * may push other rows off the page. `cut` is the number of Temporal's rows before the first row that was pushed off.
 */
export function pageOf(listed: Rows, fresh: Rows, filter: ListFilter): { states: DeploymentState[]; cut?: number } {
  const merged = [...new Map([...listed, ...fresh]).values()];
  const wanted = merged.filter((state): state is DeploymentState => state !== undefined && matches(state, filter));
  wanted.sort(inFlightFirst);
  const beyond = new Set(wanted.splice(filter.limit).map(({ deploymentId }) => deploymentId));
  const cut = [...listed.keys()].findIndex((id) => beyond.has(id));
  return { states: wanted, ...(cut >= 0 && { cut }) };
}

function matches(state: DeploymentState, { status, mode, service, batch_id, reach = [] }: ListFilter): boolean {
  return (
    reaches(reach, state.service) &&
    (status === undefined || state.status === status) &&
    (mode === undefined || state.mode === mode) &&
    (service === undefined || state.service === service) &&
    (batch_id === undefined || state.batchId === batch_id || state.metadata.batch_id === batch_id)
  );
}

function inFlightFirst(a: DeploymentState, b: DeploymentState): number {
  const key = ({ endTime, startTime }: DeploymentState): [number, string] =>
    endTime === undefined ? [1, startTime] : [0, endTime];
  const [aOpen, aTime] = key(a);
  const [bOpen, bTime] = key(b);
  return bOpen - aOpen || (bTime < aTime ? -1 : bTime > aTime ? 1 : 0);
}
