// Calculates the key of an environment: equal keys mean equal environments. Pure.
import { createHash } from 'node:crypto';
import { environmentKey } from '../contract/layout.js';
import type { Mode } from '../contract/states.js';

export interface EnvironmentParts {
  mode: Mode;
  /** For example `linux-x64`, because a disk may be moved. */
  platform: string;
  /** Absent if the environment has its own. */
  interpreter?: { path: string; version: string };
  /** All inputs of the installer. */
  recipe: unknown;
  /** The texts of the deciding lock, requirement and project files, by path. */
  files: Readonly<Record<string, string>>;
  /** Set if the project itself, or a folder of it, is installed: the environment then contains its code. */
  source?: { hash: string; service: string };
  /** The host's settings for installers. Other indexes have other packages of the same name. */
  hostSettings?: Readonly<Record<string, string>>;
  /** A keyed digest of the build variables. Absent if there are none. */
  buildVariables?: string;
  /** Set if no other service may use it. */
  service?: string;
  /** Set for a rebuild, because a running app may use the environment that would be replaced. */
  salt?: string;
  /** The number of environments with these parts that don't work. A release may still run in them. */
  broken?: number;
}

/** Increase this when the way of building changes, so that no older environment is used. */
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
  const inputs = [
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
  return environmentKey(mode, createHash('sha256').update(JSON.stringify(inputs)).digest('hex'));
}
