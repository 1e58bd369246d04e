// The workflows of Slipway on a test server, spoken to as the API, the watcher and an operator do.
import { setTimeout as delay } from 'node:timers/promises';
import {
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowIdReusePolicy, type Duration } from '@temporalio/common';
import { createEntityActivities, createQuickReads } from '../../src/activities/entities.js';
import type { Past } from '../../src/activities/ports/entities-port.js';
import { createManualRequest } from '../../src/activities/manual-request.js';
import {
  admitUpdate,
  cancelSignal,
  describeQuery,
  eventsQuery,
  wantedQuery,
  loadQuery,
  observedSignal,
  patchUpdate,
  registerUpdate,
  rowsQuery,
  unregisterUpdate,
  type AdmitAnswer,
  type AdmitInput,
  type ApiAdmission,
  type BatchInput,
  type BatchItem,
  type GateLoad,
  type Observation,
  type PatchInput,
  type RegisterInput,
  type ServiceCommand,
} from '../../src/contract/messages.js';
import {
  DECISION_TIMEOUT,
  GATE_ID,
  REGISTRY_ID,
  serviceWorkflowId,
  TASK_QUEUE,
  VIEW_MEMO,
  WORKFLOWS,
} from '../../src/contract/names.js';
import { startRequestSchema, type StartRequest } from '../../src/contract/requests.js';
import type { AppKind } from '../../src/contract/states.js';
import type { DeploymentState, ServiceEvent, ServiceRow, ServiceView } from '../../src/contract/views.js';
import { createEntities } from '../../src/worker/entities.js';
import type { GateInput } from '../../src/workflows/gate.js';
import type { RegistryInput } from '../../src/workflows/registry.js';
import type { ServiceInput } from '../../src/workflows/service.js';
import { eventually } from './eventually.js';
import { HOST, placement, workingHost, type FakeActivities, type Fakes } from './fake-activities.js';
import { startWorkflowServer, type WorkflowServer } from './workflow-server.js';

/** Others use the cores as well: long enough never to be the reason, and only waited for when something is wrong. */
const PATIENCE = { timeoutMs: 40_000 };

/** gRPC FAILED_PRECONDITION: a signal reached the gate as it closed its run, and the task began again without the call. */
const TASK_THROWN_AWAY = 9;

export interface Ended {
  /** What Temporal shows: `COMPLETED`, `FAILED`, `CANCELLED`, … */
  closedAs: WorkflowExecutionDescription['status']['name'];
  state: DeploymentState;
}

export class Stage {
  #count = 0;

  private constructor(
    readonly client: Client,
    readonly connect: WorkflowServer['connect'],
    readonly fakes: FakeActivities,
    readonly whileUndecided: WorkflowServer['whileUndecided'],
    readonly stop: () => Promise<void>,
  ) {}

  static async open(): Promise<Stage> {
    const { client, connect, fakes, whileUndecided, stop } = await startWorkflowServer();
    return new Stage(client, connect, fakes, whileUndecided, stop);
  }

  /** A host on which all goes well, and workflows that reach each other for real; a test replaces what it is about. */
  allGoesWell(kind: AppKind = 'web', changes: Partial<Fakes> = {}): void {
    this.fakes.expect({ ...this.realEntities, ...placement, ...workingHost(kind), ...changes });
  }

  /** As the activity of this name reads it. */
  readPast = (): Promise<Past> => createEntities(this.client).readPast();

  /** What workflows do to others by a Temporal client, as the worker has it. */
  get realEntities() {
    const entities = createEntities(this.client);
    return {
      ...createEntityActivities({ entities }),
      ...createQuickReads({ entities }),
      ...createManualRequest({ entities }, { language: 'en' }),
    };
  }

  /** Ends all that is left of a test. Returns the activities that it should not have called. */
  async clear(): Promise<string[]> {
    const { workflow } = this.client;
    const overRuns: string[] = [];
    for await (const { workflowId } of workflow.list({ query: "ExecutionStatus = 'Running'" })) {
      const handle = workflow.getHandle(workflowId);
      await ignoringAbsent(handle.terminate());
      overRuns.push(await this.runId(handle)); // the list may be a run behind
    }
    return this.fakes.reset(overRuns);
  }

  /** A name that no other test has. */
  name(what: string): string {
    this.#count += 1;
    return `${what}-${this.#count}`;
  }

  // --- gate -------------------------------------------------------------------------------------------------------

  /** A gate in place of the one before it. It has no past unless the test expects `readPast`. */
  async gate(input: GateInput): Promise<void> {
    const counters = { total: 0, completed: 0, failed: 0, cancelled: 0, completedSeconds: 0 };
    const none = { counters, active: [], queued: [] };
    this.fakes.expect({ readPast: () => Promise.resolve(none) });
    await this.foundGate(input);
  }

