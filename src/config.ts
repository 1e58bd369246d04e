// Reads the environment. Defines every setting with its description and default, and parses all settings once into a
// frozen object. No other module reads the environment.
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, homedir, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join, resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { LINUX_CAPABILITIES } from './linux-capabilities.js';
import { readNetwork } from './address-guard.js';
import { CALLBACK_SIGNATURES, type CallbackSignatures } from './contract/callbacks.js';
import { isEngineHost, type EngineSettings } from './engine-address.js';
import { CONTAINER_ROOTS, type ContainerRoot } from './contract/engine-root.js';
import { SlipwayError } from './contract/errors.js';
import { ISOLATIONS, LANGUAGES, MODES, type Isolation, type Language, type Mode } from './contract/states.js';
import { wordsIn } from './contract/wrong-fields.js';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLES = join(PROJECT, 'examples');

const flag = z.enum(['0', '1', 'true', 'false']).transform((text) => text === '1' || text === 'true');
const port = z.coerce.number().int().min(1).max(65_535);
const portRange = z
  .string()
  .regex(/^\d+-\d+$/, 'must be two ports, as in 20000-24999')
  .transform((range) => {
    const [first = 0, last = 0] = range.split('-').map(Number);
    return { first, last };
  })
  .refine(({ first, last }) => 1 <= first && first <= last && last <= 65_535, 'must go up, within 1-65535');
const list = z.string().transform((text) => text.split(':').filter((part) => part !== ''));
const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);
const text = z.string().min(1);
const isNetwork = (value: string): boolean => {
  try {
    readNetwork(value);
    return true;
  } catch {
    return false; // not a network
  }
};
/**
 * Returns true for an IPv4 range from /12 to /28. Searching a larger full range would take seconds, and a smaller range
 * has no room for a network.
 */
const isSubnetRange = (value: string): boolean => {
  if (!ipaddr.IPv4.isValidCIDR(value)) return false;
  const [, prefix] = ipaddr.IPv4.parseCIDR(value);
  return 12 <= prefix && prefix <= 28;
};
const networkList = commaList.pipe(
  z.array(text.refine(isNetwork, 'must be networks such as 10.0.0.0/8, or addresses')),
);
const networks = networkList.default([]);
const gitNetworks = text
  .transform((value) => (value === 'none' ? '' : value))
  .pipe(networkList)
  .optional();
/** A socket address in Caddy's notation: `unix/`, followed by the absolute path. */
const SOCKET_ADDRESS = /^unix\/(\/[^|]+)$/;
const WRONG_FRONT_ADMIN = 'must be a socket such as unix//run/caddy/admin.sock, or an http:// URL';
const frontAdmin = text.transform((address, context): FrontAdmin => {
  const [, socketPath] = SOCKET_ADDRESS.exec(address) ?? [];
  if (socketPath === undefined && !(URL.canParse(address) && new URL(address).protocol === 'http:'))
    context.addIssue({ code: 'custom', message: WRONG_FRONT_ADMIN });
  return { address, socketPath };
});

/**
 * The first range has room for 4,096 services, and homes, offices and clouds rarely use it. The second is for hosts
 * with a route for all of 10.0.0.0/8. By default, the engine uses other ranges before it.
 */
const DEFAULT_SUBNETS = '10.207.0.0/16,172.30.0.0/16';
const subnets = text
  .default(DEFAULT_SUBNETS)
  .transform((value) => (value === 'none' ? '' : value))
  .pipe(commaList)
  .pipe(z.array(text.refine(isSubnetRange, 'must be IPv4 networks from /12 to /28, such as 10.207.0.0/16')));
/** A secret in the format of Standard Webhooks. */
const callbackSecret = text.regex(/^whsec_[A-Za-z0-9+/]+=*$/, 'must be whsec_<base64>').refine((value) => {
  const { length } = Buffer.from(value.slice('whsec_'.length), 'base64');
  return length >= 24 && length <= 64;
}, 'must hold 24 to 64 bytes');
const key32 = text.refine((value) => Buffer.from(value, 'base64').length === 32, 'must be 32 bytes in base64');
/** `600` or `600/min`. */
const perMinute = z
  .string()
  .regex(/^\d{1,9}(\/min)?$/, 'must be requests per minute, as in 600/min; 0 turns it off')
  .transform((limit) => Number(limit.split('/')[0]));

