// What the registry knows: rows, registrations, who needs whom, and what its services have yet to be told. Pure.
import { cycleWords, dependantsOf, findCycle, type Dependencies } from '../contract/dependencies.js';
import type {
  Outside,
  OutsideNames,
  PatchInput,
  Refused,
  RegisterInput,
  Registration,
  UnregisterInput,
} from '../contract/messages.js';
import { OWN_SERVICE } from '../contract/names.js';
import type { ServiceRow } from '../contract/views.js';

/** Calls remembered, so that a caller who got no answer can ask whether it was accepted. */
const MOST_TOKENS = 50;
/** Temporal takes no more than 2 MB as the input of the next run; registrations stand beside the rows. */
const MOST_ROW_BYTES = 1_200_000;

/** Plain JSON: it is handed to continue-as-new. */
export interface BookRecord {
  rows: ServiceRow[];
  registrations?: [string, Registration][];
  /** Being unregistered: nothing of them may be left before their names are free. */
  leaving?: string[];
  revision?: number;
  tokens?: string[];
}

/** Why a call is refused. */
export interface No extends Refused {
  code: 'name_taken' | 'has_dependants' | 'not_found' | 'invalid' | 'reserved';
}

export class RegistryBook {
  readonly #rows: Map<string, ServiceRow>;
  readonly #registrations: Map<string, Registration>;
  readonly #leaving: Set<string>;
  #revision: number;
  #tokens: string[];
  #changes = 0;

  constructor({ rows, registrations = [], leaving = [], revision = 0, tokens = [] }: BookRecord) {
    this.#rows = new Map(rows.map((row) => [row.name, row]));
    this.#registrations = new Map(registrations);
    this.#leaving = new Set(leaving);
    this.#revision = revision;
    this.#tokens = tokens;
  }

