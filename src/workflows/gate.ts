// The gate workflow: the limit, the queue, idempotency keys and counters. One workflow that never ends.
import {
  allHandlersFinished,
  condition,
  getExternalWorkflowHandle,
  patched,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { errorRecord } from '../contract/errors.js';
import {
  admitUpdate,
  cancelSignal,
  clockUpdate,
  configureGateSignal,
  endedSignal,
  loadQuery,
  outsideSignal,
  requestSlotSignal,
  slotGrantedSignal,
  slotRefusedSignal,
  supersedeSignal,
  usedKeyQuery,
  type AdmitAnswer,
  type Admission,
  type AdmitInput,
  type ApiAdmission,
  type SlotRequest,
} from '../contract/messages.js';
import { modePlan, whenFullOf } from '../contract/request-facts.js';
import type { TextParams } from '../contract/texts.js';
import { estimatedSeconds } from '../contract/views.js';
import { startNextRun, HistoryLimit } from './continue-as-new.js';
import {
  admit,
  estimatesFor,
  fillSlots,
  hasRoom,
  setExternalServices,
  isKnown,
  isExternal,
  loadOf,
  LONGEST_QUEUE,
  newGateState,
  queueIsFull,
  release,
  usedKey,
  useKey,
  type GateState,
  type Ticket,
} from './gate-state.js';
import { neverAccepted, refusal, showTime } from './refusal.js';
import { startDeployment } from './start-deployment.js';
import { longReads, quickReads } from './steps.js';
import { hasShape } from './signal-guards.js';
import { acceptedState } from './view.js';

export interface GateInput {
  limit: number;
  /** Carried over by continue-as-new. If absent, the state is rebuilt from existing deployments. */
  book?: GateState;
  /** The time of the second search for existing deployments, carried over until the search is done. */
  secondLookAt?: number;
  /** The number of events after which the gate continues as new. Tests lower it. */
  foldAfterEvents?: number;
  /** The time between two searches for lost slots. Tests shorten it. */
  sweepEveryMs?: number;
  /** The time until a gate without state searches for deployments again. Tests shorten it. */
  lookAgainAfterMs?: number;
}

/** A terminated deployment doesn't report its end, so its slot is freed up to this much later. */
const SWEEP_EVERY_MS = 30_000;
/** Lists lag behind the workflows: a deployment that the first search missed would wait forever. */
const LOOK_AGAIN_AFTER_MS = 30_000;
/** The number of deployments that one sweep checks: all active ones, and a further part of the queue each time. */
const MOST_SWEPT = 200;

type Message = { to: string; deliver: (deploymentId: string) => Promise<void> };

export async function gate(input: GateInput): Promise<never> {
  const book = input.book ?? newGateState(input.limit);
  /** Deployments whose start was issued but isn't confirmed yet. Until then they can't receive signals. */
  const starting = new Map<string, Promise<void>>();
  const outbox: Message[] = [];
  const early: SlotRequest[] = [];
  let open = input.book !== undefined;
  let secondLookAt = input.secondLookAt;
  let sweepAt = Infinity;
  let isSweeping = false;
  /** The number of queued deployments that the last sweeps have checked. */
  let sweptOfQueue = 0;

  const folding = new HistoryLimit(input.foldAfterEvents, 'counted');

  setHandler(loadQuery, () => loadOf(book));
  // Workflow time doesn't advance between tasks, and an idle gate would keep a key forever, so the caller passes the
  // time.
  setHandler(usedKeyQuery, (hash, nowMs = workflowInfo().unsafe.now()) => usedKey(book, hash, nowMs) ?? null);
  setHandler(clockUpdate, neverAccepted, { validator: showTime });
  setHandler(configureGateSignal, (settings) => {
    folding.count('message');
    if (!hasShape('configure', settings, { limit: 'number' })) return;
    book.limit = settings.limit;
    grantFreeSlots();
  });
  setHandler(endedSignal, (ended) => {
    folding.count('message');
    if (!hasShape('ended', ended, { deploymentId: 'string', status: 'string', durationSeconds: 'number' })) return;
    release(book, ended, Date.now());
    grantFreeSlots();
  });
  setHandler(requestSlotSignal, (asked) => {
    folding.count('message');
    if (hasShape('requestSlot', asked, { deploymentId: 'string', whenFull: 'string' })) answerSlotRequest(asked);
  });
  setHandler(supersedeSignal, (asked) => {
    folding.count('message');
    if (hasShape('supersede', asked, { service: 'string' })) supersedeAll(asked.service);
  });
  setHandler(outsideSignal, (told) => {
    folding.count('message');
    if (hasShape('outside', told, { names: 'object', revision: 'number' })) setExternalServices(book, told);
  });
  setHandler(admitUpdate, admitNow, { validator: mayAdmit });

  if (!open) {
    await rebuild(book);
    grantFreeSlots();
    open = true;
    early.splice(0).forEach(answerSlotRequest);
    if (patched('second-look')) secondLookAt = Date.now() + (input.lookAgainAfterMs ?? LOOK_AGAIN_AFTER_MS);
  }
  if (secondLookAt !== undefined) void lookAgain(secondLookAt);
  while (!folding.isDue()) {
    await nextWork();
  }
  do await settle();
  while ((await folding.isDisturbed()) || outbox.length > 0); // a second search may end in the same task as the moment
  return startNextRun<typeof gate>({ ...input, limit: book.limit, book, secondLookAt });

  /** Synchronous, so that a rejection leaves no trace in the history. */
  function mayAdmit(asked: AdmitInput): void {
    if (!open || folding.isDue()) throw refusal('draining');
    // Temporal's clock, at the time when the task was handed out. A caller without an answer checks again once the task
    // has expired.
    if (Date.now() > asked.answerBy) throw refusal('temporal_unavailable');
    const used = asked.idempotency && usedKey(book, asked.idempotency.hash, Date.now());
    if (used) {
      if (used.bodyMac !== asked.idempotency?.bodyMac) throw refusal('idempotency_key_reused');
      return;
    }
    if (isExternal(book, asked.service)) {
      const params = { service: asked.service };
      throw refusal('invalid', { path: 'config.service', text: 'field.external_service', params });
    }
    if (hasRoom(book) && book.queued.length === 0) return;
    if (whenFullOf(asked.request) === 'reject') throw refusal('concurrency_limit', { params: { limit: book.limit } });
    if (queueIsFull(book)) throw refusal('queue_full', { params: { limit: LONGEST_QUEUE } });
  }

  /** Takes the slot and issues the start before anything is awaited, so slot, start and answer are one commit. */
  function admitNow(asked: AdmitInput): AdmitAnswer {
    folding.count('call');
    const now = Date.now();
    const used = asked.idempotency && usedKey(book, asked.idempotency.hash, now);
    if (used) return used.answer;
    const { ticket, queuePosition } = admit(book, asked.deploymentId, asked.service, now);
    if (asked.request.config.supersede) supersedeOlder(ticket);
    const admission: ApiAdmission = {
      ...admissionOf(ticket, queuePosition),
      service: asked.service,
      configMac: asked.configMac,
    };
    const start = startAdmitted(asked, admission).finally(() => starting.delete(asked.deploymentId));
    starting.set(asked.deploymentId, start);
    const answer: AdmitAnswer = {
      deploymentId: asked.deploymentId,
      status: queuePosition === undefined ? 'accepted' : 'queued',
      startTime: admission.admittedAt,
      estimatedSeconds: Math.round(estimatedSeconds(modePlan(asked.request), admission.estimates)),
      ...(queuePosition !== undefined && { queuePosition }),
    };
    if (asked.idempotency)
      useKey(book, asked.idempotency.hash, { bodyMac: asked.idempotency.bodyMac, at: now, answer });
    return answer;
  }

  async function startAdmitted({ deploymentId, request }: AdmitInput, admission: ApiAdmission): Promise<void> {
    try {
      await startDeployment(acceptedState(deploymentId, request, admission), request, admission);
    } catch {
      // A workflow that was started manually in the same second has the id, so this admission never became a
      // deployment.
      freeSlot(deploymentId);
    }
  }

  /** Answers a deployment without an admission: it was started manually, or by a batch. */
  function answerSlotRequest(asked: SlotRequest): void {
    const { deploymentId, whenFull, service, supersede } = asked;
    if (!open) {
      early.push(asked);
      return;
    }
    const ticket = book.active.find((held) => held.deploymentId === deploymentId);
    if (ticket) return grant(ticket);
    if (isKnown(book, deploymentId)) return;
    if (!hasRoom(book) || book.queued.length > 0) {
      if (whenFull === 'reject') return refuse(deploymentId, 'concurrency_limit', { limit: book.limit });
      if (queueIsFull(book)) return refuse(deploymentId, 'queue_full', { limit: LONGEST_QUEUE });
    }
    const admitted = admit(book, deploymentId, service ?? null, Date.now());
    if (supersede) supersedeOlder(admitted.ticket);
    if (admitted.queuePosition === undefined) grant(admitted.ticket);
  }

  function supersedeOlder({ deploymentId, service }: Ticket): void {
    if (service !== null) supersedeAll(service, deploymentId);
  }

  /** Cancels all deployments of a service but one. Each frees its slot at its own end. */
  function supersedeAll(service: string, but?: string): void {
    const theirs = [...book.active, ...book.queued].filter(
      (ticket) => ticket.service === service && ticket.deploymentId !== but,
    );
    for (const { deploymentId: to } of theirs) outbox.push({ to, deliver: cancelUnlessEnded });
  }

  async function cancelUnlessEnded(deploymentId: string): Promise<void> {
    try {
      await tell(deploymentId).signal(cancelSignal, { by: 'superseded' });
    } catch {
      // The deployment has ended meanwhile and reported its end itself.
    }
  }

  function grant(ticket: Ticket): void {
    outbox.push({ to: ticket.deploymentId, deliver: (id) => tell(id).signal(slotGrantedSignal, admissionOf(ticket)) });
  }

  function refuse(deploymentId: string, code: 'concurrency_limit' | 'queue_full', params: TextParams): void {
    outbox.push({
      to: deploymentId,
      deliver: (id) => tell(id).signal(slotRefusedSignal, errorRecord(code, { params })),
    });
  }

  function grantFreeSlots(): void {
    fillSlots(book).forEach(grant);
  }

  function admissionOf(ticket: Ticket, queuePosition?: number): Admission {
    return {
      sequence: ticket.sequence,
      admittedAt: new Date(ticket.at).toISOString(),
      queued: queuePosition !== undefined,
      ...(queuePosition !== undefined && { queuePosition }),
      estimates: ticket.service === null ? {} : estimatesFor(book, ticket.service),
    };
  }

  /** Sends the next message, or sleeps until there is work. Steady traffic doesn't delay the sweep. */
  async function nextWork(): Promise<void> {
    const isHeld = (): boolean => book.active.length + book.queued.length > 0;
    const hasWork = (): boolean => outbox.length > 0 || folding.isDue();
    if (Date.now() >= sweepAt) {
      if (!patched('sweeps-beside')) return sweep();
      sweepAt = Infinity;
      isSweeping = true;
      void sweepBeside();
    }
    const message = outbox.shift();
    if (message) return deliver(message);
    if (isSweeping) {
      await condition(() => hasWork() || !isSweeping);
      return;
    }
    if (!isHeld()) {
      sweepAt = Infinity;
      await condition(() => hasWork() || isHeld());
      return;
    }
    if (sweepAt === Infinity) sweepAt = nextSweep();
    await condition(hasWork, sweepAt - Date.now());
  }

  async function lookAgain(atMs: number): Promise<void> {
    await sleep(Math.max(1, atMs - Date.now()));
    const { queued } = await longReads.readPast();
    folding.count('look');
    const missed = queued.filter(({ deploymentId }) => !isKnown(book, deploymentId));
    book.queued.push(...missed);
    book.counters.total += missed.length;
    grantFreeSlots();
    secondLookAt = undefined;
  }

  function nextSweep(): number {
    return Date.now() + (input.sweepEveryMs ?? SWEEP_EVERY_MS);
  }

  async function deliver({ to, deliver: send }: Message): Promise<void> {
    folding.count('telling');
    await starting.get(to);
    try {
      await send(to);
    } catch {
      // The deployment ended before the message arrived, so its slot is free.
      freeSlot(to);
    }
  }

  /**
   * Runs beside the other work: slots are granted and cancels delivered even if Temporal is slow or many deployments
   * are checked.
   */
  async function sweepBeside(): Promise<void> {
    folding.count('look');
    const found = await longReads.findEndedDeployments({ deploymentIds: nextToSweep() });
    for (const ended of found) release(book, ended, Date.now());
    grantFreeSlots();
    isSweeping = false;
  }

  function nextToSweep(): string[] {
    const { active, queued } = book;
    const from = sweptOfQueue % Math.max(1, queued.length);
    const inTurn = [...queued.slice(from), ...queued.slice(0, from)].slice(0, Math.max(1, MOST_SWEPT - active.length));
    sweptOfQueue = from + inTurn.length;
    return [...active, ...inTurn].map(({ deploymentId }) => deploymentId);
  }

  /** For histories from before `sweeps-beside`. */
  async function sweep(): Promise<void> {
    folding.count('look');
    const held = [...book.active, ...book.queued].map(({ deploymentId }) => deploymentId);
    for (const ended of await quickReads.findEnded({ deploymentIds: held })) release(book, ended, Date.now());
    grantFreeSlots();
    sweepAt = nextSweep();
  }

  function freeSlot(deploymentId: string): void {
    const at = new Date().toISOString();
    release(book, { deploymentId, status: 'failed', service: null, mode: null, durationSeconds: 0, at }, Date.now());
    grantFreeSlots();
  }

  /** Waits until nothing is pending: a child that is started but not confirmed doesn't survive continue-as-new. */
  async function settle(): Promise<void> {
    await condition(allHandlersFinished);
    while (outbox.length > 0 || starting.size > 0 || isSweeping) {
      await condition(() => outbox.length > 0 || !isSweeping);
      await Promise.all(starting.values());
      const message = outbox.shift();
      if (message) await deliver(message);
    }
  }
}

const tell = (deploymentId: string) => getExternalWorkflowHandle(deploymentId);

/**
 * Rebuilds the state from existing deployments, for a gate without state: the first one, or one that replaces a
 * terminated gate.
 */
async function rebuild(book: GateState): Promise<void> {
  const past = await longReads.readPast();
  const { total, completed, failed, cancelled, completedSeconds } = past.counters;
  book.counters.total += total;
  book.counters.completed += completed;
  book.counters.failed += failed;
  book.counters.cancelled += cancelled;
  book.counters.completedSeconds += completedSeconds;
  const unknown = (ticket: Ticket): boolean => !isKnown(book, ticket.deploymentId);
  book.active.push(...past.active.filter(unknown));
  book.queued.push(...past.queued.filter(unknown));
  if (past.outside) setExternalServices(book, past.outside);
}
