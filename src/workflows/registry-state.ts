// The registry's state: the services, their registrations, their dependencies, and the messages that they have not
// received yet. Pure.
import { cycleWords, dependantsOf, findCycle, type Dependencies } from '../contract/dependencies.js';
import type {
  Outside,
  OutsideNames,
  PatchInput,
  Refused,
  RecentServices,
  RegisterInput,
  Registration,
  RegistryRow,
  UnregisterInput,
} from '../contract/messages.js';
import { OWN_SERVICE } from '../contract/names.js';
import type { ServiceRow } from '../contract/views.js';
import { RecentRows, type RecentRecord } from './recent-rows.js';
import {
  ailingBits,
  ailingNames,
  bytesOf,
  isAiling,
  keptRegistration,
  registrationOf,
  type KeptService,
} from './registry-record.js';

/**
 * The number of accepted calls to store, so that a caller without an answer can check whether its call was accepted.
 */
const MOST_TOKENS = 50;
/**
 * The size of the state above which a registration is rejected. Temporal accepts at most 2 MB as the input of the next
 * run. The rest is for recent rows, and for services that were deployed without a registration.
 */
const MOST_REGISTERED_BYTES = 1_500_000;
/**
 * The size of the state above which a service that was only deployed isn't stored. It runs and is listed, but no
 * service can depend on it.
 */
const MOST_BYTES = 1_700_000;
/** The gate gets all of them in one signal. */
const MOST_EXTERNALS = 2_000;

/** A value of `told`: the service has no registration yet. */
const NO_REVISION = 0;

/** Plain JSON, because continue-as-new carries it over. */
export interface BookRecord {
  services?: KeptService[];
  recent?: RecentRecord;
  revision?: number;
  tokens?: string[];
  forgets?: true;
  /** These three come only from earlier versions, which stored all rows. */
  rows?: ServiceRow[];
  registrations?: [string, Registration][];
  leaving?: string[];
}

/** The reason why a call is rejected. */
export interface No extends Refused {
  code: 'name_taken' | 'has_dependants' | 'not_found' | 'invalid' | 'reserved' | 'registry_full';
}

export class RegistryState {
  readonly #services = new Map<string, KeptService>();
  readonly #recent: RecentRows;
  #bytes = 0;
  /** True if there are services that the registry doesn't store. */
  #forgets: boolean;
  #revision: number;
  #tokens: string[];
  #changes = 0;

  constructor({
    services = [],
    recent,
    leaving = [],
    revision = 0,
    tokens = [],
    forgets,
    rows = [],
    registrations = [],
  }: BookRecord) {
    this.#recent = new RecentRows(recent);
    this.#revision = revision;
    this.#tokens = tokens;
    this.#forgets = forgets === true;
    for (const service of services) this.#put(service);
    const before = new Map(registrations);
    for (const row of rows) {
      this.#putRow(row, before.get(row.name));
      this.#recent.put(row);
    }
    for (const name of leaving) this.#leave(name);
  }

