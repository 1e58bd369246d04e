// One row per service, so that a list of all is one query.
import { allHandlersFinished, condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import { rowSignal, rowsQuery } from '../contract/messages.js';
import type { ServiceView } from '../contract/views.js';
import { isShaped } from './shapes.js';
import { entities } from './steps.js';

export interface RegistryInput {
  /** Carried over by continue-as-new; without them they are read off the services themselves. */
  rows?: ServiceView[];
  /** Events after which the history is folded; tests lower it. The server suggests it at about 4,000. */
  foldAfterEvents?: number;
}

export async function registry(input: RegistryInput): Promise<never> {
  const rows = new Map((input.rows ?? []).map((row) => [row.name, row]));
  const folding = (): boolean =>
    workflowInfo().continueAsNewSuggested || workflowInfo().historyLength >= (input.foldAfterEvents ?? Infinity);

  setHandler(rowsQuery, () => sorted(rows));
  setHandler(rowSignal, (row) => {
    if (!isShaped('row', row, { name: 'string', updated_at: 'string' })) return;
    const known = rows.get(row.name);
    if (!known || known.updated_at <= row.updated_at) rows.set(row.name, row); // signals may overtake each other
  });

  if (!input.rows) {
    for (const row of await entities.readServices()) {
      if (!rows.has(row.name)) rows.set(row.name, row);
    }
  }
  await condition(folding);
  await condition(allHandlersFinished);
  return continueAsNew<typeof registry>({ ...input, rows: sorted(rows) });
}

const sorted = (rows: Map<string, ServiceView>): ServiceView[] =>
  [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
