// Checks this host. Each check is a finding, with a hint about how to fix the problem.
import { homedir, userInfo } from 'node:os';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canRun, examineAppUser } from '../app-user.js';
import { settingWarnings } from '../config-warnings.js';
import { readConfig, type Config, type DescribedSetting } from '../config.js';
import { refusalOf, type AppUser } from '../contract/app-user.js';
import { SlipwayError } from '../contract/errors.js';
import { layout } from '../contract/layout.js';
import { runsOutside } from '../contract/runs-outside.js';
import type { DoctorParams, DoctorSentence } from './texts.js';
import type { TextParams } from '../contract/texts.js';
import { builtProgram, findProgram, TEMPORAL_SERVER, type Places } from '../programs.js';
import { allServices } from './all-services.js';
import type { HealthBody } from './bodies.js';
import type { Context } from './context.js';
import { canPin, gitNetworksOf, policiesOf } from './doctor-access.js';
import { engineOf, isolationOf, rootOf, secretFilesOf, temporalDoorOf } from './doctor-doors.js';
import { CliError, Refused, reasonOf } from './errors.js';
import { runningSettings } from './find.js';
import { engineVersion, firstLineOf, isOpenToAll, isWritable, whyNotFree } from './host-facts.js';
import { reach, reachSocket } from '../reach.js';

const [LEAST_MAJOR, LEAST_MINOR] = [20, 19];
/** The port at which the embedded server starts its search for a free port. */
const TEMPORAL_PORT = 7233;

/** `missing`: Slipway can't run. `lacks`: a part of Slipway can't run, or a risk. `note`: for information. */
export type FindingStatus = 'ok' | 'note' | 'lacks' | 'missing';
export interface Finding {
  check: string;
  status: FindingStatus;
  text: DoctorSentence;
  params: TextParams;
}

export async function examine(context: Context): Promise<Finding[]> {
  const { config, findings: settings } = readSettings(context);
  const { finding: slipway, address, rules, outside = [] } = await slipwayOf(context);
  const ruled = { ...config, ...rules };
  const { finding: appUser, user } = await appUserOf(ruled);
  return [
    nodeOf(process.versions.node),
    ...settings,
    ...(slipway.status === 'ok' ? [finding('settings', 'note', rules ? 'settings_rule' : 'settings_of_start')] : []),
    ...warningsOf(config),
    dataOf(config),
    ...(await Promise.all([pythonOf(config), uvOf(config, user), gitOf(config), dockerOf(config), temporalOf(config)])),
    ...(await Promise.all([
      caddyOf(config),
      apiPortOf(config, address),
      ...(address === undefined ? temporalPortOf(config) : []),
    ])),
    ...(ruled.isolation === 'container' && ruled.appUser === undefined ? [] : [appUser]),
    isolationOf(ruled, outside),
    ...secretFilesOf(config),
    ...engineOf(config),
    ...(await rootOf(ruled)),
    ...temporalDoorOf(config),
    ...(await policiesOf(config)),
    ...gitNetworksOf(config),
    slipway,
  ];
}

function finding<K extends DoctorSentence>(
  check: string,
  status: FindingStatus,
  text: K,
  ...[params]: DoctorParams<K>
): Finding {
  return { check, status, text, params: params ?? {} };
}

/** Reads the settings. Invalid settings are left out, so that the other checks use the valid ones. */
function readSettings({ config: { environment } }: Context): { config: Config; findings: Finding[] } {
  const set = Object.entries(environment).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const { config, reasons } = readWhatIsRight(Object.fromEntries(set));
  if (reasons.length === 0) return { config, findings: [finding('settings', 'ok', 'settings')] };
  return {
    config: { ...config, hostEnvironment: Object.fromEntries(set) },
    findings: reasons.map((reason) => finding('settings', 'missing', 'settings_wrong', { reason })),
  };
}

function readWhatIsRight(environment: Record<string, string>): { config: Config; reasons: string[] } {
  const left = { ...environment };
  const reasons: string[] = [];
  for (;;) {
    try {
      return { config: readConfig(left), reasons };
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      const reason = String(error.params['reason']);
      const words = new Set(reason.split(/\W+/));
      const wrong = Object.keys(left).filter((name) => words.has(name));
      if (wrong.length === 0) throw error;
      reasons.push(reason);
      for (const name of wrong) Reflect.deleteProperty(left, name);
    }
  }
}

/** The settings that determine how apps run. */
type Rules = Pick<Config, 'isolation' | 'appUser' | 'modes' | 'containerRoot'>;
const RULES = ['SLIPWAY_ISOLATION', 'SLIPWAY_APP_USER', 'SLIPWAY_MODES', 'SLIPWAY_CONTAINER_ROOT'];