  /** Returns all services while they are few; otherwise those that changed last. */
  get recent(): RecentServices {
    return { ...this.#recent.record, areAll: !this.#forgets && this.#recent.size === this.#services.size };
  }

  /**
   * The number of rows that came, changed or went since this state was loaded. Another way to count would need another
   * mark.
   */
  get changes(): number {
    return this.#changes;
  }

  get record(): BookRecord {
    return {
      services: [...this.#services.values()],
      recent: this.#recent.record,
      revision: this.#revision,
      tokens: this.#tokens,
      ...(this.#forgets && { forgets: true }),
    };
  }

  /** The names of services that may need a message. */
  get registered(): string[] {
    return [...this.#services.values()].filter(({ registered }) => registered).map(({ name }) => name);
  }

  /** The tokens of the last accepted calls, latest last. */
  get tokens(): readonly string[] {
    return this.#tokens;
  }

  hostOf(name: string): string | undefined {
    return this.#services.get(name)?.host;
  }

  /**
   * The external services to watch: only those whose own workflow already has this registration. The others have not
   * received it yet.
   */
  get outside(): Outside[] {
    return [...this.#services.values()].flatMap(({ name, host, registered, leaving }) => {
      const { healthUrl, revision = 0 } = registered ?? {};
      const hostId = host ?? registered?.hostId;
      if (healthUrl === undefined || leaving || this.untoldRegistration(name)) return [];
      return [{ name, healthUrl, revision, ...(hostId !== undefined && { hostId }) }];
    });
  }

  /** The names of external services, including those that are being unregistered: their names aren't free yet. */
  get externals(): string[] {
    return [...this.#services.values()].filter(({ kind }) => kind === 'external').map(({ name }) => name);
  }

  /** The message to the gate. */
  outsideNames(): OutsideNames {
    return { names: this.externals, revision: this.#next() };
  }

  /** Stores the row that a service sent. Older rows are ignored, because signals may overtake each other. */
  storeRow(row: ServiceRow): void {
    if (!this.#learn(row)) return;
    this.#recent.put(row);
    this.#changes += 1;
  }

  /** Stores a row that was read from a service's memo, unless the service itself has already sent a newer one. */
  storeReadRow(row: RegistryRow): void {
    if (!this.#services.has(row.name)) this.#learn(row);
  }

  storeReadWholeRow(row: ServiceRow): void {
    if (!this.#services.has(row.name)) this.storeRow(row);
  }

  /** Returns false if a newer row is stored. */
  #learn(row: RegistryRow): boolean {
    const stored = this.#services.get(row.name);
    const { registration: reportedRevision } = row;
    // A new registry run without state takes registrations from the services.
    const adopted =
      reportedRevision === undefined || stored?.registered ? undefined : registrationIn(row, reportedRevision);
    if (adopted) this.#revision = Math.max(this.#revision, adopted.revision);
    if (stored && stored.at > Date.parse(row.updated_at)) {
      if (adopted) this.#put({ ...stored, registered: keptRegistration(adopted) });
      return false;
    }
    this.#putRow(row, adopted ?? (stored && registrationOf(stored)));
    return true;
  }

  objectionToRegister({ name, registration }: RegisterInput): No | undefined {
    const no = this.#objectionTo(name, registration.dependsOn); // validation errors come before conflicts
    if (no) return no;
    if (this.#services.has(name)) return { code: 'name_taken', params: { name } };
    const isOneMore = registration.kind !== 'external' || this.externals.length < MOST_EXTERNALS;
    return isOneMore ? this.#objectionToBytes(name, registration) : this.#full();
  }

  #objectionToBytes(name: string, registration: Omit<Registration, 'revision'>): No | undefined {
    const stored = this.#services.get(name);
    const kept = {
      ...stored,
      name,
      at: Date.now(),
      registered: keptRegistration({ ...registration, revision: Date.now() }),
    };
    const growth = bytesOf(kept) - (stored ? bytesOf(stored) : 0);
    return growth > 0 && this.#bytes + growth > MOST_REGISTERED_BYTES ? this.#full() : undefined;
  }

  #full(): No {
    return { code: 'registry_full', params: { count: this.#services.size } };
  }

  objectionToPatch({ name, changes }: PatchInput): No | undefined {
    const stored = this.#services.get(name);
    if (!stored || stored.leaving) return { code: 'not_found', params: { what: name } };
    if (changes.healthUrl !== undefined && stored.kind !== 'external')
      return { code: 'invalid', path: 'health_url', text: 'field.health_url_external', params: {} };
    if (changes.isolation !== undefined && stored.kind === 'external')
      return { code: 'invalid', path: 'isolation', text: 'field.isolation_external', params: {} };
    const no = changes.dependsOn && this.#objectionTo(name, changes.dependsOn);
    return no ?? this.#objectionToBytes(name, { ...this.#registrationOf(name), ...changes });
  }

  objectionToUnregister({ name, force }: UnregisterInput): No | undefined {
    if (!this.#services.has(name)) return this.#forgets ? undefined : { code: 'not_found', params: { what: name } };
    const dependants = force ? [] : dependantsOf(name, this.#dependencies());
    return dependants.length === 0
      ? undefined
      : { code: 'has_dependants', params: { name, dependants: dependants.join(', ') } };
  }

  #objectionTo(name: string, dependsOn: readonly string[]): No | undefined {
    const refused = { code: 'invalid', path: 'depends_on' } as const;
    const missing = dependsOn.filter((needed) => needed !== name && !this.#canBeNeeded(needed));
    if (missing.length > 0)
      return { ...refused, text: 'field.missing_dependencies', params: { names: missing.join(', ') } };
    const cycle = findCycle(new Map([[name, dependsOn], ...this.#dependencies(name)]));
    return cycle && { ...refused, text: 'field.dependency_cycle', params: { cycle: cycleWords(cycle) } };
  }

  #canBeNeeded(name: string): boolean {
    const service = this.#services.get(name);
    return name === OWN_SERVICE || (service !== undefined && !service.leaving);
  }

  #dependencies(but?: string): Dependencies {
    const dependants = [...this.#services.values()].filter(
      ({ name, registered }) => name !== but && registered?.dependsOn,
    );
    return new Map(dependants.map(({ name, registered }) => [name, registered?.dependsOn ?? []]));
  }

  /** `row` is the row to show until the service sends its own. */
  register({ name, registration, token }: RegisterInput, row: ServiceRow): Registration {
    const counted = { ...registration, revision: this.#next() };
    this.#accept(token);
    this.#put({ name, at: 0, registered: keptRegistration(counted) });
    this.storeRow({
      ...row,
      kind: counted.kind,
      ...(counted.startAs && { start_as: counted.startAs }),
      type: counted.type,
      depends_on: counted.dependsOn,
      ...(counted.isolation && { isolation: counted.isolation }),
      host: counted.hostId ?? null,
      ...(counted.healthUrl !== undefined && { health_url: counted.healthUrl }),
    });
    return counted;
  }

  patch({ name, changes, token }: PatchInput): Registration {
    this.#accept(token);
    return this.#keep(name, { ...this.#registrationOf(name), ...changes });
  }

  /** Returns the services that depended on it. The dependency is removed from them. */
  unregister({ name, token }: UnregisterInput): string[] {
    this.#accept(token);
    this.#leave(name);
    const dependants = dependantsOf(name, this.#dependencies());
    for (const dependant of dependants) {
      const registration = this.#registrationOf(dependant);
      this.#keep(dependant, { ...registration, dependsOn: registration.dependsOn.filter((needed) => needed !== name) });
    }
    return dependants;
  }

  /** Accepts another call to unregister a service that is already leaving. Only the token changes. */
  acceptAgain({ token }: UnregisterInput): void {
    this.#accept(token);
  }

  retired(name: string): void {
    this.#remove(name);
    this.#recent.leave(name);
    this.#changes += 1;
  }

  isLeaving(name: string): boolean {
    return this.#services.get(name)?.leaving === true;
  }

  dependantsOf(name: string): string[] {
    return dependantsOf(name, this.#dependencies());
  }

  /** Returns the registration that the service has not received yet, or that its new workflow doesn't have. */
  untoldRegistration(name: string): Registration | undefined {
    const service = this.#services.get(name);
    return service?.told === undefined ? undefined : registrationOf(service);
  }

  /** Returns the unhealthy dependencies of a service, if they differ from the list that the service last reported. */
  untoldAiling(name: string): { ailing: string[]; revision: number } | undefined {
    const service = this.#services.get(name);
    if (!service) return undefined;
    const dependsOn = service.registered?.dependsOn ?? [];
    const ailing = dependsOn.filter((needed) => this.#services.get(needed)?.ails);
    return ailingBits(ailing, dependsOn) === service.ailing ? undefined : { ailing, revision: this.#next() };
  }

  #keep(name: string, registration: Omit<Registration, 'revision'>): Registration {
    const counted = { ...registration, revision: this.#next() };
    this.#register(name, counted);
    return counted;
  }

  /** Keeps the revision that the service reported, so that the service still counts as not updated. */
  #register(name: string, registration: Registration): void {
    const {
      told: reportedRevision,
      ailing,
      registered,
      ...rest
    }: KeptService = this.#services.get(name) ?? { name, at: 0 };
    const before = reportedRevision ?? registered?.revision ?? NO_REVISION;
    const names = ailingNames(ailing, registered?.dependsOn ?? []);
    const bits = names ? ailingBits(names, registration.dependsOn) : ailing;
    this.#put({
      ...rest,
      ...(before !== registration.revision && { told: before }),
      ...(bits !== undefined && { ailing: bits }),
      registered: keptRegistration(registration),
    });
  }

  #registrationOf(name: string): Registration {
    const service = this.#services.get(name);
    const registration = service && registrationOf(service);
    return registration ?? { revision: 0, kind: service?.kind ?? 'worker', type: 'other', dependsOn: [] };
  }

  #putRow(row: RegistryRow, registration: Registration | undefined): void {
    const { name, kind, host } = row;
    const reportedRevision = row.registration ?? NO_REVISION;
    const ailing = ailingBits(row.ailing ?? [], registration?.dependsOn ?? []);
    const leaving = this.#services.get(name)?.leaving;
    this.#put({
      name,
      at: Date.parse(row.updated_at),
      ...(kind !== 'worker' && { kind }),
      ...(host !== null && { host }),
      ...(isAiling(row) && { ails: true }),
      ...(ailing !== undefined && { ailing }),
      ...(registration && reportedRevision !== registration.revision && { told: reportedRevision }),
      ...(leaving && { leaving }),
      ...(registration && { registered: keptRegistration(registration) }),
    });
  }

  #put(service: KeptService): void {
    const stored = this.#services.get(service.name);
    const bytes = this.#bytes - (stored ? bytesOf(stored) : 0) + bytesOf(service);
    if (!stored && bytes > MOST_BYTES) {
      this.#forgets = true;
      return;
    }
    this.#bytes = bytes;
    this.#services.set(service.name, service);
  }

  #leave(name: string): void {
    const stored = this.#services.get(name);
    if (stored) this.#put({ ...stored, leaving: true });
  }

  #remove(name: string): void {
    const stored = this.#services.get(name);
    if (!stored) return;
    this.#services.delete(name);
    this.#bytes -= bytesOf(stored);
  }

  /**
   * Returns the next revision. It follows the clock, because a new registry doesn't have the last revision of the one
   * before.
   */
  #next(): number {
    this.#revision = Math.max(this.#revision + 1, Date.now());
    return this.#revision;
  }

  #accept(token: string): void {
    this.#tokens = [...this.#tokens, token].slice(-MOST_TOKENS);
  }
}

function registrationIn(row: RegistryRow, revision: number): Registration {
  return {
    revision,
    kind: row.kind,
    ...(row.start_as && { startAs: row.start_as }),
    type: row.type,
    dependsOn: row.depends_on,
    ...(row.isolation && { isolation: row.isolation }),
    ...(row.health_url !== undefined && { healthUrl: row.health_url, hostId: row.host ?? undefined }),
  };
}
