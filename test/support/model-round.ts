// One round of the model against the built Slipway: the actions are carried out without waiting for their ends, then all is
// looked at.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from './eventually.js';
import {
  expectedOf,
  liesOf,
  SERVICES,
  UNKNOWN,
  type Action,
  type Expected,
  type Intent,
  type ServiceName,
} from './model.js';
import { releasePage } from './release-page.js';
import { freePort, killIfThere, readProc, type Slipway } from './slipway.js';

interface EventBody {
  event_type: string;
  new_status: string | null;
  metadata: Record<string, string | undefined>;
}
type Pending =
  | { kind: 'deployment'; service: ServiceName; id: string; works: boolean; cancelAsked: boolean }
  | { kind: 'command'; service: ServiceName; id: string; command: Extract<Intent, { kind: 'command' }>['command'] };

/** What goes on from one round to the next. */
interface Scene {
  version: number;
  /** Of the app that insists on one. */
  port: number;
  state: Record<ServiceName, Expected>;
}

/** How long the dust takes to settle, by the issue's own measure. */
const QUIET_MS = 30_000;
const ENDS_WITHIN_MS = 90_000;

export class ModelRound {
  readonly #pending: Pending[] = [];
  readonly #cancels: Promise<void>[] = [];
  readonly #crashed = new Set<ServiceName>();
  readonly #violations: string[] = [];
  #watching = true;

  private constructor(
    readonly slipway: Slipway,
    readonly scene: Scene,
  ) {}

