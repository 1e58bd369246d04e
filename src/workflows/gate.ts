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
import { storedMessage, type TextParams } from '../contract/texts.js';
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
  const state = input.book ?? newGateState(input.limit);
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

  const historyLimit = new HistoryLimit(input.foldAfterEvents, 'counted');

  setHandler(loadQuery, () => loadOf(state));
  // Workflow time doesn't advance between tasks, and an idle gate would keep a key forever, so the caller passes the
  // time.
  setHandler(usedKeyQuery, (hash, nowMs = workflowInfo().unsafe.now()) => usedKey(state, hash, nowMs) ?? null);
  setHandler(clockUpdate, neverAccepted, { validator: showTime });
  setHandler(configureGateSignal, (settings) => {
    historyLimit.count('message');
    if (!hasShape('configure', settings, { limit: 'number' })) return;
    state.limit = settings.limit;
    grantFreeSlots();
  });
  setHandler(endedSignal, (ended) => {
    historyLimit.count('message');
    if (!hasShape('ended', ended, { deploymentId: 'string', status: 'string', durationSeconds: 'number' })) return;
    release(state, ended, Date.now());
    grantFreeSlots();
  });
  setHandler(requestSlotSignal, (request) => {
    historyLimit.count('message');
    if (hasShape('requestSlot', request, { deploymentId: 'string', whenFull: 'string' })) answerSlotRequest(request);
  });
  setHandler(supersedeSignal, (request) => {
    historyLimit.count('message');
    if (hasShape('supersede', request, { service: 'string' })) supersedeAll(request.service);
  });
  setHandler(outsideSignal, (outside) => {
    historyLimit.count('message');
    if (hasShape('outside', outside, { names: 'object', revision: 'number' })) setExternalServices(state, outside);
  });
  setHandler(admitUpdate, admitNow, { validator: mayAdmit });

  if (!open) {
    await rebuild(state);
    grantFreeSlots();
    open = true;
    early.splice(0).forEach(answerSlotRequest);
    if (patched('second-look')) secondLookAt = Date.now() + (input.lookAgainAfterMs ?? LOOK_AGAIN_AFTER_MS);
  }
  if (secondLookAt !== undefined) void lookAgain(secondLookAt);
  while (!historyLimit.isDue()) {
    await nextWork();
  }
  do await settle();
  while ((await historyLimit.isDisturbed()) || outbox.length > 0); // a second search may end in the same task as the moment
  return startNextRun<typeof gate>({ ...input, limit: state.limit, book: state, secondLookAt });

  /** Synchronous, so that a rejection leaves no trace in the history. */
  function mayAdmit(admitInput: AdmitInput): void {
    if (!open || historyLimit.isDue()) throw refusal('draining');
    // Temporal's clock, at the time when the task was handed out. A caller without an answer checks again once the task
    // has expired.
    if (Date.now() > admitInput.answerBy) throw refusal('temporal_unavailable');
    const used = admitInput.idempotency && usedKey(state, admitInput.idempotency.hash, Date.now());
    if (used) {
      if (used.bodyMac !== admitInput.idempotency?.bodyMac) throw refusal('idempotency_key_reused');
      return;
    }
    if (isExternal(state, admitInput.service)) {
      const params = { service: admitInput.service };
      throw refusal('invalid', { path: 'config.service', text: 'field.external_service', params });
    }
    if (hasRoom(state) && state.queued.length === 0) return;
    if (whenFullOf(admitInput.request) === 'reject')
      throw refusal('concurrency_limit', { params: { limit: state.limit } });
    if (queueIsFull(state)) throw refusal('queue_full', { params: { limit: LONGEST_QUEUE } });
  }

  /** Takes the slot and issues the start before anything is awaited, so slot, start and answer are one commit. */
  function admitNow(admitInput: AdmitInput): AdmitAnswer {
    historyLimit.count('call');
    const now = Date.now();
    const used = admitInput.idempotency && usedKey(state, admitInput.idempotency.hash, now);
    if (used) return used.answer;
    const { ticket, queuePosition } = admit(state, admitInput.deploymentId, admitInput.service, now);
    if (admitInput.request.config.supersede) supersedeOlder(ticket);
    const admission: ApiAdmission = {
      ...admissionOf(ticket, queuePosition),
      service: admitInput.service,
      configMac: admitInput.configMac,
    };
    const start = startAdmitted(admitInput, admission).finally(() => starting.delete(admitInput.deploymentId));
    starting.set(admitInput.deploymentId, start);
    const answer: AdmitAnswer = {
      deploymentId: admitInput.deploymentId,
      status: queuePosition === undefined ? 'accepted' : 'queued',
      startTime: admission.admittedAt,
      estimatedSeconds: Math.round(estimatedSeconds(modePlan(admitInput.request), admission.estimates)),
      ...(queuePosition !== undefined && { queuePosition }),
    };
    if (admitInput.idempotency)
      useKey(state, admitInput.idempotency.hash, { bodyMac: admitInput.idempotency.bodyMac, at: now, answer });
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
  function answerSlotRequest(request: SlotRequest): void {
    const { deploymentId, whenFull, service, supersede } = request;
    if (!open) {
      early.push(request);
      return;
    }
    const ticket = state.active.find((held) => held.deploymentId === deploymentId);
    if (ticket) return grant(ticket);
    if (isKnown(state, deploymentId)) return;
    if (!hasRoom(state) || state.queued.length > 0) {
      if (whenFull === 'reject') return refuse(deploymentId, 'concurrency_limit', { limit: state.limit });
      if (queueIsFull(state)) return refuse(deploymentId, 'queue_full', { limit: LONGEST_QUEUE });
    }
    const admitted = admit(state, deploymentId, service ?? null, Date.now());
    if (supersede) supersedeOlder(admitted.ticket);
    if (admitted.queuePosition === undefined) grant(admitted.ticket);
  }

  function supersedeOlder({ deploymentId, service }: Ticket): void {
    if (service !== null) supersedeAll(service, deploymentId);
  }

  /** Cancels all deployments of a service but one. Each frees its slot at its own end. */
  function supersedeAll(service: string, but?: string): void {
    const theirs = [...state.active, ...state.queued].filter(
      (ticket) => ticket.service === service && ticket.deploymentId !== but,
    );
    for (const { deploymentId: to } of theirs) outbox.push({ to, deliver: cancelUnlessEnded });
  }

  async function cancelUnlessEnded(deploymentId: string): Promise<void> {
    try {
      await deploymentHandle(deploymentId).signal(cancelSignal, { by: 'superseded' });
    } catch {
      // The deployment has ended meanwhile and reported its end itself.
    }
  }

  function grant(ticket: Ticket): void {
    outbox.push({
      to: ticket.deploymentId,
      deliver: (id) => deploymentHandle(id).signal(slotGrantedSignal, admissionOf(ticket)),
    });
  }

  function refuse(deploymentId: string, code: 'concurrency_limit' | 'queue_full', params: TextParams): void {
    outbox.push({
      to: deploymentId,
      deliver: (id) =>
        deploymentHandle(id).signal(slotRefusedSignal, errorRecord(code, storedMessage({ text: code, params }))),
    });
  }

  function grantFreeSlots(): void {
    fillSlots(state).forEach(grant);
  }

  function admissionOf(ticket: Ticket, queuePosition?: number): Admission {
    return {
      sequence: ticket.sequence,
      admittedAt: new Date(ticket.at).toISOString(),
      queued: queuePosition !== undefined,
      ...(queuePosition !== undefined && { queuePosition }),
      estimates: ticket.service === null ? {} : estimatesFor(state, ticket.service),
    };
  }

  /** Sends the next message, or sleeps until there is work. Steady traffic doesn't delay the sweep. */
  async function nextWork(): Promise<void> {
    const isHeld = (): boolean => state.active.length + state.queued.length > 0;
    const hasWork = (): boolean => outbox.length > 0 || historyLimit.isDue();
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
    historyLimit.count('look');
    const missed = queued.filter(({ deploymentId }) => !isKnown(state, deploymentId));
    state.queued.push(...missed);
    state.counters.total += missed.length;
    grantFreeSlots();
    secondLookAt = undefined;
  }

  function nextSweep(): number {
    return Date.now() + (input.sweepEveryMs ?? SWEEP_EVERY_MS);
  }

  async function deliver({ to, deliver: send }: Message): Promise<void> {
    historyLimit.count('telling');
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
    historyLimit.count('look');
    const endedDeployments = await longReads.findEndedDeployments({ deploymentIds: nextToSweep() });
    for (const ended of endedDeployments) release(state, ended, Date.now());
    grantFreeSlots();
    isSweeping = false;
  }

  function nextToSweep(): string[] {
    const { active, queued } = state;
    const from = sweptOfQueue % Math.max(1, queued.length);
    const inTurn = [...queued.slice(from), ...queued.slice(0, from)].slice(0, Math.max(1, MOST_SWEPT - active.length));
    sweptOfQueue = from + inTurn.length;
    return [...active, ...inTurn].map(({ deploymentId }) => deploymentId);
  }

  /** For histories from before `sweeps-beside`. */
  async function sweep(): Promise<void> {
    historyLimit.count('look');
    const held = [...state.active, ...state.queued].map(({ deploymentId }) => deploymentId);
    for (const ended of await quickReads.findEnded({ deploymentIds: held })) release(state, ended, Date.now());
    grantFreeSlots();
    sweepAt = nextSweep();
  }

  function freeSlot(deploymentId: string): void {
    const at = new Date().toISOString();
    release(state, { deploymentId, status: 'failed', service: null, mode: null, durationSeconds: 0, at }, Date.now());
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

const deploymentHandle = (deploymentId: string) => getExternalWorkflowHandle(deploymentId);

/**
 * Rebuilds the state from existing deployments, for a gate without state: the first one, or one that replaces a
 * terminated gate.
 */
async function rebuild(state: GateState): Promise<void> {
  const past = await longReads.readPast();
  const { total, completed, failed, cancelled, completedSeconds } = past.counters;
  state.counters.total += total;
  state.counters.completed += completed;
  state.counters.failed += failed;
  state.counters.cancelled += cancelled;
  state.counters.completedSeconds += completedSeconds;
  const unknown = (ticket: Ticket): boolean => !isKnown(state, ticket.deploymentId);
  state.active.push(...past.active.filter(unknown));
  state.queued.push(...past.queued.filter(unknown));
  if (past.outside) setExternalServices(state, past.outside);
}