interface Setting<T extends z.ZodType> {
  schema: T;
  meaning: string;
  /** The default, as described in `docs/reference/configuration.md`. */
  default: string;
  secret?: true;
}
const setting = <T extends z.ZodType>(schema: T, byDefault: string, meaning: string, secret?: true): Setting<T> => ({
  schema,
  meaning,
  default: byDefault,
  ...(secret && { secret }),
});

/** All settings. `docs/reference/configuration.md` is generated from this table. */
export const SETTINGS = {
  SLIPWAY_HOST: setting(text.default('127.0.0.1'), '127.0.0.1', 'Address of the API.'),
  SLIPWAY_PORT: setting(port.default(8088), '8088', 'Port of the API.'),
  SLIPWAY_DATA_DIR: setting(
    text.default('.slipway'),
    '.slipway in the working folder',
    'Folder for everything Slipway writes (mode 0700, with `SLIPWAY_APP_USER` 0711).',
  ),
  SLIPWAY_SOURCE_ROOTS: setting(
    list.optional(),
    'the examples folder',
    'Folders that can contain `directory` sources, separated by `:`.',
  ),
  SLIPWAY_DEFAULT_PROJECT: setting(
    text.optional(),
    'none',
    'Source folder for requests without a source and without an existing service.',
  ),
  SLIPWAY_MAX_CONCURRENT_DEPLOYMENTS: setting(
    z.coerce.number().int().min(1).max(100).default(3),
    '3',
    'Number of deployments that can run at once.',
  ),
  SLIPWAY_RETENTION_DAYS: setting(
    z.coerce.number().int().min(1).max(3650).default(365),
    '365',
    'Days that Slipway keeps logs of deployments, and that the embedded Temporal server keeps ended deployments.',
  ),
  SLIPWAY_HOST_ID: setting(
    text.regex(/^[A-Za-z0-9_-]{1,63}$/, 'must be 1-63 of A-Z a-z 0-9 _ -').optional(),
    'generated at the first start, in the data folder',
    'Names this host; its task queue is `host:<id>`.',
  ),
  SLIPWAY_MODES: setting(
    commaList.pipe(z.array(z.enum(MODES)).min(1)).default([...MODES]),
    MODES.join(','),
    'Modes of the worker on this host, separated by commas. Other modes are `unavailable`.',
  ),
  SLIPWAY_ISOLATION: setting(
    z.enum(ISOLATIONS).default('any'),
    'any',
    "`container`: apps, installs and release commands run only in containers. Projects, requests and failed builds can't change this.",
  ),
  SLIPWAY_CONTAINER_ROOT: setting(
    z.enum(CONTAINER_ROOTS).default('any'),
    'any',
    "`mapped`: the mode docker is unavailable if root in a container is root, or Slipway's own user, on the host. Running apps continue. [Security](../explanation/security.md#root-in-a-container) describes how to map it.",
  ),
  SLIPWAY_SECRET_KEY: setting(
    key32.optional(),
    'generated at the first start, in the data folder (mode 0600)',
    'Seals secrets: 32 bytes in base64.',
    true,
  ),
  SLIPWAY_SECRET_KEYS_OLD: setting(
    commaList.pipe(z.array(key32)).default([]),
    'none',
    'Earlier keys, separated by commas. They still open values that they sealed.',
    true,
  ),
  SLIPWAY_CALLBACK_ALLOW: setting(
    networks,
    'none',
    'Private networks that callbacks and health URLs of external services can reach, separated by commas.',
  ),
  SLIPWAY_CALLBACK_SECRET: setting(
    callbackSecret.optional(),
    'generated at the first start, in the data folder (mode 0600)',
    'Signs callbacks, as Standard Webhooks does: `whsec_` and 24 to 64 bytes in base64.',
    true,
  ),
  SLIPWAY_CALLBACK_SECRETS_OLD: setting(
    commaList.pipe(z.array(callbackSecret)).default([]),
    'none',
    'Earlier secrets of callbacks, separated by commas. They still sign, until all receivers have the new secret.',
    true,
  ),
  SLIPWAY_CALLBACK_SIGNATURES: setting(
    z.enum(CALLBACK_SIGNATURES).default('both'),
    'both',
    'The secrets that sign callbacks: `both` (the secret of each URL, and the shared secret), or only the secret of the `url`.',
  ),
  SLIPWAY_GIT_ALLOW: setting(
    gitNetworks,
    'none; all private ones in a data folder of an earlier version',
    'Private networks and loopback addresses that git can reach, separated by commas, or `none`.',
  ),
  SLIPWAY_FRONT_ADMIN: setting(
    frontAdmin.optional(),
    'none',
    'Admin interface of a Caddy in front of web services: a socket such as `unix//run/caddy/admin.sock`, or `http://127.0.0.1:2019`, which every app on the host can reach too. Each web service gets a stable port, and switches lose no request.',
  ),
  SLIPWAY_FRONT_HOST: setting(
    text.default('127.0.0.1'),
    '127.0.0.1',
    'Address of the stable ports of that proxy, and of the `url` of services.',
  ),
  SLIPWAY_FRONT_PORTS: setting(
    portRange.default({ first: 20_000, last: 24_999 }),
    '20000-24999',
    'Stable ports for web services behind that proxy.',
  ),
  SLIPWAY_PYTHON_IMAGE: setting(
    text.default('python:3.11-slim'),
    'python:3.11-slim',
    'Base image of generated Dockerfiles.',
  ),
  SLIPWAY_CONTAINER_CAPABILITIES: setting(
    commaList
      .pipe(
        z.array(
          text
            .regex(/^(?!(CAP_)?ALL$)/, 'must name each: with ALL, an app in a container can take over this host')
            .refine(
              (name) => LINUX_CAPABILITIES.has(name.replace(/^CAP_/, '')),
              'must be names of Linux capabilities, such as NET_RAW',
            ),
        ),
      )
      .default([]),
    'none',
    'Linux capabilities, separated by commas, that containers get in addition to `CHOWN`, `DAC_OVERRIDE`, `FOWNER`, `KILL`, `NET_BIND_SERVICE`, `SETGID` and `SETUID`.',
  ),
  SLIPWAY_CONTAINER_MEMORY_MB: setting(
    z.coerce.number().int().min(0).max(1_048_576).optional(),
    "half of the host's memory, at least 512",
    'Memory of containers without `resources.memory_mb`; `0` for no limit.',
  ),
  SLIPWAY_CONTAINER_MEMORY_MAX_MB: setting(
    z.coerce.number().int().min(0).max(1_048_576).optional(),
    "three quarters of the host's memory, at least 512",
    'Largest memory of a container; `0` for no limit.',
  ),
  SLIPWAY_CONTAINER_CPUS_MAX: setting(
    z.coerce.number().min(0).max(1024).default(0),
    'as many as the host has',
    'Largest number of CPUs of a container; `0` for no limit.',
  ),
  SLIPWAY_CONTAINER_PIDS: setting(
    // Enough for a server with hundreds of threads, but not for a fork bomb: a host has 32,768 process ids in total.
    z.coerce.number().int().min(0).max(4_194_304).default(1024),
    '1024',
    'Largest number of processes and threads in a container; `0` for no limit.',
  ),
  SLIPWAY_CONTAINER_SUBNETS: setting(
    subnets,
    DEFAULT_SUBNETS,
    "IPv4 networks, separated by commas, from which each service's containers get a network of 16 addresses of their own. Slipway skips blocks that the host or another network of the engine uses. `none`: containers of all services share the engine's default network.",
  ),
  SLIPWAY_TOOL_VARIABLES: setting(
    commaList
      .pipe(z.array(text.regex(/^(?!SLIPWAY_|TEMPORAL_)[A-Za-z_][A-Za-z0-9_]*$/, 'must be names of variables')))
      .default([]),
    'none',
    'Names of further variables, separated by commas, that Slipway passes on to git, uv, pip and their build scripts ([applications](applications.md)).',
  ),
  SLIPWAY_APP_USER: setting(
    text.optional(),
    "Slipway's own",
    'User (name or number) of installs, release commands and apps. Slipway must be root ([security](../explanation/security.md)).',
  ),
  SLIPWAY_INSTALL_TOOLS: setting(flag.default(true), '1', "`0`: Slipway doesn't install tools (Temporal, uv)."),
  SLIPWAY_MAINTENANCE: setting(flag.default(false), '0', '`1`: the API refuses new work with 503; reads work.'),
  SLIPWAY_RATE_LIMIT: setting(
    perMinute.prefault('600/min'),
    '600/min',
    'Requests per minute for each key, and for each address without a valid key. `0` switches the limit off.',
  ),
  SLIPWAY_TRUSTED_PROXIES: setting(
    networks,
    'none',
    "Networks of reverse proxies in front of the API, separated by commas. The API reads callers' addresses from their `X-Forwarded-For`.",
  ),
  SLIPWAY_UPLOADS_PER_KEY: setting(
    z.coerce.number().int().min(1).max(100_000).default(200),
    '200',
    'Largest number of uploads of a key. Slipway removes an upload an hour after its deployment, and otherwise after a day.',
  ),
  SLIPWAY_UPLOAD_MIB_PER_KEY: setting(
    z.coerce.number().int().min(1).max(1_048_576).default(4096),
    '4096',
    'Largest size of all uploads of a key, in MiB.',
  ),
  SLIPWAY_SERVICES_PER_KEY: setting(
    z.coerce.number().int().min(1).max(10_000).default(200),
    '200',
    'Largest number of services of a key that is limited to some services.',
  ),
  SLIPWAY_STREAMS_PER_KEY: setting(
    z.coerce.number().int().min(1).max(100_000).default(500),
    '500',
    'Largest number of open streams (progress and logs) of a key.',
  ),
  SLIPWAY_STREAMS: setting(
    z.coerce.number().int().min(1).max(100_000).default(1000),
    '1000',
    'Largest number of open streams of all keys; each needs 50 to 350 KB of memory.',
  ),
  SLIPWAY_POLICY_FILE: setting(
    text.optional(),
    'none',
    'JSON file of policies that bind keys to Discord users and guilds. Slipway reads it again after each change.',
  ),
  SLIPWAY_AUDIT_DAYS: setting(
    z.coerce.number().int().min(1).max(3650).default(365),
    '365',
    'Days that Slipway keeps the audit trail, at most 1 GiB.',
  ),
  SLIPWAY_UI_HOSTS: setting(
    commaList.pipe(z.array(text.regex(/^[A-Za-z0-9.-]+$/, 'must be names such as slipway.example.com'))).default([]),
    'none',
    "Host names, separated by commas, at which browsers can open the Web UI, for example a proxy's name. Addresses and `localhost` always work.",
  ),
  SLIPWAY_WORKER_METRICS: setting(
    text.regex(/^\S+:\d{1,5}$/, 'must be an address and a port, as in 127.0.0.1:9464').optional(),
    'a free port of the loopback',
    'Address at which the worker serves its metrics. The API adds them to `GET /metrics`.',
  ),
  SLIPWAY_LOG_LEVEL: setting(z.enum(LOG_LEVELS).default('info'), 'info', `One of ${LOG_LEVELS.join(', ')}.`),
  SLIPWAY_LANGUAGE: setting(
    z.enum(LANGUAGES).default('zh-TW'),
    'zh-TW',
    'Language of queries, memos and log texts: zh-TW or en.',
  ),
  DOCKER_HOST: setting(
    text.refine(isEngineHost, 'must be unix:///path, tcp://host:port or ssh://user@host').optional(),
    "the system's socket, else a rootless one",
    'Address of the Docker engine.',
  ),
  DOCKER_CERT_PATH: setting(text.optional(), 'none', 'Folder with `ca.pem`, `cert.pem` and `key.pem` for the engine.'),
  DOCKER_TLS_VERIFY: setting(flag.default(false), '0', '`1`: connect to the engine with TLS.'),
  DOCKER_BUILDKIT: setting(flag.default(true), '1', '`0`: build with the classic builder.'),
  TEMPORAL_ADDRESS: setting(
    text.optional(),
    'an embedded server on 7233',
    'Address of a Temporal server to use instead of the embedded server.',
  ),
  TEMPORAL_HTTP_ADDRESS: setting(
    text.optional(),
    "the embedded server's",
    "Host and port of the Temporal server's HTTP API for the Web UI at `/temporal` (with TLS).",
  ),
  TEMPORAL_NAMESPACE: setting(text.default('default'), 'default', "Temporal's namespace."),
  TEMPORAL_API_KEY: setting(text.optional(), 'none', "Temporal's API key.", true),
  TEMPORAL_TLS: setting(flag.optional(), 'on when a certificate or API key is set', 'Connect to Temporal with TLS.'),
  TEMPORAL_TLS_CLIENT_CERT_PATH: setting(text.optional(), 'none', 'Client certificate (PEM file).'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: setting(text.optional(), 'none', "The client certificate's key (PEM file)."),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: setting(
    text.optional(),
    "the system's",
    'Certificate authority of the server (PEM file).',
  ),
  TEMPORAL_TLS_SERVER_NAME: setting(text.optional(), "the address's host", "Name in the server's certificate."),
} as const;

const MIB = 1024 ** 2;
const LEAST_CONTAINER_MEMORY_MB = 512;
/** Half of the host's memory, so that an app with a memory leak ends without affecting other apps. */
const containerMemoryMb = (): number => hostMemoryMb(1 / 2);
/** Three quarters of the host's memory. The rest is for the engine, Slipway and the host itself. */
const containerMemoryMaxMb = (): number => hostMemoryMb(3 / 4);
const hostMemoryMb = (part: number): number =>
  Math.max(LEAST_CONTAINER_MEMORY_MB, Math.floor((totalmem() * part) / MIB));

type SettingName = keyof typeof SETTINGS;

/** The settings that only the CLI reads, in addition to `SLIPWAY_DATA_DIR` and `SLIPWAY_LANGUAGE`. */
export const CLIENT_SETTINGS = {
  SLIPWAY_URL: setting(text.optional(), 'of the local Slipway', 'Address of Slipway, as in `--url`.'),
  SLIPWAY_KEY: setting(text.optional(), 'of the local Slipway', 'API key, as in `--key`.', true),
  NO_COLOR: setting(text.optional(), 'none', 'Any value: print no colours.'),
};

const Environment = z.object(
  Object.fromEntries(Object.entries(SETTINGS).map(([name, { schema }]) => [name, schema])) as {
    [K in SettingName]: (typeof SETTINGS)[K]['schema'];
  },
);

export interface TemporalConfig {
  /** Absent: `npm start` runs an embedded server. */
  address?: string;
  /** The address of its HTTP API, for the Web UI. */
  httpAddress?: string;
  namespace: string;
  apiKey?: string;
  tls?: { clientCertPath?: string; clientKeyPath?: string; serverCaPath?: string; serverName?: string };
}

/** The address of Caddy's admin interface. */
export interface FrontAdmin {
  /** As configured: a URL or a socket. */
  address: string;
  /** Absent: the admin interface listens on TCP. */
  socketPath?: string;
}

export interface Config {
  apiHost: string;
  apiPort: number;
  /** Absolute. */
  dataDir: string;
  /** True if a setting names the folder. False for the default, in the working folder. */
  isDataDirNamed: boolean;
  /** Absolute. */
  sourceRoots: readonly string[];
  defaultProject?: string;
  maxConcurrentDeployments: number;
  retentionDays: number;
  hostId?: string;
  modes: readonly Mode[];
  isolation: Isolation;
  containerRoot: ContainerRoot;
  /** The name or number of the user that apps run as. */
  appUser?: string;
  secretKey?: string;
  secretKeysOld: readonly string[];
  callbackSecret?: string;
  callbackSecretsOld: readonly string[];
  callbackSignatures: CallbackSignatures;
  /** The networks of proxies whose `X-Forwarded-For` is trusted. */
  trustedProxies: readonly string[];
  /** The limit per key, and per address for calls without a valid key. 0 means no limit. */
  requestsPerMinute: number;
  /** The limits per key, except `streams`, which is the limit for all keys. */
  uploadsPerKey: number;
  uploadBytesPerKey: number;
  servicesPerKey: number;
  streamsPerKey: number;
  streams: number;
  policyFile?: string;
  auditDays: number;
  /** In lowercase. */
  uiHosts: readonly string[];
  workerMetrics?: string;
  /** Private networks that callbacks and health URLs may access. */
  allowedNetworks: readonly string[];
  /** Private networks that git may access. Absent: the data folder decides. */
  gitNetworks?: readonly string[];
  installTools: boolean;
  maintenance: boolean;
  logLevel: (typeof LOG_LEVELS)[number];
  language: Language;
  temporal: TemporalConfig;
  cacheDir: string;
  /** The base image of generated Dockerfiles. */
  pythonImage: string;
  /** Additional variables that are passed to tools. */
  toolVariables: readonly string[];
  /** The capabilities and limits of containers. */
  containers: {
    capabilities: readonly string[];
    pids: number;
    memoryBytes: number;
    memoryMaxBytes: number;
    cpusMax: number;
  };
  /** The ranges for the networks of services. Empty: all services share the engine's default network. */
  containerSubnets: readonly string[];
  /** The address of the Docker engine. */
  engine: EngineSettings & {
    /** Build with BuildKit if the engine supports it. */
    buildKit: boolean;
  };
  /** The reverse proxy in front of web services. */
  front?: { admin: FrontAdmin; host: string; ports: { first: number; last: number } };
  /** The host's own environment. Other modules select the variables for tools and apps. */
  hostEnvironment: Readonly<Record<string, string>>;
  cores: number;
}

/** The first file descriptor after stdin, stdout and stderr: sd_listen_fds(3). */
const FIRST_INHERITED_FD = 3;

/**
 * Returns the listening socket that `npm start` or a systemd socket unit passed to this process, as in
 * sd_listen_fds(3). The pid is compared because a child process may inherit the variables.
 */
export const inheritedSocket = (env: NodeJS.ProcessEnv = process.env, pid = process.pid): number | undefined =>
  env['LISTEN_FDS'] === '1' && env['LISTEN_PID'] === String(pid) ? FIRST_INHERITED_FD : undefined;

/** Returns the name of the package.json script in which npm runs this process or one of its parents. */
export const npmScript = (env: NodeJS.ProcessEnv = process.env): string | undefined => env['npm_lifecycle_event'];

/**
 * Parses the settings. Throws `bad_configuration` with a text that names each wrong setting. An empty value counts as
 * unset. `readText` reads the files of secrets.
 */
export function readConfig(
  env: NodeJS.ProcessEnv = process.env,
  cwd = process.cwd(),
  readText = (path: string) => readFileSync(path, 'utf8'),
): Config {
  const set = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])));
  const { secrets, wrong: unread } = secretsOfFiles(set, (path) => readText(resolve(cwd, path)));
  const { data, error } = Environment.safeParse({ ...set, ...secrets }, { error: wordsIn('en') });
  const wrong = [...unread, ...(error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)];
  if (data?.SLIPWAY_ISOLATION === 'container' && !data.SLIPWAY_MODES.includes('docker'))
    wrong.push('SLIPWAY_ISOLATION: container needs the mode docker in SLIPWAY_MODES');
  if (!data || wrong.length > 0) throw new SlipwayError('bad_configuration', { params: { reason: wrong.join('; ') } });
  const absolute = (path: string): string => resolve(cwd, path);
  return Object.freeze<Config>({
    apiHost: data.SLIPWAY_HOST,
    apiPort: data.SLIPWAY_PORT,
    dataDir: absolute(data.SLIPWAY_DATA_DIR),
    isDataDirNamed: set['SLIPWAY_DATA_DIR'] !== undefined,
    sourceRoots: (data.SLIPWAY_SOURCE_ROOTS ?? [EXAMPLES]).map(absolute),
    defaultProject: data.SLIPWAY_DEFAULT_PROJECT && absolute(data.SLIPWAY_DEFAULT_PROJECT),
    maxConcurrentDeployments: data.SLIPWAY_MAX_CONCURRENT_DEPLOYMENTS,
    retentionDays: data.SLIPWAY_RETENTION_DAYS,
    hostId: data.SLIPWAY_HOST_ID,
    modes: data.SLIPWAY_MODES,
    isolation: data.SLIPWAY_ISOLATION,
    containerRoot: data.SLIPWAY_CONTAINER_ROOT,
    appUser: data.SLIPWAY_APP_USER,
    secretKey: data.SLIPWAY_SECRET_KEY,
    secretKeysOld: data.SLIPWAY_SECRET_KEYS_OLD,
    callbackSecret: data.SLIPWAY_CALLBACK_SECRET,
    callbackSecretsOld: data.SLIPWAY_CALLBACK_SECRETS_OLD,
    callbackSignatures: data.SLIPWAY_CALLBACK_SIGNATURES,
    requestsPerMinute: data.SLIPWAY_RATE_LIMIT,
    trustedProxies: data.SLIPWAY_TRUSTED_PROXIES,
    uploadsPerKey: data.SLIPWAY_UPLOADS_PER_KEY,
    uploadBytesPerKey: data.SLIPWAY_UPLOAD_MIB_PER_KEY * 1024 ** 2,
    servicesPerKey: data.SLIPWAY_SERVICES_PER_KEY,
    streamsPerKey: data.SLIPWAY_STREAMS_PER_KEY,
    streams: data.SLIPWAY_STREAMS,
    policyFile: data.SLIPWAY_POLICY_FILE && absolute(data.SLIPWAY_POLICY_FILE),
    auditDays: data.SLIPWAY_AUDIT_DAYS,
    uiHosts: data.SLIPWAY_UI_HOSTS.map((name) => name.toLowerCase()),
    workerMetrics: data.SLIPWAY_WORKER_METRICS,
    allowedNetworks: data.SLIPWAY_CALLBACK_ALLOW,
    gitNetworks: data.SLIPWAY_GIT_ALLOW,
    installTools: data.SLIPWAY_INSTALL_TOOLS,
    maintenance: data.SLIPWAY_MAINTENANCE,
    logLevel: data.SLIPWAY_LOG_LEVEL,
    language: data.SLIPWAY_LANGUAGE,
    temporal: temporalConfig(data),
    cacheDir: `${set.XDG_CACHE_HOME ?? `${set.HOME ?? '/tmp'}/.cache`}/slipway`,
    pythonImage: data.SLIPWAY_PYTHON_IMAGE,
    toolVariables: data.SLIPWAY_TOOL_VARIABLES,
    containers: {
      capabilities: data.SLIPWAY_CONTAINER_CAPABILITIES,
      pids: data.SLIPWAY_CONTAINER_PIDS,
      memoryBytes: (data.SLIPWAY_CONTAINER_MEMORY_MB ?? containerMemoryMb()) * MIB,
      memoryMaxBytes: (data.SLIPWAY_CONTAINER_MEMORY_MAX_MB ?? containerMemoryMaxMb()) * MIB,
      cpusMax: data.SLIPWAY_CONTAINER_CPUS_MAX,
    },
    containerSubnets: data.SLIPWAY_CONTAINER_SUBNETS,
    engine: {
      host: data.DOCKER_HOST,
      certPath: data.DOCKER_CERT_PATH,
      tlsVerify: data.DOCKER_TLS_VERIFY,
      buildKit: data.DOCKER_BUILDKIT,
      runtimeDir: set.XDG_RUNTIME_DIR,
      home: set.HOME,
    },
    ...(data.SLIPWAY_FRONT_ADMIN !== undefined && {
      front: { admin: data.SLIPWAY_FRONT_ADMIN, host: data.SLIPWAY_FRONT_HOST, ports: data.SLIPWAY_FRONT_PORTS },
    }),
    hostEnvironment: set,
    cores: availableParallelism(),
  });
}