  async foundGate(input: GateInput): Promise<void> {
    await this.#found(WORKFLOWS.gate, GATE_ID, input);
  }

  get gateHandle(): WorkflowHandle {
    return this.client.workflow.getHandle(GATE_ID);
  }

  load(): Promise<GateLoad> {
    return this.gateHandle.query(loadQuery);
  }

  /** One call. A draining gate is the caller's to ask again. */
  async admitOnce(id: string, body: unknown = {}, changes: Partial<AdmitInput> = {}): Promise<AdmitAnswer> {
    const input: AdmitInput = {
      deploymentId: id,
      request: requestOf(body),
      service: serviceOf(body),
      configMac: 'mac',
      answerBy: Date.now() + 60_000,
      ...changes,
    };
    return this.gateHandle.executeUpdate(admitUpdate, { args: [input] });
  }

  /** As the API calls: it asks a draining gate again, and one whose answer was thrown away with its task. */
  async admit(id: string, body: unknown = {}, changes: Partial<AdmitInput> = {}): Promise<AdmitAnswer> {
    const deadline = Date.now() + PATIENCE.timeoutMs;
    for (let waitMs = 20; ; waitMs = Math.min(2 * waitMs, 1000)) {
      try {
        return await this.admitOnce(id, body, changes);
      } catch (error) {
        if (refusalOf(error) !== 'draining' || Date.now() > deadline) throw error;
      }
      await delay(waitMs * (0.5 + Math.random() / 2)); // callers in step would keep the gate from ever folding
    }
  }

  /** The code with which a call was refused. */
  async refusal(call: Promise<unknown>): Promise<string | undefined> {
    try {
      await call;
      return undefined;
    } catch (error) {
      const code = refusalOf(error);
      if (code === undefined) throw error;
      return code;
    }
  }

  // --- deployments ------------------------------------------------------------------------------------------------

  deployment(id: string): WorkflowHandle {
    return this.client.workflow.getHandle(id);
  }

  /** Without the API and without a slot: as `temporal workflow start` does. */
  async startByHand(id: string, input?: unknown): Promise<void> {
    await this.client.workflow.start(WORKFLOWS.deployment, {
      workflowId: id,
      taskQueue: TASK_QUEUE,
      args: input === undefined ? [] : [input],
    });
  }

  /** With its slot, but past the gate: so that a test says which is newer. */
  async startWithSequence(id: string, sequence: number, body: unknown): Promise<void> {
    const admission: ApiAdmission = {
      sequence,
      admittedAt: new Date().toISOString(),
      queued: false,
      estimates: {},
      service: serviceOf(body),
      configMac: 'mac',
    };
    await this.client.workflow.start(WORKFLOWS.deployment, {
      workflowId: id,
      taskQueue: TASK_QUEUE,
      args: [requestOf(body), admission],
    });
  }

  async cancel(id: string): Promise<void> {
    await this.deployment(id).signal(cancelSignal);
  }

  /** What it last told. */
  async state(id: string): Promise<DeploymentState> {
    return stateOf(await this.deployment(id).describe());
  }

