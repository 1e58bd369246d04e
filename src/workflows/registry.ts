// The registry workflow: all services by name, their registrations and dependencies, and the rows that changed last.
import {
  allHandlersFinished,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import {
  commandSignal,
  newRowsQuery,
  observedSignal,
  outsideQuery,
  outsideSignal,
  patchUpdate,
  registerUpdate,
  retiredSignal,
  rowSignal,
  rowsQuery,
  supersedeSignal,
  unregisterUpdate,
  type Observation,
  type PatchInput,
  type RegisterInput,
  type Registration,
  type Retirement,
  type ServiceCommand,
  type UnregisterInput,
} from '../contract/messages.js';
import { ACCEPTED_MEMO, GATE_ID, serviceWorkflowId } from '../contract/names.js';
import { rowOf } from '../contract/views.js';
import { startNextRun, HistoryLimit } from './continue-as-new.js';
import { refusal } from './refusal.js';
import { RegistryState, type BookRecord, type No } from './registry-state.js';
import { newService, serviceView } from './service-state.js';
import { hasShape } from './signal-guards.js';
import { entities } from './steps.js';
import { signalWorkflow } from './signal-workflow.js';

export interface RegistryInput extends Partial<BookRecord> {
  /** The number of events after which the registry continues as new. Tests lower it. */
  foldAfterEvents?: number;
}

export async function registry({ foldAfterEvents, ...record }: RegistryInput): Promise<never> {
  const state = new RegistryState(record);
  /** Services that may need a message, including all that the previous run could not send. */
  const recipients = new Set(state.registered);
  /**
   * The external services in the gate's last message. The gate rejects their deployments. Each run sends the list
   * again.
   */
  let toldGate: string | undefined;
  let open = record.services !== undefined || record.rows !== undefined;
  const historyLimit = new HistoryLimit(foldAfterEvents, 'counted');

  setHandler(rowsQuery, () => state.recent.rows);
  // Each replay counts the same changes. A signal in a task that Temporal discards arrives again, because a run that is
  // about to continue as new accepts no updates.
  setHandler(newRowsQuery, (before) => {
    const mark = `${workflowInfo().runId}:${state.changes}`;
    return mark === before ? { mark } : { mark, recent: state.recent };
  });
  setHandler(outsideQuery, () => state.outside);
  setHandler(rowSignal, (row) => {
    historyLimit.count('message');
    if (!hasShape('row', row, { name: 'string', updated_at: 'string' })) return;
    state.storeRow(row);
    addRecipients(row.name);
  });
  setHandler(retiredSignal, (left) => {
    historyLimit.count('message');
    if (hasShape('retired', left, { name: 'string' })) state.retired(left.name);
  });
  setHandler(registerUpdate, register, {
    validator: (input: RegisterInput) => {
      mayBe(input, state.objectionToRegister(input));
    },
  });
  setHandler(patchUpdate, patch, {
    validator: (input: PatchInput) => {
      mayBe(input, state.objectionToPatch(input));
    },
  });
  setHandler(unregisterUpdate, unregister, {
    validator: (input: UnregisterInput) => {
      mayBe(input, state.objectionToUnregister(input));
    },
  });

  // A registry without state reads it from the services.
  if (!open) {
    await readPast();
    state.registered.forEach((name) => recipients.add(name));
    open = true;
  }
  while (!mayFold()) {
    await condition(() => recipients.size > 0 || isGateBehind() || mayFold());
    await Promise.all([tellGate(), tellServices()]);
  }
  await condition(allHandlersFinished); // runs of older versions leave the loop earlier
  do await tellServices();
  while (await historyLimit.isDisturbed());
  return startNextRun<typeof registry>({ ...state.record, foldAfterEvents });

  async function readPast(): Promise<void> {
    if (!patched('reads-by-page')) {
      for (const row of await entities.readServices()) state.storeReadRow(row);
      return;
    }
    for (let after: string | undefined, isLast = false; !isLast;) {
      const page = await entities.readServicePage({ ...(after !== undefined && { after }) });
      if ('whole' in page) {
        for (const row of page.whole) state.storeReadWholeRow(row);
        return;
      }
      for (const row of page.rows) state.storeReadRow(row);
      after = page.next;
      isLast = after === undefined;
    }
  }

  function mayFold(): boolean {
    return historyLimit.isDue() && (!historyLimit.isCounted || allHandlersFinished());
  }

  /** Synchronous, so that a rejection leaves no trace in the history. */
  function mayBe({ answerBy }: { answerBy: number }, no: No | undefined): void {
    if (!open || historyLimit.isDue()) throw refusal('draining');
    if (Date.now() > answerBy) throw refusal('temporal_unavailable');
    if (no) throw refusal(no.code, no);
  }

  /**
   * The decision is made before anything is awaited. The answer follows when the service exists and the gate has the
   * message.
   */
  async function register(input: RegisterInput): Promise<Registration> {
    const row = rowOf(serviceView(newService(input.name, new Date().toISOString())));
    const registration = state.register(input, row);
    accepted();
    await Promise.all([tellGate(), command(input.name, { type: 'configure', registration })]);
    return registration;
  }

  /**
   * Saves the accepted tokens in the same commit as the change, so a caller without an answer can read them without any
   * worker.
   */
  function accepted(): void {
    historyLimit.count('call');
    upsertMemo({ [ACCEPTED_MEMO]: state.tokens });
  }

  async function patch(input: PatchInput): Promise<Registration> {
    const registration = state.patch(input);
    accepted();
    await command(input.name, { type: 'configure', registration });
    addRecipients(input.name);
    return registration;
  }

  /** The gate first cancels the service's deployments, which would bring the service back. */
  async function unregister(input: UnregisterInput): Promise<null> {
    const { name: service, purge } = input;
    if (state.isLeaving(service)) {
      if (patched('leaving-accepted')) {
        state.acceptAgain(input);
        accepted();
      }
      // A repeated call while the service is leaving, or the service's workflow was terminated and won't report its
      // end.
      if ((await entities.readService({ service })) === null) state.retired(service);
      return null;
    }
    const retirement = { purge, hostId: state.hostOf(service) ?? input.hostId, acceptedAt: Date.now() };
    state.unregister(input).forEach((dependant) => recipients.add(dependant));
    accepted();
    const toGate = () =>
      sendSignal('the gate', () => getExternalWorkflowHandle(GATE_ID).signal(supersedeSignal, { service }));
    if (patched('retire-at-once')) {
      await Promise.all([toGate(), retire(service, { type: 'retire', ...retirement })]);
      return null;
    }
    await toGate();
    await command(service, { type: 'retire', ...retirement });
    return null;
  }

  /**
   * Sends the signal in the same commit as the change, so that a candidate can't take over first if this worker dies now.
   */
  async function retire(service: string, retirement: Retirement): Promise<void> {
    try {
      await getExternalWorkflowHandle(serviceWorkflowId(service)).signal(commandSignal, retirement);
    } catch (error) {
      if (isCancellation(error)) throw error;
      await command(service, retirement); // it has no workflow, so this starts one
    }
  }

  /** Uses the activity that also starts a missing service workflow. */
  async function command(service: string, what: ServiceCommand): Promise<void> {
    await entities.commandService({ service, command: what });
  }

  async function sendSignal(whom: string, signal: () => Promise<void>): Promise<void> {
    historyLimit.count('telling');
    await signalWorkflow(whom, signal);
  }

  function addRecipients(name: string): void {
    for (const concerned of [name, ...state.dependantsOf(name)]) recipients.add(concerned);
  }

  function isGateBehind(): boolean {
    return state.externals.join() !== toldGate;
  }

  async function tellGate(): Promise<void> {
    if (!isGateBehind()) return;
    toldGate = state.externals.join();
    if (!patched('gate-knows-outside')) return;
    await sendSignal('the gate', () => getExternalWorkflowHandle(GATE_ID).signal(outsideSignal, state.outsideNames()));
  }

  async function tellServices(): Promise<void> {
    const names = [...recipients].filter((name) => !state.isLeaving(name));
    recipients.clear();
    await Promise.all(names.map(tellService));
  }

  async function tellService(name: string): Promise<void> {
    const service = getExternalWorkflowHandle(serviceWorkflowId(name));
    const registration = state.untoldRegistration(name);
    if (registration) await sendSignal(name, () => service.signal(commandSignal, { type: 'configure', registration }));
    const ailing = state.untoldAiling(name);
    const news: Observation | undefined = ailing && { kind: 'dependencies', ...ailing };
    if (news) await sendSignal(name, () => service.signal(observedSignal, news));
  }
}