/** The settings of the CLI. Other settings may be invalid. */
export interface ClientConfig {
  url?: string;
  key?: string;
  /** Absolute. */
  dataDir?: string;
  language: Language;
  noColour: boolean;
  environment: Readonly<Record<string, string | undefined>>;
}

/** Reads the settings of the CLI. The language comes from the setting, or else from the terminal's locale. */
export function readClientConfig(env: NodeJS.ProcessEnv = process.env, cwd = process.cwd()): ClientConfig {
  const keyFile = env['SLIPWAY_KEY_FILE'] || undefined;
  const dataDir = env['SLIPWAY_DATA_DIR'] || undefined;
  const key = env['SLIPWAY_KEY']; // an empty key is rejected later, because it was meant to replace the admin key
  return {
    url: env['SLIPWAY_URL'] || undefined,
    key: keyFile && !key ? readFileSync(resolve(cwd, keyFile), 'utf8').trim() : key,
    dataDir: dataDir && resolve(cwd, dataDir),
    language: languageOf(env),
    noColour: Boolean(env['NO_COLOR']),
    environment: env,
  };
}

/** Returns the data folder of an installed package. The command line also looks here for a local Slipway. */
export const homeDataDir = (env: NodeJS.ProcessEnv): string => join(env['HOME'] || homedir(), '.slipway');

