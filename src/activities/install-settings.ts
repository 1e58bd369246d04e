// What installs one deployment's app gets: the host's settings, and what the deployment itself gives to its builds.
import { errorRecord, type ErrorRecord } from '../contract/errors.js';
import type { BuildVersion, CheckInput } from '../contract/steps.js';
import { nameFiles, unreadPlaces, withBuildVariables, type Installer } from '../contract/tool-environment.js';
import { openBuildVariables } from '../secrets.js';
import type { ProjectFacts } from './project/facts.js';
import { variablesIn } from './project/requirements.js';
import type { HostSettings } from './settings.js';

export interface InstallSettings extends HostSettings {
  /** The deployment's own variables for builds, in clear. `toolEnvironment` holds them, too. */
  given: Readonly<Record<string, string>>;
  /** What git told of the project's version, unless the deployment says another one. Also there. */
  version?: BuildVersion;
}

/** By which a deployment says the version itself. */
const VERSIONS = /^(?:SETUPTOOLS_SCM_PRETEND_VERSION(?:_FOR_.+)?|UV_DYNAMIC_VERSIONING_BYPASS)$/;

/** What of a step's input says what its install is given. */
export type InstallOf = Pick<CheckInput, 'service' | 'release' | 'buildVariables'>;

export function installSettings(
  settings: HostSettings,
  { service, release, buildVariables }: InstallOf,
): InstallSettings {
  const given = openBuildVariables(settings.secrets, service, buildVariables);
  const version = Object.keys(given).some((name) => VERSIONS.test(name)) ? undefined : told(release);
  const toolEnvironment = {
    ...withBuildVariables(settings.toolEnvironment, given),
    ...(version && { [version.variable]: version.value }),
  };
  return { ...settings, toolEnvironment, given, ...(version && { version }) };
}

/** A release of an earlier Slipway may hold a variable that is named after what is no name of a package. */
const told = ({ version }: InstallOf['release']): BuildVersion | undefined =>
  version && /^[A-Z0-9_]+$/.test(version.variable) ? version : undefined;

/** Returns a keyed digest that changes with the variables and reveals none of them; undefined if there are none. */
export function givenMac({ secrets, given }: Pick<InstallSettings, 'secrets' | 'given'>): string | undefined {
  const pairs = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? undefined : secrets.mac(`build variables v1\0${JSON.stringify(pairs)}`);
}

/** The part of an environment's key that they are. */
export function givenParts(settings: InstallSettings, source: { hash: string; service: string }) {
  const mac = givenMac(settings);
  if (mac === undefined) return {};
  return { buildVariables: mac, ...(nameFiles(settings.given) && { source }) };
}

/** Why an installer must not run: it would not look where the variables say that packages come from. */
export function unreadVariables(given: InstallSettings['given'], installer: Installer): ErrorRecord | undefined {
  const names = unreadPlaces(given, installer);
  if (names.length === 0) return undefined;
  const params = { names: names.join(', '), installer, prefix: installer === 'uv' ? 'UV_' : 'PIP_' };
  return errorRecord('source_invalid', { text: 'install.unread_variables', params });
}

const MOST_NAMED = 5;

/** Why requirement files can't be installed: they name variables that nobody gives, which installers take as they stand. */
export function unsetVariables(
  environment: Readonly<Record<string, string>>,
  { requirements }: Pick<ProjectFacts, 'requirements'>,
): ErrorRecord | undefined {
  const unset = variablesIn(requirements.values()).filter((name) => environment[name] === undefined);
  if (unset.length === 0) return undefined;
  const names = unset.slice(0, MOST_NAMED).join(', ');
  return errorRecord('source_invalid', { text: 'install.unset_variables', params: { names } });
}
