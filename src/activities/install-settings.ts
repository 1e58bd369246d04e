// The settings of an app's install: the host's settings, and the deployment's build variables.
import { errorRecord, type ErrorRecord } from '../contract/errors.js';
import type { BuildVersion, CheckInput } from '../contract/steps.js';
import { nameFiles, unreadPlaces, withBuildVariables, type Installer } from '../contract/tool-environment.js';
import { openBuildVariables } from '../secrets.js';
import type { ProjectFacts } from './project/facts.js';
import { variablesIn } from './project/requirements.js';
import type { HostSettings } from './settings.js';

export interface InstallSettings extends HostSettings {
  /** The deployment's build variables, unencrypted. `toolEnvironment` contains them, too. */
  given: Readonly<Record<string, string>>;
  /** The project's version from git, unless the deployment sets another. `toolEnvironment` contains it, too. */
  version?: BuildVersion;
}

/** The variables with which a deployment sets the version itself. */
const VERSIONS = /^(?:SETUPTOOLS_SCM_PRETEND_VERSION(?:_FOR_.+)?|UV_DYNAMIC_VERSIONING_BYPASS)$/;

/** The part of a step's input that decides the install settings. */
export type InstallOf = Pick<CheckInput, 'service' | 'release' | 'buildVariables'>;

export function installSettings(
  settings: HostSettings,
  { service, release, buildVariables }: InstallOf,
): InstallSettings {
  const given = openBuildVariables(settings.secrets, service, buildVariables);
  const version = Object.keys(given).some((name) => VERSIONS.test(name)) ? undefined : validVersion(release);
  const toolEnvironment = {
    ...withBuildVariables(settings.toolEnvironment, given),
    ...(version && { [version.variable]: version.value }),
  };
  return { ...settings, toolEnvironment, given, ...(version && { version }) };
}

/** Returns the version. A release of an earlier Slipway may have a variable name that isn't valid. */
const validVersion = ({ version }: InstallOf['release']): BuildVersion | undefined =>
  version && /^[A-Z0-9_]+$/.test(version.variable) ? version : undefined;

/** Returns a keyed digest that changes with the variables and reveals none of them; undefined if there are none. */
export function givenMac({ secrets, given }: Pick<InstallSettings, 'secrets' | 'given'>): string | undefined {
  const pairs = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? undefined : secrets.mac(`build variables v1\0${JSON.stringify(pairs)}`);
}

/** Returns the parts of an environment's key that depend on the build variables. */
export function givenParts(settings: InstallSettings, source: { hash: string; service: string }) {
  const mac = givenMac(settings);
  if (mac === undefined) return {};
  return { buildVariables: mac, ...(nameFiles(settings.given) && { source }) };
}

/** Returns an error if the installer would ignore variables that name package sources. */
export function unreadVariables(given: InstallSettings['given'], installer: Installer): ErrorRecord | undefined {
  const names = unreadPlaces(given, installer);
  if (names.length === 0) return undefined;
  const params = { names: names.join(', '), installer, prefix: installer === 'uv' ? 'UV_' : 'PIP_' };
  return errorRecord('source_invalid', { text: 'install.unread_variables', params });
}

const MOST_NAMED = 5;

/** Returns an error if requirement files name variables that aren't set. Installers would use the names literally. */
export function unsetVariables(
  environment: Readonly<Record<string, string>>,
  { requirements }: Pick<ProjectFacts, 'requirements'>,
): ErrorRecord | undefined {
  const unset = variablesIn(requirements.values()).filter((name) => environment[name] === undefined);
  if (unset.length === 0) return undefined;
  const names = unset.slice(0, MOST_NAMED).join(', ');
  return errorRecord('source_invalid', { text: 'install.unset_variables', params: { names } });
}