/** False for an installed package, which has no sources. */
export const isClone = existsSync(join(PROJECT, 'src'));

/** Returns the data folder of `slipway start` without a setting. In a clone, it is the folder of `npm start`. */
export const startDataDir = (env: NodeJS.ProcessEnv): string =>
  isClone ? join(PROJECT, '.slipway') : homeDataDir(env);

/** Changes settings of this process, as if its caller had set them. */
export function setSettings(values: Readonly<Record<string, string>>): void {
  Object.assign(process.env, values);
}

function languageOf(env: NodeJS.ProcessEnv): Language {
  const wanted = LANGUAGES.find((language) => language === env['SLIPWAY_LANGUAGE']);
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return wanted ?? (locale.startsWith('zh') ? 'zh-TW' : 'en');
}

export interface DescribedSetting {
  name: string;
  value: string;
  from: 'environment' | 'file' | 'default';
}

/** Returns true for settings that only the CLI reads. */
export const isClientSetting = (name: string): boolean => name in CLIENT_SETTINGS && !(name in SETTINGS);

/** Returns every setting with its value, or the description of its default, and its source. Secrets are masked. */
export function describeSettings(env: NodeJS.ProcessEnv = process.env): DescribedSetting[] {
  return Object.entries({ ...SETTINGS, ...CLIENT_SETTINGS }).map(([name, setting]) => {
    const isSecret = 'secret' in setting && setting.secret;
    const value = env[name];
    const file = isSecret ? env[`${name}_FILE`] : undefined;
    if (value) return { name, value: isSecret ? '********' : value, from: 'environment' };
    if (file) return { name, value: file, from: 'file' };
    return { name, value: setting.default, from: 'default' };
  });
}