  static async prepare(slipway: Slipway): Promise<(actions: Action[]) => Promise<void>> {
    for (const service of SERVICES) {
      const folder = join(slipway.sources, service);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'main.py'), APP);
      writeFileSync(join(folder, 'pyproject.toml'), '[project]\nname = "app"\nversion = "1.0"\ndependencies = []\n');
    }
    const scene: Scene = {
      version: 0,
      port: await freePort(),
      state: { web: UNKNOWN, fixed: UNKNOWN, bot: UNKNOWN },
    };
    return (actions) => new ModelRound(slipway, scene).run(actions);
  }

  /** Throws with all that is not as it must be. */
  async run(actions: Action[]): Promise<void> {
    for (const service of SERVICES) await this.#deploy(service, true);
    for (const pending of this.#pending) await this.slipway.ended(pending.id, ENDS_WITHIN_MS);
    const watching = this.#watchInstances();
    for (const action of actions) {
      await delay(action.pauseMs);
      await this.#act(action);
    }
    await Promise.all(this.#cancels);
    for (const service of SERVICES) await this.#judge(service);
    this.#watching = false;
    await watching;
    await this.#expectTidy();
    if (this.#violations.length > 0) throw new Error(this.#violations.join('\n'));
  }

  async #act({ service, what }: Action): Promise<void> {
    switch (what) {
      case 'deploy':
      case 'broken':
        await this.#deploy(service, what === 'deploy');
        break;
      case 'cancel':
        this.#cancel(service);
        break;
      case 'crash':
        this.#crash(service);
        break;
      case 'killWorker':
        killIfThere(this.slipway.ready.pids.worker);
        break;
      case 'restart':
      case 'stop':
      case 'start':
      case 'rollback':
        await this.#command(service, what);
    }
  }

  async #deploy(service: ServiceName, works: boolean): Promise<void> {
    this.scene.version += 1;
    const isExit = !works && this.scene.version % 2 === 0;
    const config = {
      command: isExit ? 'exit 3' : 'python main.py',
      ...(service === 'bot' ? { process: 'worker' } : { process: 'web' }),
      ...(service === 'fixed' && { port: this.scene.port }),
      when_full: 'queue',
      health_check: { timeout: 1, min_uptime: 0.5 },
      environment_variables: {
        VERSION: String(this.scene.version),
        BEHAVIOUR: works ? 'work' : 'silent',
      },
    };
    const whole = works ? { ...config, health_check: { timeout: 30, min_uptime: 0.5 } } : config;
    const body = this.slipway.app(service, whole, { mode: 'uv' });
    const { deployment_id: id } = await this.#reaching(() => this.slipway.deploy(body));
    // A silent bot is as good as any: it only has to stay up.
    const isBroken = !works && (isExit || service !== 'bot');
    this.#pending.push({ kind: 'deployment', service, id, works: !isBroken, cancelAsked: false });
  }

  #cancel(service: ServiceName): void {
    const deployment = this.#pending.findLast((one) => one.kind === 'deployment' && one.service === service);
    if (deployment?.kind !== 'deployment') return;
    deployment.cancelAsked = true;
    const path = `/api/deployments/${deployment.id}/cancel`;
    this.#cancels.push(
      this.#reaching(() => this.slipway.call(path, { body: {} })).then(({ status }) => {
        if (![200, 202, 409].includes(status)) this.#violations.push(`cancel of ${deployment.id}: ${status}`);
      }),
    );
  }

  async #command(service: ServiceName, command: Extract<Intent, { kind: 'command' }>['command']): Promise<void> {
    const path = `/api/services/${service}/${command}`;
    const answer = await this.#reaching(() => this.slipway.call<{ command_id: string }>(path, { body: {} }));
    if (answer.status === 404 && command === 'rollback') return; // nothing else is kept
    if (answer.status !== 202) throw new Error(`${command} of ${service}: ${answer.status} ${answer.text}`);
    this.#pending.push({ kind: 'command', service, command, id: answer.body.command_id });
  }

  #crash(service: ServiceName): void {
    this.#crashed.add(service);
    for (const pid of this.slipway.appProcesses(service)) killIfThere(pid);
  }

  /** While a worker is on its way back, a call may find nobody. */
  async #reaching<T>(call: () => Promise<T>): Promise<T> {
    return eventually(
      async () => {
        const answer = await call();
        return (answer as { status?: unknown }).status === 503 ? undefined : answer;
      },
      { timeoutMs: 30_000 },
    );
  }

  async #judge(service: ServiceName): Promise<void> {
    const intents: Intent[] = [];
    for (const pending of this.#pending.filter((one) => one.service === service))
      intents.push(await this.#told(pending));
    const lies = liesOf(intents, { crashed: this.#crashed.has(service), before: this.scene.state[service] });
    this.#violations.push(...lies.map((lie) => `${service}: ${lie}`));
    const expected = expectedOf(intents, this.scene.state[service]);
    this.scene.state[service] = expected;
    try {
      await eventually(() => this.#isAsExpected(service, expected), { timeoutMs: QUIET_MS });
      await this.#expectExplained(service);
    } catch (error) {
      const view = await this.slipway.service(service);
      this.#violations.push(
        `${service}: ${String(error)}\nexpected ${JSON.stringify(expected)}\nfound ${JSON.stringify(view)}\nafter ${JSON.stringify(intents, undefined, 1)}`,
      );
    }
  }

  async #told(pending: Pending): Promise<Intent> {
    if (pending.kind === 'deployment') {
      const { status, error } = await this.slipway.ended(pending.id, ENDS_WITHIN_MS);
      const { id: release, works, cancelAsked } = pending;
      return { kind: 'deployment', release, works, cancelAsked, told: { status, ...(error && { code: error.code }) } };
    }
    const { id, command, service } = pending;
    const event = await eventually(
      async () => (await this.#events(service)).find(({ metadata }) => metadata['command_id'] === id),
      { timeoutMs: ENDS_WITHIN_MS },
    );
    const { code } = event.metadata;
    return {
      kind: 'command',
      command,
      id,
      told: { done: event.event_type === 'command_completed', ...(code !== undefined && { code }) },
    };
  }

  async #events(service: ServiceName): Promise<EventBody[]> {
    const path = `/api/services/${service}/events?limit=500`;
    return (await this.#reaching(() => this.slipway.call<EventBody[]>(path))).body;
  }

  async #isAsExpected(service: ServiceName, { up, serving }: Expected): Promise<boolean> {
    const view = await this.slipway.service(service);
    const live = this.#instancesOf(service);
    const isTold = view.status === (up ? 'running' : 'stopped') && view.active_release === serving;
    const isLive = up ? live.length === 1 && live[0] === view.instance : live.length === 0;
    if (!isTold || !isLive || !up || service === 'bot') return isTold && isLive;
    return (await (await fetch(view.url!)).text()) === serving;
  }

  /** Each change stands in the log, and the last of them is how it is. */
  async #expectExplained(service: ServiceName): Promise<void> {
    const [events, view] = [await this.#events(service), await this.#seen(service)];
    const last = (types: string[]) => events.findLast(({ event_type }) => types.includes(event_type));
    const status = last(['status_changed'])?.new_status;
    if (status !== view.status) throw new Error(`the log says ${status}, and it is ${view.status}`);
    const release = last(['release_activated', 'release_rolled_back'])?.metadata['release'];
    if (release !== view.active_release) throw new Error(`the log says ${release}, and ${view.active_release} serves`);
    for (const { id } of this.#pending.filter((one) => one.kind === 'command' && one.service === service)) {
      const told = events.filter(({ metadata }) => metadata['command_id'] === id).length;
      if (told !== 1) throw new Error(`${id} was answered ${told} times`);
    }
  }

  /** A host that is silent for longer than its worker takes to come back is told as `unknown`, and not in the log. */
  #seen(service: ServiceName): ReturnType<Slipway['service']> {
    return eventually(
      async () => {
        const view = await this.slipway.service(service);
        return view.status === 'unknown' ? undefined : view;
      },
      { timeoutMs: QUIET_MS },
    );
  }

  #instancesOf(service: ServiceName): string[] {
    const marks = this.slipway
      .appProcesses(service)
      .map((pid) => /SLIPWAY_INSTANCE=([^\0]+)/.exec(readProc(pid, 'environ'))?.[1]);
    return [...new Set(marks.filter((mark) => mark !== undefined))];
  }

  /** Never two of one that can't run twice; of the other never more than what serves and its candidate. */
  async #watchInstances(): Promise<void> {
    while (this.#watching) {
      for (const service of SERVICES) {
        const live = this.#instancesOf(service);
        if (live.length > (service === 'web' ? 2 : 1))
          this.#violations.push(`${service}: ${live.join(' and ')} live at once`);
      }
      await delay(100);
    }
  }

  /** Within 30 s of quiet nothing is left that no service owns. */
  async #expectTidy(): Promise<void> {
    const { slipway } = this;
    try {
      await eventually(() => this.#isTidy(), { timeoutMs: QUIET_MS });
    } catch (error) {
      const at = (folder: string): string[] => readdirSync(join(slipway.dataDir, folder));
      const left = {
        tmp: at('tmp'),
        instances: at('instances'),
        ...Object.fromEntries(SERVICES.map((name) => [name, at(`releases/${name}`)])),
      };
      this.#violations.push(`not tidy: ${JSON.stringify(left)} (${String(error)})`);
    }
  }

  async #isTidy(): Promise<boolean> {
    const { slipway } = this;
    const views = await Promise.all(SERVICES.map((service) => slipway.service(service)));
    const at = (folder: string): string[] => readdirSync(join(slipway.dataDir, folder));
    const owned = views.flatMap(({ instance, status }) =>
      status === 'running' && instance !== null ? [instance] : [],
    );
    const { body } = await slipway.call<{ active_deployments: number; queued_deployments: number }>(
      '/api/deployment/health',
    );
    const isFree = body.active_deployments + body.queued_deployments === 0;
    const areReleases = views.every(({ name, releases }) => {
      const kept = releases.map(({ release }) => release);
      return at(`releases/${name}`).every((file) => kept.includes(file.replace(/\.manifest\.json$/, '')));
    });
    return isFree && areReleases && at('tmp').length === 0 && at('instances').every((folder) => owned.includes(folder));
  }
}

const APP = `
import os, time

if os.environ["BEHAVIOUR"] == "silent" or "PORT" not in os.environ:
    while True:
        time.sleep(3600)
${releasePage('127.0.0.1')}`;
