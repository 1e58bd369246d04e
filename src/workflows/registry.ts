// All services by name: what they are registered as, who needs whom, and the rows of those that changed last.
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
import { fold, Folding } from './fold.js';
import { refusal } from './refusal.js';
import { RegistryBook, type BookRecord, type No } from './registry-book.js';
import { newService, serviceView } from './service-state.js';
import { isShaped } from './shapes.js';
import { entities } from './steps.js';
import { tell } from './tell.js';

export interface RegistryInput extends Partial<BookRecord> {
  /** Events after which the history is folded; tests lower it. */
  foldAfterEvents?: number;
}

export async function registry({ foldAfterEvents, ...record }: RegistryInput): Promise<never> {
  const book = new RegistryBook(record);
  /** Services that may have to be told something: whatever the run before could not tell any more. */
  const toTell = new Set(book.registered);
  /** The outside services that the gate was told of, to refuse their deployments. Each run tells it anew. */
  let toldGate: string | undefined;
  let open = record.services !== undefined || record.rows !== undefined;
  const folding = new Folding(foldAfterEvents, 'counted');

  setHandler(rowsQuery, () => book.recent.rows);
  // Counted alike in every replay: what comes in a task that Temporal throws away comes again, as a run that is to fold
  // takes no call.
  setHandler(newRowsQuery, (before) => {
    const mark = `${workflowInfo().runId}:${book.changes}`;
    return mark === before ? { mark } : { mark, recent: book.recent };
  });
  setHandler(outsideQuery, () => book.outside);
  setHandler(rowSignal, (row) => {
    folding.count('message');
    if (!isShaped('row', row, { name: 'string', updated_at: 'string' })) return;
    book.heard(row);
    seen(row.name);
  });
  setHandler(retiredSignal, (left) => {
    folding.count('message');
    if (isShaped('retired', left, { name: 'string' })) book.retired(left.name);
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

  // Without a past of its own it is read off the services themselves.
  if (!open) {
    await readPast();
    book.registered.forEach((name) => toTell.add(name));
    open = true;
  }
  while (!mayFold()) {
    await condition(() => toTell.size > 0 || isGateBehind() || mayFold());
    await Promise.all([tellGate(), tellServices()]);
  }
  await condition(allHandlersFinished); // runs of older versions leave the loop before
  do await tellServices();
  while (await folding.isDisturbed());
  return fold<typeof registry>({ ...book.record, foldAfterEvents });

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

  /** Synchronous, so that a refusal leaves no trace in the history. */
  function mayBe({ answerBy }: { answerBy: number }, no: No | undefined): void {
    if (!open || folding.isDue()) throw refusal('draining');
    if (Date.now() > answerBy) throw refusal('temporal_unavailable');
    if (no) throw refusal(no.code, no);
  }

  /** Decided before anything is awaited; answered once the service itself is there, and the gate knows. */
  async function register(asked: RegisterInput): Promise<Registration> {
    const row = rowOf(serviceView(newService(asked.name, new Date().toISOString())));
    const registration = book.register(asked, row);
    accepted();
    await Promise.all([tellGate(), command(asked.name, { type: 'configure', registration })]);
    return registration;
  }

  /** In the same commit as what was accepted: a caller that got no answer reads it there, without any worker. */
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

  /** What is being deployed comes to nothing first: it would bring the service back. */
  async function unregister(asked: UnregisterInput): Promise<null> {
    const { name: service, purge } = asked;
    if (book.isLeaving(service)) {
      if (patched('leaving-accepted')) {
        book.acceptAgain(asked);
        accepted();
      }
      // Asked again while it leaves; or its workflow was terminated over it, and will not say so.
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

  /** In the same commit as what was accepted: what is being tried must not be quicker, should this worker die now. */
  async function retire(service: string, asked: Retirement): Promise<void> {
    try {
      await getExternalWorkflowHandle(serviceWorkflowId(service)).signal(commandSignal, asked);
    } catch (error) {
      if (isCancellation(error)) throw error;
      await command(service, asked); // it has no workflow: this gives it one
    }
  }

  /** By the activity that also starts a service which is not there. */
  async function command(service: string, what: ServiceCommand): Promise<void> {
    await entities.commandService({ service, command: what });
  }

  async function say(whom: string, signal: () => Promise<void>): Promise<void> {
    folding.count('telling');
    await tell(whom, signal);
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