/** Returns the rules from the settings that a running Slipway recorded at its start. */
export function rulesOf(settings: readonly DescribedSetting[]): Rules {
  const set = settings.filter(({ name, from }) => RULES.includes(name) && from === 'environment');
  const environment = Object.fromEntries(set.map(({ name, value }) => [name, value]));
  const { isolation, appUser, modes, containerRoot } = readConfig(environment);
  return { isolation, appUser, modes, containerRoot };
}

/** Returns the warnings for unknown settings, and for values that open this host. */
export const warningsOf = (config: Parameters<typeof settingWarnings>[0]): Finding[] =>
  settingWarnings(config).map(({ text, params, isRisk }) => {
    return { check: 'settings', status: isRisk ? 'lacks' : 'note', text, params };
  });

export function nodeOf(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > LEAST_MAJOR || (major === LEAST_MAJOR && minor >= LEAST_MINOR);
  return finding('node', isNew ? 'ok' : 'missing', isNew ? 'node' : 'node_old', { version });
}

function dataOf({ dataDir: path }: Config): Finding {
  return isWritable(path)
    ? finding('data folder', 'ok', 'data', { path })
    : finding('data folder', 'missing', 'data_readonly', { path });
}

/** Checks Python, because the keeper of every app is a Python program. */
async function pythonOf(config: Config): Promise<Finding> {
  const path = await findProgram('python3', config);
  if (path === undefined) return finding('python', 'missing', 'python_missing');
  const script = 'import sys, venv, ensurepip; print(sys.version.split()[0])';
  try {
    return finding('python', 'ok', 'python', { version: await firstLineOf(path, ['-I', '-c', script]) });
  } catch (error) {
    return finding('python', 'missing', 'python_broken', { reason: lastLineOf(error) });
  }
}

/** Checks uv. Like the worker, uses the first uv, or if apps have their own user, the first that this user can run. */
export async function uvOf(config: Places & Pick<Config, 'installTools'>, user?: AppUser): Promise<Finding> {
  const path = await findProgram('uv', config, user && canRun(user));
  const other = path ?? (await findProgram('uv', config));
  if (user && path === undefined && other !== undefined)
    return finding('uv', 'lacks', 'app_user.no_uv', { user: user.name, path: other });
  const version = path && (await versionOf(path));
  if (path !== undefined && version !== undefined) return finding('uv', 'ok', 'uv', { version, path });
  return config.installTools ? finding('uv', 'note', 'uv_fetched') : finding('uv', 'lacks', 'uv_missing');
}

async function gitOf(config: Config): Promise<Finding> {
  const path = await findProgram('git', config);
  const version = path && (await versionOf(path));
  if (version === undefined) return finding('git', 'lacks', 'git_missing');
  return canPin(version) ? finding('git', 'ok', 'git', { version }) : finding('git', 'note', 'git_old', { version });
}

/** Returns the version, or undefined if the program exists but can't run, such as a version manager's shim. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    return await firstLineOf(path, ['--version']);
  } catch {
    return undefined;
  }
}

async function dockerOf({ engine }: Config): Promise<Finding> {
  try {
    return finding('docker', 'ok', 'docker', { version: await engineVersion(engine) });
  } catch (error) {
    return finding('docker', 'lacks', 'docker_missing', { reason: reasonOf(error) });
  }
}

async function temporalOf(config: Config): Promise<Finding> {
  const { address } = config.temporal;
  if (address !== undefined) return temporalElsewhere(address);
  const path = (await findProgram(TEMPORAL_SERVER.as, config)) ?? (await builtProgram(config, TEMPORAL_SERVER));
  if (path !== undefined) return finding('temporal', 'ok', 'temporal', { path });
  const { version, as: program } = TEMPORAL_SERVER;
  const canBuild = config.installTools && (await findProgram('go', config)) !== undefined;
  return canBuild
    ? finding('temporal', 'note', 'temporal_built')
    : finding('temporal', 'missing', 'temporal_missing', { version, program });
}

async function temporalElsewhere(address: string): Promise<Finding> {
  try {
    await reach(address);
    return finding('temporal', 'ok', 'temporal_elsewhere', { address });
  } catch (error) {
    return finding('temporal', 'missing', 'temporal_away', { address, reason: reasonOf(error) });
  }
}

export async function caddyOf({ front }: Pick<Config, 'front'>): Promise<Finding> {
  if (!front) return finding('front proxy', 'note', 'caddy_unused');
  const { address, socketPath } = front.admin;
  try {
    if (socketPath === undefined) {
      await reach(new URL(address).host);
      return finding('front proxy', 'note', 'caddy_tcp', { address });
    }
    await reachSocket(socketPath);
    return isOpenToAll(socketPath)
      ? finding('front proxy', 'lacks', 'caddy_open_socket', { path: socketPath })
      : finding('front proxy', 'ok', 'caddy', { address });
  } catch (error) {
    return finding('front proxy', 'lacks', 'caddy_away', { address, reason: reasonOf(error) });
  }
}

/** Checks the API's port. A running Slipway has its own port, whatever the settings here are. */
export async function apiPortOf(
  { apiHost, apiPort }: Pick<Config, 'apiHost' | 'apiPort'>,
  own?: string,
): Promise<Finding> {
  if (own !== undefined) return finding('port', 'ok', 'port_own', { address: own });
  const address = `${apiHost}:${apiPort}`;
  const reason = await whyNotFree(apiHost, apiPort);
  return reason === undefined
    ? finding('port', 'ok', 'port_free', { address })
    : finding('port', 'missing', 'port_taken', { address, reason });
}

