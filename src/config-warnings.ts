// Warnings about settings: unknown names, and values that open a host. Warnings never stop the start, because an
// installation must still start after an upgrade.
import { readNetwork } from './address-guard.js';
import { CLIENT_SETTINGS, SETTINGS, type Config } from './config.js';
import type { MessageParams } from './contract/message-types.js';
import { catalogOf, fillSentence, type TextParams } from './contract/texts.js';

export type SettingText = keyof MessageParams['settings'];
import { isSecretName } from './contract/secret-names.js';
import { editDistance } from './edit-distance.js';

export interface SettingWarning {
  text: SettingText;
  params: TextParams;
  /** True if an intended protection is off, or a host is open. False if the setting only has no effect. */
  isRisk: boolean;
}

type Settings = Pick<
  Config,
  | 'apiHost'
  | 'appUser'
  | 'containerRoot'
  | 'isolation'
  | 'modes'
  | 'allowedNetworks'
  | 'containers'
  | 'gitNetworks'
  | 'hostEnvironment'
  | 'toolVariables'
  | 'trustedProxies'
  | 'workerMetrics'
  | 'requestsPerMinute'
  | 'containerSubnets'
  | 'sourceRoots'
>;

export function settingWarnings(config: Settings): SettingWarning[] {
  return [...wrongNames(config.hostEnvironment), ...openValues(config), ...leavesContainers(config)];
}

/** If docker rejects the engine, the mode `auto` falls back to a process. */
function leavesContainers({ containerRoot, isolation, appUser, modes }: Settings): SettingWarning[] {
  const isProtected = isolation === 'container' || appUser !== undefined || modes.every((mode) => mode === 'docker');
  return containerRoot === 'any' || isProtected ? [] : [warning('setting.root_leaves_containers', {}, true)];
}

/**
 * Returns the warnings for the logs of the API and the worker. Leaves out `setting.host`, because in a container the
 * addresses differ from the host's.
 */
export const warningsForLog = (config: Settings): string[] =>
  settingWarnings(config)
    .filter(({ text }) => text !== 'setting.host')
    .map(warningSentence);

/** Formats a warning for a terminal. */
export function warningSentence({ text, params }: SettingWarning): string {
  const { message, hint } = fillSentence(catalogOf('en').settings[text], params, 'en');
  return `${message}. ${hint}.`;
}

/** Settings that protect a host. If their name is misspelt, the operator believes in a protection that is off. */
const PROTECTING: ReadonlySet<string> = new Set([
  'SLIPWAY_APP_USER',
  'SLIPWAY_CALLBACK_SIGNATURES',
  'SLIPWAY_CONTAINER_CPUS_MAX',
  'SLIPWAY_CONTAINER_MEMORY_MAX_MB',
  'SLIPWAY_CONTAINER_MEMORY_MB',
  'SLIPWAY_CONTAINER_PIDS',
  'SLIPWAY_CONTAINER_ROOT',
  'SLIPWAY_CONTAINER_SUBNETS',
  'SLIPWAY_GIT_ALLOW',
  'SLIPWAY_HOST',
  'SLIPWAY_ISOLATION',
  'SLIPWAY_POLICY_FILE',
  'SLIPWAY_RATE_LIMIT',
  'SLIPWAY_SECRET_KEY',
  'SLIPWAY_SECRET_KEY_FILE',
  'SLIPWAY_TRUSTED_PROXIES',
  'TEMPORAL_TLS',
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
]);
/**
 * Variables that Slipway sets for its own processes, so an outer Slipway may have set them. The last two belong to
 * Compose.
 */
const NOT_OURS = [
  'SLIPWAY_DEPLOYMENT_ID',
  'SLIPWAY_ENVIRONMENT',
  'SLIPWAY_INSTANCE',
  'SLIPWAY_MARK',
  'SLIPWAY_RELEASE',
  'SLIPWAY_SERVICE',
  'SLIPWAY_APPS',
  'SLIPWAY_SECRETS',
];
const NAMES = Object.keys(SETTINGS);
const SECRET_FILES = Object.entries(SETTINGS).flatMap(([name, row]) => ('secret' in row ? [`${name}_FILE`] : []));
const READ = new Set([...NAMES, ...SECRET_FILES, ...Object.keys(CLIENT_SETTINGS), 'SLIPWAY_KEY_FILE', ...NOT_OURS]);
const OWN_PREFIX = 'SLIPWAY_';
/** The maximum edit distance. With more changes, it is another word, not a misspelling. */
const MOST_CHANGES = 2;
/**
 * Returns the maximum edit distance for names that start with Slipway's prefix. Up to three letters of the rest may be
 * wrong, as in `SLIPWAY_ISOLATE`, or a third of a longer name, but at most half.
 */
const ownChanges = (length: number): number => Math.min(Math.max(3, length / 3), length / 2);

/**
 * Returns warnings for unknown names. Names without Slipway's prefix count only if they are close to a setting:
 * `SLIPWAI_ISOLATION`, `slipway_isolation`.
 */
function wrongNames(environment: Readonly<Record<string, string>>): SettingWarning[] {
  return Object.keys(environment)
    .filter((name) => !READ.has(name))
    .flatMap((name) => {
      const isOwn = name.toUpperCase().startsWith(OWN_PREFIX);
      const changes = isOwn ? ownChanges(name.length - OWN_PREFIX.length) : MOST_CHANGES;
      const nearest = nearestSetting(name.toUpperCase(), changes);
      if (nearest === undefined) return isOwn ? [warning('setting.unknown', { name }, false)] : [];
      const isRisk = PROTECTING.has(nearest) && environment[nearest] === undefined;
      return [warning(isRisk ? 'setting.misspelt_protection' : 'setting.misspelt', { name, nearest }, isRisk)];
    });
}

