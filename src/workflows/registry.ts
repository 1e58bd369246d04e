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
  const book = new RegistryState(record);
  /** Services that may need a message, including all that the previous run could not send. */
  const toTell = new Set(book.registered);
  /**
   * The external services in the gate's last message. The gate rejects their deployments. Each run sends the list
   * again.
   */
  let toldGate: string | undefined;
  let open = record.services !== undefined || record.rows !== undefined;
  const folding = new HistoryLimit(foldAfterEvents, 'counted');

  setHandler(rowsQuery, () => book.recent.rows);
  // Each replay counts the same changes. A signal in a task that Temporal discards arrives again, because a run that is
  // about to continue as new accepts no updates.
  setHandler(newRowsQuery, (before) => {
    const mark = `${workflowInfo().runId}:${book.changes}`;
    return mark === before ? { mark } : { mark, recent: book.recent };
  });
  setHandler(outsideQuery, () => book.outside);
  setHandler(rowSignal, (row) => {
    folding.count('message');
    if (!hasShape('row', row, { name: 'string', updated_at: 'string' })) return;
    book.heard(row);
    seen(row.name);
  });
  setHandler(retiredSignal, (left) => {
    folding.count('message');
    if (hasShape('retired', left, { name: 'string' })) book.retired(left.name);
  });
  setHandler(registerUpdate, register, {
    validator: (asked: RegisterInput) => {
      mayBe(asked, book.objectionToRegister(asked));
    },
  });
  setHandler(patchUpdate, patch, {
    validator: (asked: PatchInput) => {
      mayBe(asked, book.objectionToPatch(asked));
    },
  });
  setHandler(unregisterUpdate, unregister, {
    validator: (asked: UnregisterInput) => {
      mayBe(asked, book.objectionToUnregister(asked));
    },
  });

  // A registry without state reads it from the services.
  if (!open) {
    await readPast();
    book.registered.forEach((name) => toTell.add(name));
    open = true;
  }
  while (!mayFold()) {
    await condition(() => toTell.size > 0 || isGateBehind() || mayFold());
    await Promise.all([tellGate(), tellServices()]);
  }
  await condition(allHandlersFinished); // runs of older versions leave the loop earlier
  do await tellServices();
  while (await folding.isDisturbed());
  return startNextRun<typeof registry>({ ...book.record, foldAfterEvents });

  async function readPast(): Promise<void> {
    if (!patched('reads-by-page')) {
      for (const row of await entities.readServices()) book.found(row);
      return;
    }
    for (let after: string | undefined, isLast = false; !isLast;) {
      const page = await entities.readServicePage({ ...(after !== undefined && { after }) });
      if ('whole' in page) {
        for (const row of page.whole) book.foundWhole(row);
        return;
      }
      for (const row of page.rows) book.found(row);
      after = page.next;
      isLast = after === undefined;
    }
  }

  function mayFold(): boolean {
    return folding.isDue() && (!folding.isCounted || allHandlersFinished());
  }

  /** Synchronous, so that a rejection leaves no trace in the history. */
  function mayBe({ answerBy }: { answerBy: number }, no: No | undefined): void {
    if (!open || folding.isDue()) throw refusal('draining');
    if (Date.now() > answerBy) throw refusal('temporal_unavailable');
    if (no) throw refusal(no.code, no);
  }

  /**
   * The decision is made before anything is awaited. The answer follows when the service exists and the gate has the
   * message.
   */
  async function register(asked: RegisterInput): Promise<Registration> {
    const row = rowOf(serviceView(newService(asked.name, new Date().toISOString())));
    const registration = book.register(asked, row);
    accepted();
    await Promise.all([tellGate(), command(asked.name, { type: 'configure', registration })]);
    return registration;
  }

  /**
   * Saves the accepted tokens in the same commit as the change, so a caller without an answer can read them without any
   * worker.
   */
  function accepted(): void {
    folding.count('call');
    upsertMemo({ [ACCEPTED_MEMO]: book.tokens });
  }

  async function patch(asked: PatchInput): Promise<Registration> {
    const registration = book.patch(asked);
    accepted();
    await command(asked.name, { type: 'configure', registration });
    seen(asked.name);
    return registration;
  }

  /** The gate first cancels the service's deployments, which would bring the service back. */
  async function unregister(asked: UnregisterInput): Promise<null> {
    const { name: service, purge } = asked;
    if (book.isLeaving(service)) {
      if (patched('leaving-accepted')) {
        book.acceptAgain(asked);
        accepted();
      }
      // A repeated call while the service is leaving, or the service's workflow was terminated and won't report its
      // end.
      if ((await entities.readService({ service })) === null) book.retired(service);
      return null;
    }
    const retirement = { purge, hostId: book.hostOf(service) ?? asked.hostId, acceptedAt: Date.now() };
    book.unregister(asked).forEach((dependant) => toTell.add(dependant));
    accepted();
    const toGate = () => say('the gate', () => getExternalWorkflowHandle(GATE_ID).signal(supersedeSignal, { service }));
    if (patched('retire-at-once')) {
      await Promise.all([toGate(), retire(service, { type: 'retire', ...retirement })]);
      return null;
    }
    await toGate();
    await command(service, { type: 'retire', ...retirement });
    return null;
  }

  /**
   * Sends the signal in the same commit as the change, so that a trial can't complete first if this worker dies now.
   */
  async function retire(service: string, asked: Retirement): Promise<void> {
    try {
      await getExternalWorkflowHandle(serviceWorkflowId(service)).signal(commandSignal, asked);
    } catch (error) {
      if (isCancellation(error)) throw error;
      await command(service, asked); // it has no workflow, so this starts one
    }
  }

  /** Uses the activity that also starts a missing service workflow. */
  async function command(service: string, what: ServiceCommand): Promise<void> {
    await entities.commandService({ service, command: what });
  }

  async function say(whom: string, signal: () => Promise<void>): Promise<void> {
    folding.count('telling');
    await signalWorkflow(whom, signal);
  }

  function seen(name: string): void {
    for (const concerned of [name, ...book.dependantsOf(name)]) toTell.add(concerned);
  }

  function isGateBehind(): boolean {
    return book.externals.join() !== toldGate;
  }

  async function tellGate(): Promise<void> {
    if (!isGateBehind()) return;
    toldGate = book.externals.join();
    if (!patched('gate-knows-outside')) return;
    await say('the gate', () => getExternalWorkflowHandle(GATE_ID).signal(outsideSignal, book.outsideNames()));
  }

  async function tellServices(): Promise<void> {
    const names = [...toTell].filter((name) => !book.isLeaving(name));
    toTell.clear();
    await Promise.all(names.map(tellService));
  }

  async function tellService(name: string): Promise<void> {
    const service = getExternalWorkflowHandle(serviceWorkflowId(name));
    const registration = book.untoldRegistration(name);
    if (registration) await say(name, () => service.signal(commandSignal, { type: 'configure', registration }));
    const ailing = book.untoldAiling(name);
    const news: Observation | undefined = ailing && { kind: 'dependencies', ...ailing };
    if (news) await say(name, () => service.signal(observedSignal, news));
  }
}