  get rows(): ServiceRow[] {
    return [...this.#rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** How often a row came, changed or went since this book was opened. Other ways to count want another mark. */
  get changes(): number {
    return this.#changes;
  }

  get record(): BookRecord {
    return {
      rows: bounded(this.rows),
      registrations: [...this.#registrations],
      leaving: [...this.#leaving],
      revision: this.#revision,
      tokens: this.#tokens,
    };
  }

  /** Of whoever may have to be told something. */
  get registered(): string[] {
    return [...this.#registrations.keys()];
  }

  /** Those that were accepted last, latest last. */
  get tokens(): readonly string[] {
    return this.#tokens;
  }

  hostOf(name: string): string | undefined {
    return this.#rows.get(name)?.host ?? undefined;
  }

  /** Those that know of it themselves: any other could not yet be told. */
  get outside(): Outside[] {
    return [...this.#registrations].flatMap(([name, { healthUrl, hostId, revision }]) =>
      healthUrl === undefined || hostId === undefined || this.#leaving.has(name) || this.untoldRegistration(name)
        ? []
        : [{ name, healthUrl, hostId, revision }],
    );
  }

  /** Outside services by name, those that leave too: their names are not free yet. */
  get externals(): string[] {
    return [...this.#rows.values()].filter(({ kind }) => kind === 'external').map(({ name }) => name);
  }

  /** As the gate is told of them. */
  outsideNames(): OutsideNames {
    return { names: this.externals, revision: this.#next() };
  }

  /** What a service tells of itself: signals may overtake each other. */
  heard(row: ServiceRow): void {
    const known = this.#rows.get(row.name);
    if (!known || known.updated_at <= row.updated_at) {
      this.#rows.set(row.name, row);
      this.#changes += 1;
    }
    const { registration: told } = row;
    if (told === undefined || this.#registrations.has(row.name)) return;
    this.#registrations.set(row.name, registrationOf(row, told)); // of a registry that begins anew, they know more than it
    this.#revision = Math.max(this.#revision, told);
  }

  /** It was read off the services, while they themselves may have told of something newer. */
  found(row: ServiceRow): void {
    if (!this.#rows.has(row.name)) this.heard(row);
  }

  objectionToRegister({ name, registration }: RegisterInput): No | undefined {
    const no = this.#objectionTo(name, registration.dependsOn); // what is wrong is told before a conflict (contract §2)
    return no ?? (this.#rows.has(name) ? { code: 'name_taken', params: { name } } : undefined);
  }

  objectionToPatch({ name, changes }: PatchInput): No | undefined {
    const row = this.#rows.get(name);
    if (!row || this.#leaving.has(name)) return { code: 'not_found', params: { what: name } };
    if (changes.healthUrl !== undefined && row.kind !== 'external')
      return { code: 'invalid', path: 'health_url', text: 'field.health_url_external', params: {} };
    if (changes.isolation !== undefined && row.kind === 'external')
      return { code: 'invalid', path: 'isolation', text: 'field.isolation_external', params: {} };
    return changes.dependsOn && this.#objectionTo(name, changes.dependsOn);
  }

  objectionToUnregister({ name, force }: UnregisterInput): No | undefined {
    if (!this.#rows.has(name)) return { code: 'not_found', params: { what: name } };
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
    return name === OWN_SERVICE || (this.#rows.has(name) && !this.#leaving.has(name));
  }

  #dependencies(but?: string): Dependencies {
    const known = [...this.#registrations].filter(([name]) => name !== but);
    return new Map(known.map(([name, { dependsOn }]) => [name, dependsOn]));
  }

  /** `row` is what there is to see of it until it tells of itself. */
  register({ name, registration, token }: RegisterInput, row: ServiceRow): Registration {
    const counted = this.#keep(name, registration);
    this.#accept(token);
    this.heard({
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

  /** Returns the services that needed it, and need it no longer. */
  unregister({ name, token }: UnregisterInput): string[] {
    this.#accept(token);
    this.#leaving.add(name);
    const dependants = dependantsOf(name, this.#dependencies());
    for (const dependant of dependants) {
      const registration = this.#registrationOf(dependant);
      this.#keep(dependant, { ...registration, dependsOn: registration.dependsOn.filter((needed) => needed !== name) });
    }
    return dependants;
  }

  /** A service that leaves already is asked to once more: nothing changes but that it was accepted. */
  acceptAgain({ token }: UnregisterInput): void {
    this.#accept(token);
  }

  retired(name: string): void {
    this.#rows.delete(name);
    this.#changes += 1;
    this.#registrations.delete(name);
    this.#leaving.delete(name);
  }

  isLeaving(name: string): boolean {
    return this.#leaving.has(name);
  }

  dependantsOf(name: string): string[] {
    return dependantsOf(name, this.#dependencies());
  }

  /** What a service was registered as, when it says something else of itself: it has not heard yet, or begun anew. */
  untoldRegistration(name: string): Registration | undefined {
    const registration = this.#registrations.get(name);
    return registration && registration.revision !== this.#rows.get(name)?.registration ? registration : undefined;
  }

  /** Those of its dependencies that are not well, when it has not heard of just these. */
  untoldAiling(name: string): { ailing: string[]; revision: number } | undefined {
    const dependsOn = this.#registrations.get(name)?.dependsOn ?? [];
    const ailing = dependsOn.filter((needed) => this.#isAiling(needed));
    const row = this.#rows.get(name);
    if (!row || String(row.ailing ?? []) === String(ailing)) return undefined;
    return { ailing, revision: this.#next() };
  }

  #isAiling(name: string): boolean {
    const row = this.#rows.get(name);
    return row?.health === 'unhealthy' || row?.status === 'error' || row?.status === 'stopped';
  }

  #keep(name: string, registration: Omit<Registration, 'revision'>): Registration {
    const counted = { ...registration, revision: this.#next() };
    this.#registrations.set(name, counted);
    return counted;
  }

  #registrationOf(name: string): Registration {
    const known = this.#registrations.get(name);
    return known ?? { revision: 0, kind: this.#rows.get(name)?.kind ?? 'worker', type: 'other', dependsOn: [] };
  }

  /** By the clock: a registry that begins anew doesn't know how far the one before it had counted. */
  #next(): number {
    this.#revision = Math.max(this.#revision + 1, Date.now());
    return this.#revision;
  }

  #accept(token: string): void {
    this.#tokens = [...this.#tokens, token].slice(-MOST_TOKENS);
  }
}

/** Too many rows leave out what is longest, until their services tell it again. */
function bounded(rows: ServiceRow[]): ServiceRow[] {
  if (JSON.stringify(rows).length <= MOST_ROW_BYTES) return rows;
  return rows.map(({ message, ...row }) => ({ ...row, persist: [] }));
}

function registrationOf(row: ServiceRow, revision: number): Registration {
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