/**
 * Reads secrets from the files that `<NAME>_FILE` names, so that they aren't in the environment. An empty file is an
 * error, except for lists: a file of earlier keys may be empty.
 */
function secretsOfFiles(
  set: Readonly<Record<string, string>>,
  readText: (path: string) => string,
): { secrets: Record<string, string>; wrong: string[] } {
  const secrets: Record<string, string> = {};
  const wrong: string[] = [];
  for (const [name, setting] of Object.entries(SETTINGS)) {
    if (!('secret' in setting)) continue;
    const path = set[`${name}_FILE`];
    if (path === undefined) continue;
    try {
      secrets[name] = readText(path).trim();
      if (set[name] !== undefined) wrong.push(`${name}_FILE: is set beside ${name}: unset one of them`);
      else if (secrets[name] === '' && !setting.schema.safeParse('').success)
        wrong.push(`${name}_FILE: ${path} is empty`);
    } catch (error) {
      wrong.push(`${name}_FILE: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { secrets, wrong };
}

function temporalConfig(data: z.infer<typeof Environment>): TemporalConfig {
  const tls = {
    clientCertPath: data.TEMPORAL_TLS_CLIENT_CERT_PATH,
    clientKeyPath: data.TEMPORAL_TLS_CLIENT_KEY_PATH,
    serverCaPath: data.TEMPORAL_TLS_SERVER_CA_CERT_PATH,
    serverName: data.TEMPORAL_TLS_SERVER_NAME,
  };
  const wanted = data.TEMPORAL_TLS ?? (data.TEMPORAL_API_KEY !== undefined || Object.values(tls).some(Boolean));
  return {
    address: data.TEMPORAL_ADDRESS,
    httpAddress: data.TEMPORAL_HTTP_ADDRESS,
    namespace: data.TEMPORAL_NAMESPACE,
    apiKey: data.TEMPORAL_API_KEY,
    ...(wanted && { tls }),
  };
}
