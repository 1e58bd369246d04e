// The name under which an environment can be found again: equal keys, equal environments (architecture §6). Pure.
import { createHash } from 'node:crypto';
import { environmentKey } from '../contract/layout.js';
import type { Mode } from '../contract/states.js';

export interface EnvironmentParts {
  mode: Mode;
  /** `linux-x64`: a disk may be moved. */
  platform: string;
  /** Absent where the environment brings its own. */
  interpreter?: { path: string; version: string };
  /** Everything the installer is told. */
  recipe: unknown;
  /** Texts of the lock, requirements and project files that decide, by path. */
  files: Readonly<Record<string, string>>;
  /** Set when the project itself, or a folder of it, is installed: its code is then in the environment. */
  source?: { hash: string; service: string };
  /** What the host tells the installers: other indexes bring other packages of the same name. */
  hostSettings?: Readonly<Record<string, string>>;
  /** Keyed digest of what the deployment gives to its builds; absent where that is nothing. */
  buildVariables?: string;
  /** Set where no other service may use it. */
  service?: string;
  /** Set for a rebuild: a running app may be using the environment that it would replace. */
  salt?: string;
  /** How many environments of these parts are there and don't work: a release may still run in them. */
  broken?: number;
}

/** Raised when the way environments are built changes, so that none of the old way is taken up. */
const FORMAT = 1;

export function keyOf(parts: EnvironmentParts): string {
  const {
    mode,
    platform,
    interpreter,
    recipe,
    files,
    source,
    hostSettings = {},
    buildVariables,
    service,
    salt,
    broken = 0,
  } = parts;
  const texts = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  const told = [
    FORMAT,
    mode,
    platform,
    interpreter?.path ?? null,
    interpreter?.version ?? null,
    recipe,
    texts,
    source ? [source.hash, source.service] : null,
    salt ?? null,
    ...(service === undefined ? [] : [service]),
    ...(Object.keys(hostSettings).length === 0
      ? []
      : [Object.entries(hostSettings).sort(([a], [b]) => (a < b ? -1 : 1))]),
    ...(buildVariables === undefined ? [] : [{ buildVariables }]),
    ...(broken === 0 ? [] : [{ broken }]),
  ];
  return environmentKey(mode, createHash('sha256').update(JSON.stringify(told)).digest('hex'));
}