  async ended(id: string): Promise<Ended> {
    await this.until(() => this.deployment(id).describe()); // a batch begins it in its turn
    await this.deployment(id)
      .result()
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowFailedError)) throw error; // how it closed is told below
      });
    const info = await this.deployment(id).describe();
    return { closedAs: info.status.name, state: stateOf(info) };
  }

  /** Admits and waits for the end. */
  async run(id: string, body: unknown = {}): Promise<Ended> {
    await this.admit(id, body);
    return this.ended(id);
  }

  /** With its slot, to its end. */
  async runWithSequence(id: string, sequence: number, body: unknown): Promise<Ended> {
    await this.startWithSequence(id, sequence, body);
    return this.ended(id);
  }

  async startBatch(batchId: string, items: BatchItem[], changes: Partial<BatchInput> = {}): Promise<void> {
    const answerBy = Date.now() + 60_000;
    const input: BatchInput = { batchId, items, onFailure: 'continue', maxParallel: 10, answerBy, ...changes };
    await this.client.workflow.start(WORKFLOWS.batch, { workflowId: batchId, taskQueue: TASK_QUEUE, args: [input] });
  }

  // --- services and the registry ----------------------------------------------------------------------------------

  serviceHandle(service: string): WorkflowHandle {
    return this.client.workflow.getHandle(serviceWorkflowId(service));
  }

  async service(service: string): Promise<ServiceView> {
    return this.serviceHandle(service).query(describeQuery);
  }

  async wanted(service: string): Promise<string[]> {
    return this.serviceHandle(service).query(wantedQuery);
  }

  async events(service: string): Promise<ServiceEvent[]> {
    return this.serviceHandle(service).query(eventsQuery);
  }

  /** Whether an activity of it is under way. */
  async isBusy(service: string): Promise<boolean> {
    const { raw } = await this.serviceHandle(service).describe();
    return (raw.pendingActivities ?? []).length > 0;
  }

  async foundService(input: ServiceInput, decidedWithin: Duration = DECISION_TIMEOUT): Promise<void> {
    await this.#found(WORKFLOWS.service, serviceWorkflowId(input.name), input, decidedWithin);
  }

  async command(service: string, command: ServiceCommand): Promise<void> {
    await createEntities(this.client).commandService(service, command);
  }

  async observe(service: string, observation: Observation): Promise<void> {
    await this.serviceHandle(service).signal(observedSignal, observation);
  }

  /** Waits until the service tells what the check asks for. */
  async serviceWhen(service: string, check: (view: ServiceView) => boolean): Promise<ServiceView> {
    return eventually(async () => {
      const view = await this.service(service);
      return check(view) && view;
    }, PATIENCE);
  }

  async foundRegistry(input: RegistryInput = { rows: [] }): Promise<void> {
    await this.#found(WORKFLOWS.registry, REGISTRY_ID, input);
  }

  get registryHandle(): WorkflowHandle {
    return this.client.workflow.getHandle(REGISTRY_ID);
  }

  async register(name: string, registration: Partial<RegisterInput['registration']> = {}): Promise<void> {
    const whole = { kind: 'worker', type: 'other', dependsOn: [], ...registration } as const;
    await this.registryHandle.executeUpdate(registerUpdate, {
      args: [{ name, registration: whole, ...this.#asking(name) }],
    });
  }

  async patchService(name: string, changes: PatchInput['changes']): Promise<void> {
    await this.registryHandle.executeUpdate(patchUpdate, { args: [{ name, changes, ...this.#asking(name) }] });
  }

  async unregister(name: string, { force = false, purge = false } = {}): Promise<void> {
    await this.registryHandle.executeUpdate(unregisterUpdate, {
      args: [{ name, force, purge, hostId: HOST, ...this.#asking(name) }],
    });
  }

  #asking(what: string): { answerBy: number; token: string } {
    return { answerBy: Date.now() + 60_000, token: this.name(what) };
  }

  async rows(): Promise<ServiceRow[]> {
    const rows = await this.registryHandle.query(rowsQuery);
    return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The ids of a workflow's runs, which continue-as-new adds to. */
  async runId(handle: WorkflowHandle): Promise<string> {
    return (await handle.describe()).runId;
  }

  /** Waits until another run of the workflow stands in the place of that one. */
  async untilContinued(handle: WorkflowHandle, runId: string): Promise<void> {
    await this.until(async () => (await this.runId(handle)) !== runId);
  }

  /** How late a worker would be noticed that is killed while it decides for the workflow. */
  async decisionSeconds(handle: WorkflowHandle): Promise<number> {
    const { raw } = await handle.describe();
    return Number(raw.executionConfig?.defaultWorkflowTaskTimeout?.seconds);
  }

  until<T>(check: () => T | Promise<T>) {
    return eventually(check, PATIENCE);
  }

  async #found(
    type: string,
    workflowId: string,
    input: unknown,
    workflowTaskTimeout: Duration = DECISION_TIMEOUT,
  ): Promise<void> {
    const { workflow } = this.client;
    await ignoringAbsent(workflow.getHandle(workflowId).terminate());
    const workflowIdReusePolicy = WorkflowIdReusePolicy.ALLOW_DUPLICATE;
    await workflow.start(type, {
      workflowId,
      taskQueue: TASK_QUEUE,
      args: [input],
      workflowIdReusePolicy,
      workflowTaskTimeout,
    });
  }
}

/** A start request as a test writes it: `{ service }` and whatever of the contract it is about. */
export function body(service: string, config: object = {}, rest: object = {}): { config: { service: string } } {
  return { mode: 'uv', ...rest, config: { source: { type: 'directory', path: '/srv/app' }, ...config, service } } as {
    config: { service: string };
  };
}

const requestOf = (given: unknown): StartRequest => startRequestSchema.parse(given);

const serviceOf = (given: unknown): string => (given as { config?: { service?: string } }).config?.service ?? 'shop';

const stateOf = ({ memo }: WorkflowExecutionDescription): DeploymentState => memo?.[VIEW_MEMO] as DeploymentState;

function refusalOf(error: unknown): string | undefined {
  if (error instanceof ServiceError && (error.cause as { code?: number }).code === TASK_THROWN_AWAY) return 'draining';
  const isRefusal = error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure;
  return isRefusal ? (error.cause.type ?? undefined) : undefined;
}

async function ignoringAbsent(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