function nearestSetting(name: string, mostChanges: number): string | undefined {
  const candidates = [...NAMES, ...SECRET_FILES]
    .filter((setting) => Math.abs(setting.length - name.length) <= mostChanges)
    .map((setting) => ({ setting, changes: editDistance(setting, name) }))
    .filter(({ changes }) => changes <= mostChanges)
    .sort((a, b) => a.changes - b.changes);
  return candidates[0]?.setting;
}

/** Capabilities that give an app in a container access to the host's kernel, devices or processes. */
const HOST_CAPABILITIES = new Set([
  'BPF',
  'DAC_READ_SEARCH',
  'MAC_ADMIN',
  'MAC_OVERRIDE',
  'MKNOD',
  'NET_ADMIN',
  'PERFMON',
  'SYSLOG',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_MODULE',
  'SYS_PTRACE',
  'SYS_RAWIO',
  'SYS_TIME',
]);
/** Variables that make a program load or run other code: of the linker, interpreters, shells and git. */
const CODE_VARIABLES =
  /^(LD_|DYLD_|GIT_(?!SSL_|HTTP_|TRACE)|SSH_ASKPASS|NODE_OPTIONS$|NODE_PATH$|PYTHON(PATH|HOME|STARTUP|BREAKPOINT|USERBASE|WARNINGS)$|BASH_ENV$|ENV$|PERL5|PERLLIB|RUBYOPT|RUBYLIB|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|GCONV_PATH$|CC$|CXX$|PIP_PYTHON|UV_PYTHON)/;
/** Variables that give a build access to resources that only Slipway should have. */
const REACHING_VARIABLES = /^(DOCKER_|KUBECONFIG$|SSH_AUTH_SOCK$|AWS_|GOOGLE_APPLICATION_CREDENTIALS$|AZURE_)/;
const LOOPBACK = /^(127\.|::1$|\[::1\]$|localhost$)/;
/** The widest plausible network of proxies or servers: 10.0.0.0/8 is the largest private network. */
const WIDEST_PREFIX = { ipv4: 8, ipv6: 32 } as const;

/** Folders that contain more than projects. The home of Slipway's user is added to these. */
const PRIVATE_FOLDERS = ['/etc', '/home', '/proc', '/root', '/var/lib'];

const holds = (root: string, folder: string): boolean => `${folder}/`.startsWith(root === '/' ? '/' : `${root}/`);

function openValues(config: Settings): SettingWarning[] {
  const { apiHost, allowedNetworks, containers, containerSubnets, gitNetworks = [], modes } = config;
  const { hostEnvironment, requestsPerMinute, sourceRoots, toolVariables, trustedProxies, workerMetrics } = config;
  const private_ = [...PRIVATE_FOLDERS, ...(hostEnvironment.HOME === undefined ? [] : [hostEnvironment.HOME])];
  const tooMany = containers.capabilities.filter((name) => HOST_CAPABILITIES.has(name.replace(/^CAP_/, '')));
  return [
    ...ifAny(tooMany, (names) => warning('setting.capabilities', { names }, true)),
    ...ifAny(trustedProxies.filter(isWide), (networks) => warning('setting.trusted_proxies', { networks }, true)),
    ...ifAny(gitNetworks.filter(reachesHost), (networks) => warning('setting.git_allow', { networks }, true)),
    ...ifAny(allowedNetworks.filter(reachesHost), (networks) => warning('setting.callback_allow', { networks }, true)),
    ...ifAny(
      toolVariables.filter((name) => CODE_VARIABLES.test(name)),
      (names) => warning('setting.tool_code', { names }, true),
    ),
    ...ifAny(
      toolVariables.filter((name) => isSecretName(name) || REACHING_VARIABLES.test(name)),
      (names) => warning('setting.tool_secrets', { names }, true),
    ),
    ...ifAny(
      sourceRoots.filter((root) => private_.some((folder) => holds(root, folder))),
      (roots) => warning('setting.source_roots', { roots }, true),
    ),
    ...(workerMetrics === undefined || LOOPBACK.test(workerMetrics.replace(/:\d+$/, ''))
      ? []
      : [warning('setting.worker_metrics', { address: workerMetrics }, true)]),
    ...(requestsPerMinute === 0 ? [warning('setting.rate_limit', {}, true)] : []),
    ...(containerSubnets.length === 0 && modes.includes('docker')
      ? [warning('setting.container_subnets', {}, true)]
      : []),
    ...(LOOPBACK.test(apiHost) ? [] : [warning('setting.host', { host: apiHost }, true)]),
  ];
}

const ifAny = (values: readonly string[], warn: (values: string) => SettingWarning): SettingWarning[] =>
  values.length === 0 ? [] : [warn(values.join(', '))];

const warning = <K extends SettingText>(
  text: K,
  params: Readonly<MessageParams['settings'][K]>,
  isRisk: boolean,
): SettingWarning => ({ text, params, isRisk });

function isWide(network: string): boolean {
  const [address, prefix] = readNetwork(network);
  return prefix < WIDEST_PREFIX[address.kind()];
}

/** Returns true for the loopback, or for more than one private network. */
function reachesHost(network: string): boolean {
  const [address, prefix] = readNetwork(network);
  return prefix <= WIDEST_PREFIX[address.kind()] || address.range() === 'loopback';
}
