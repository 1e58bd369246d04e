// Passes a deployment's build variables into an image's build, and nowhere else. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { isProxy, withBuildVariables } from '../../contract/tool-environment.js';
import { givenMac, type InstallSettings } from '../install-settings.js';
import type { BuildOrder } from '../ports/docker/build.js';
import { marked, markSecrets, type TakenVariables } from './taken-variables.js';

/** The part of a plan that decides how variables are passed. A generated Dockerfile gets all of them as one file. */
interface Taking {
  dockerfile: string;
  takes?: TakenVariables;
}

/** Throws if a project's own Dockerfile can't get a variable, or if the variable would reach other services. */
export function mustTake({ unread }: TakenVariables, { given }: Pick<InstallSettings, 'given'>): void {
  const names = Object.keys(given);
  const [mount] = unread;
  if (mount !== undefined && names.length > 0)
    throw new SlipwayError('source_invalid', { text: 'docker.unread_mount', params: { mount } });
  // The engine ignores proxy variables when it compares layers, so a response from one service's proxy would be in the
  // image of another service.
  const proxies = names.filter(isProxy).join(', ');
  if (proxies !== '') throw new SlipwayError('invalid', { text: 'docker.proxy_given', params: { names: proxies } });
}

/** Returns the Dockerfile for the engine, with its build arguments and secrets. */
export function givenTo(
  { dockerfile, takes }: Taking,
  installs: InstallSettings,
): Taking & Pick<BuildOrder, 'buildArgs' | 'secrets'> {
  const { given } = installs;
  const mark = markOf(installs);
  if (!takes) return { dockerfile, buildArgs: {}, secrets: { ...fileOf(installs) } };
  const entries = Object.entries(given);
  const mounted = entries.filter(([name]) => takes.secrets.includes(name));
  const names = mounted.map(([name]) => name);
  // Passed only by the marked name. Otherwise the layer of a mount without the mark would be reused for another value.
  const secrets = mounted.map(([name, value]) => [marked(name, mark), value] as const);
  return {
    dockerfile: markSecrets(dockerfile, names, mark),
    buildArgs: {
      ...versionFor(takes, installs),
      ...Object.fromEntries(entries.filter(([name]) => takes.args.includes(name))),
    },
    secrets: Object.fromEntries(secrets),
  };
}

const PRETEND = 'SETUPTOOLS_SCM_PRETEND_VERSION';

/** Returns the project's version for ARG lines with the variable's name, or with setuptools-scm's plain name. */
function versionFor({ args }: TakenVariables, { version }: InstallSettings): Record<string, string> {
  if (!version) return {};
  const names = [version.variable, ...(version.variable.startsWith(PRETEND) ? [PRETEND] : [])];
  return Object.fromEntries(names.filter((name) => args.includes(name)).map((name) => [name, version.value]));
}

/**
 * Returns log lines about variables that would otherwise be missed silently: given but not used, or used but not given.
 */
export function untold({ takes }: Taking, { given }: InstallSettings): string[] {
  if (!takes) return [];
  const { args, secrets } = takes;
  const untaken = Object.keys(given).filter((name) => ![...args, ...secrets].includes(name));
  const missing = secrets.filter((name) => !(name in given));
  const how = 'it has no ARG and no RUN --mount=type=secret of that name';
  return [
    ...(untaken.length > 0 ? [`the Dockerfile takes nothing of build_variables ${untaken.join(', ')}: ${how}`] : []),
    ...(missing.length > 0
      ? [`the Dockerfile mounts secrets that build_variables does not give: ${missing.join(', ')}`]
      : []),
  ];
}

const MARK_CHARACTERS = 16;
const markOf = (installs: InstallSettings): string => givenMac(installs)?.slice(0, MARK_CHARACTERS) ?? '';

/** Returns the `id` with which a generated Dockerfile mounts all variables. Undefined if there are none. */
export const givenFile = (installs: InstallSettings): string | undefined =>
  Object.keys(installs.given).length === 0 ? undefined : marked('build-variables', markOf(installs));

function fileOf(installs: InstallSettings): Record<string, string> {
  const id = givenFile(installs);
  return id === undefined ? {} : { [id]: asShellFile(withBuildVariables({}, installs.given)) };
}

/** Returns all variables as one file for a shell, so that a generated Dockerfile needs no names. */
export const asShellFile = (given: Readonly<Record<string, string>>): string =>
  Object.entries(given)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join('');