/** Checks the port of the server that `npm start` would run. */
function temporalPortOf({ temporal }: Config): Promise<Finding>[] {
  if (temporal.address !== undefined) return [];
  const address = `127.0.0.1:${TEMPORAL_PORT}`;
  const isFree = whyNotFree('127.0.0.1', TEMPORAL_PORT).then((reason) => reason === undefined);
  return [
    isFree.then((free) =>
      free
        ? finding('temporal port', 'ok', 'port_free', { address })
        : finding('temporal port', 'note', 'temporal_port_taken', { address }),
    ),
  ];
}

interface AppUserFinding {
  finding: Finding;
  /** Set if apps can run as the configured user. */
  user?: AppUser;
}

async function appUserOf(config: Config): Promise<AppUserFinding> {
  const { dataDir, appUser: user } = config;
  if (user !== undefined) return appUserIn(config, user);
  const { adminKey, secretKey } = layout(dataDir);
  const private_ = ['.ssh', '.aws', '.netrc', '.gnupg', '.docker/config.json'].map((name) => join(homedir(), name));
  const paths = [adminKey, secretKey, ...private_.filter((path) => existsSync(path))].join(', ');
  return { finding: finding('app user', 'note', 'app_user_none', { user: userInfo().username, paths }) };
}

/** Runs the same check as the start. */
async function appUserIn(config: Config, user: string): Promise<AppUserFinding> {
  const missing = (text: DoctorSentence, params: TextParams = {}): AppUserFinding => ({
    finding: { check: 'app user', status: 'missing', text, params },
  });
  const python = await findProgram('python3', config);
  if (python === undefined) return missing('python_missing');
  try {
    const verdict = await examineAppUser(user, config.dataDir, python);
    if (verdict.kind === 'usable') {
      return { finding: finding('app user', 'ok', 'app_user', { user }), user: verdict.user };
    }
    const refusal = refusalOf(verdict, user, config.dataDir);
    return missing(refusal.text, refusal.params);
  } catch (error) {
    return missing('python_broken', { reason: lastLineOf(error) });
  }
}

interface SlipwayFinding {
  finding: Finding;
  /** Set if Slipway answers and was found by its data folder, which means that it runs on this host. */
  address?: string;
  /** The rules of the running Slipway, if its version records them. */
  rules?: Rules;
  /** The services that run outside containers, as far as the key can list them. */
  outside?: string[];
}

/** Checks the health of the running Slipway, if there is one. */
async function slipwayOf(context: Context): Promise<SlipwayFinding> {
  try {
    const { client, wanted } = context;
    const running = wanted.url === undefined ? runningSettings(wanted) : undefined;
    const { api_status: status } = await client.send<HealthBody>('/deployment/health', { alsoGood: [503] });
    const params = { url: client.url, status };
    const rows = await allServices(client).catch((error: unknown) => {
      if (error instanceof Refused) return []; // a key that may only read the health
      throw error;
    });
    return {
      outside: rows.filter(runsOutside).map(({ name }) => name),
      finding:
        status === 'error'
          ? finding('slipway', 'missing', 'slipway_ill', { ...params, reason: status })
          : finding('slipway', 'ok', 'slipway', params),
      ...(wanted.url === undefined && { address: new URL(client.url).host }),
      ...(running && { rules: rulesOf(running.settings) }),
    };
  } catch (error) {
    return { finding: absent(context, error) };
  }
}

function absent(context: Context, error: unknown): Finding {
  if (error instanceof Refused) return illOf(context, error.problem.detail);
  if (!(error instanceof CliError)) throw error;
  if (['not_found_here', 'not_running'].includes(error.key)) return finding('slipway', 'note', 'slipway_none');
  return illOf(context, reasonOf(error.cause ?? error));
}

function illOf({ wanted }: Context, reason: string): Finding {
  return finding('slipway', 'missing', 'slipway_ill', { url: wanted.url ?? wanted.dataDir ?? wanted.cwd, reason });
}

/** Returns the last line of a failed program's stderr. */
function lastLineOf(error: unknown): string {
  const { stderr } = error as { stderr?: string };
  return stderr?.trim().split('\n').at(-1) || reasonOf(error);
}
