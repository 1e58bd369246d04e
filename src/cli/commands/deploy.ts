import { basename, join, resolve } from 'node:path';
import { statSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { toServiceName } from '../../contract/names.js';
import {
  ENVIRONMENTS,
  MODES,
  REQUEST_MODES,
  type Environment,
  type Mode,
  type RequestMode,
} from '../../contract/states.js';
import type { StartedBody, UploadBody } from '../bodies.js';
import { act, command, several, wholeNumber } from '../command.js';
import type { Context } from '../context.js';
import { CliError, EXIT } from '../errors.js';
import { readGitAddress, type GitAddress } from '../git-address.js';
import type { Choice } from '../pack.js';
import { bytes } from '../render.js';
import { collectVariables, parseVariable, variableName, type Variable } from '../variables.js';

interface DeployOptions {
  mode: RequestMode;
  environment: Environment;
  service?: string;
  ref?: string;
  subdirectory?: string;
  gitToken?: string;
  lastSource?: true;
  process?: string;
  command?: string;
  releaseCommand?: string;
  port?: number;
  python?: string;
  profile?: string;
  env?: Variable[];
  plain?: Variable[];
  envFrom?: string[];
  envFile?: string[];
  buildEnv?: Variable[];
  buildEnvFrom?: string[];
  persist?: string[] | false;
  restartMaxPerDay?: number;
  restartBackoffMax?: string;
  fallbackMode?: Mode[];
  memory?: number;
  cpus?: number;
  healthPath?: string;
  healthExpect?: number[];
  healthTimeout?: number;
  minUptime?: number;
  skipHealthCheck?: true;
  timeout?: number;
  forceRebuild?: true;
  queue?: true;
  supersede?: true;
  callbackUrl?: string;
  notifications?: true;
  meta?: Variable[];
  idempotencyKey?: string;
  detach?: true;
  cancelOnInterrupt?: true;
}

export function deploy(): Command {
  const declared = command('deploy', 'Deploy a folder or git repository', [
    'deploy',
    'deploy examples/flask-hello',
    'deploy ~/apps/bot --command "python bot.py" --env DISCORD_TOKEN \\',
    '    --persist bot.db',
    'deploy ~/workspace --subdirectory services/bot',
    'deploy ~/apps/bot --build-env INDEX_TOKEN --build-env COMMIT=4f2a91c',
    'deploy git@github.com:me/bot.git --ref main --service bot',
    'deploy --mode docker --environment prod --detach --json',
  ])
    .argument('[path|git]', 'folder or git address (default: the current folder)')
    .addOption(new Option('-m, --mode <mode>', 'mode to run the app in').choices(REQUEST_MODES).default('auto'))
    .addOption(new Option('-e, --environment <name>', 'what it is for').choices(ENVIRONMENTS).default('dev'))
    .option('-s, --service <name>', "name of the service (default: the source's name)")
    .option('--ref <ref>', 'branch, tag or commit of the git repository')
    .option('--subdirectory <path>', 'folder of the project in the source')
    .option('--git-token <NAME>', 'name of the variable with the git token', variableName)
    .option('--last-source', "deploy the service's last source again")
    .option('--process <name>', 'Procfile entry to run')
    .option('--command <command>', 'command that starts the app (sh -c)')
    .option('--release-command <command>', 'command to run before each start')
    .option('--port <port>', 'fixed port of the app', wholeNumber(1, 65_535))
    .option('--python <version>', 'version of Python, such as 3.11')
    .option('--profile <name>', 'dependency group, extra or Dockerfile target')
    .option(
      '--env <NAME=VALUE>',
      'set a secret variable; NAME alone reads it from the shell (repeatable)',
      parseVariable,
    )
    .option('--plain <NAME=VALUE>', 'set a variable that logs may show (repeatable)', parseVariable)
    .option('--env-from <path>', "set variables from a file that isn't sent (repeatable)", several)
    // The old name. npx, which is a Node program, would read this file itself and apply NODE_OPTIONS from it.
    .addOption(new Option('--env-file <path>', 'as --env-from').argParser(several).hideHelp())
    .option('--build-env <NAME=VALUE>', 'set a variable of install and build (repeatable)', parseVariable)
    .option('--build-env-from <path>', 'set build variables from a file (repeatable)', several)
    .option('--persist <path>', 'keep a file or folder across releases (repeatable)', several)
    .option('--no-persist', 'drop the data that earlier releases persisted')
    .addOption(new Option('--fallback-mode <mode...>', 'modes to try after the first one').choices(MODES))
    .option('--memory <mb>', 'memory limit of the container', wholeNumber(16, 1_048_576))
    .option('--cpus <count>', 'CPU limit of the container', Number)
    .option('--health-path <path>', 'page to check, such as /healthz')
    .option('--health-expect <code>', 'accepted status of the page (repeatable)', severalStatuses)
    .option('--health-timeout <seconds>', 'time limit of the health check', wholeNumber(1, 3600))
    .option('--min-uptime <seconds>', 'time that a worker must stay up', wholeNumber(0, 600))
    .option('--restart-max-per-day <count>', 'limit of restarts in 24 hours (default: 200)', wholeNumber(1, 1000))
    .option('--restart-backoff-max <time>', 'longest wait before a restart (default: 15m)')
    .option('--skip-health-check', 'switch without a health check')
    .option('--timeout <seconds>', 'time limit of the deployment (default: 300)', wholeNumber(30, 3600))
    .option('--force-rebuild', 'install and restart even if nothing changed')
    .option('--queue', 'wait in the queue if no slot is free')
    .option('--supersede', 'end older deployments of the service')
    .option('--callback-url <url>', 'send callbacks to this address')
    .option('--notifications', 'send callbacks for attempts and rollbacks too')
    .option('--meta <NAME=VALUE>', 'add metadata to the deployment (repeatable)', parseVariable)
    .option('--idempotency-key <key>', 'make a repeat with the same key safe')
    .option('-d, --detach', 'return without following the deployment')
    .option('--cancel-on-interrupt', 'cancel on Ctrl-C, and wait for the end')
    .addHelpText(
      'after',
      '\nThe files that git tracks are sent, and files that .gitignore does not exclude.\n' +
        'With --mode docker, .dockerignore excludes files too. A file of --env-from has\n' +
        'the format of python-dotenv.\n' +
        'Exit code: 0 completed, 1 failed, 130 cancelled or interrupted.',
    );
  return act<DeployOptions>(declared, (context, options, what: string | undefined) => run(context, options, what));
}

async function run(context: Context, options: DeployOptions, what: string | undefined): Promise<number> {
  const { client } = context;
  const early = earlyInterrupts(options);
  const source = await sourceOf(context, options, what, early.signal);
  if (early.signal.aborted) return EXIT.interrupted;
  const { followView } = await import('../follow-view.js');
  const view = await followView(context);
  const request = { method: 'POST', body: requestOf(context, options, source), headers: headersOf(options) };
  early.hold();
  const started = await client.send<StartedBody>('/deployments', request).finally(early.stop);
  if (options.detach) {
    if (context.isJson) context.printJson(started);
    else {
      view.accepted(started);
      context.note(context.line('detached', { id: started.deployment_id }));
    }
    return EXIT.done;
  }
  view.accepted(started);
  const { followDeployment } = await import('../follow.js');
  const cancelAtOnce = options.cancelOnInterrupt === true;
  return followDeployment(context, view, started, { cancelAtOnce, isCancelled: early.signal.aborted });
}

/**
 * Handles Ctrl-C until the start is sent: Ctrl-C then ends the command. While the response is pending, Ctrl-C is only
 * recorded.
 */
function earlyInterrupts({ cancelOnInterrupt }: DeployOptions) {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const stop = (): void => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  };
  // Without --cancel-on-interrupt, Ctrl-C now ends the command without waiting for the response.
  return { signal: controller.signal, stop, hold: cancelOnInterrupt ? () => undefined : stop };
}

interface FoundSource {
  source?: Record<string, string>;
  service?: string;
}

async function sourceOf(
  context: Context,
  options: DeployOptions,
  what = '.',
  signal: AbortSignal,
): Promise<FoundSource> {
  if (options.lastSource) return { service: options.service };
  const git = readGitAddress(what);
  return git ? gitSource(context, options, git) : folderSource(context, options, what, signal);
}

async function folderSource(
  context: Context,
  options: DeployOptions,
  folder: string,
  signal: AbortSignal,
): Promise<FoundSource> {
  const { service, ref, subdirectory, gitToken } = options;
  mustHaveNoGitOptions({ '--ref': ref, '--git-token': gitToken });
  if (subdirectory !== undefined) mustBeFolder(join(folder, subdirectory));
  const source = await uploaded(context, folder, options, signal);
  const name = service ?? nameOf(subdirectory === undefined ? folder : join(folder, subdirectory));
  return { source: { ...source, ...(subdirectory !== undefined && { subdirectory }) }, service: name };
}

function gitSource(
  { config }: Context,
  { service, ref, subdirectory, gitToken }: DeployOptions,
  git: GitAddress,
): FoundSource {
  const token = gitToken === undefined ? git.token : config.environment[gitToken];
  if (gitToken !== undefined && token === undefined) throw new CliError('unset_variable', { name: gitToken });
  // With --git-token, a single name before the `@` is the user.
  const username = git.username ?? (gitToken === undefined ? undefined : git.token);
  const source = { type: 'git', url: git.url, ref, subdirectory, username, token };
  return { source: source as Record<string, string>, service };
}

const envFilesOf = ({ envFrom = [], envFile = [] }: DeployOptions): string[] => [...envFile, ...envFrom];

/** Throws if an option for git is set, because it would be ignored. */
function mustHaveNoGitOptions(options: Record<string, string | undefined>): void {
  const [option] = Object.entries(options).find(([, value]) => value !== undefined) ?? [];
  if (option !== undefined) throw new CliError('git_option', { option });
}

/**
 * Returns `image` if .dockerignore applies: only if docker is the only mode, and not for a subfolder, which may be
 * another project.
 */
function purposeOf({ mode, subdirectory, fallbackMode = [] }: DeployOptions): Choice['purpose'] {
  return subdirectory === undefined && mode === 'docker' && fallbackMode.every((next) => next === 'docker')
    ? 'image'
    : 'any';
}

async function uploaded(
  { client, note, line, isJson }: Context,
  folder: string,
  options: DeployOptions,
  signal: AbortSignal,
) {
  const path = mustBeFolder(folder);
  const { pack } = await import('../pack.js');
  // Values of variables are sealed. A file with the values would be unencrypted in the release and in the image.
  const withheld = [...envFilesOf(options), ...(options.buildEnvFrom ?? [])].map((file) => resolve(file));
  const packed = await pack(path, { purpose: purposeOf(options), withheld }, signal);
  try {
    const size = bytes(packed.bytes);
    if (!isJson) note(line('uploading', { files: packed.files, size }));
    if (!isJson && packed.envFiles.length > 0) note(line('env_file_sent', { paths: packed.envFiles.join(', ') }));
    const { upload_id: id } = await client.upload<UploadBody>(packed.path, signal);
    return { type: 'archive', upload_id: id };
  } finally {
    packed.remove();
  }
}

function mustBeFolder(folder: string): string {
  const path = resolve(folder);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new CliError('no_folder', { path });
  return path;
}

function nameOf(folder: string): string {
  const path = resolve(folder);
  const name = toServiceName(basename(path));
  if (name === '') throw new CliError('no_service_name', { path });
  return name;
}

/** Builds the request from the given options. The API sets the defaults. */
function requestOf({ config }: Context, options: DeployOptions, { source, service }: FoundSource) {
  const { env = [], plain = [], meta = [], buildEnv = [], buildEnvFrom = [] } = options;
  const { queue, supersede, notifications } = options;
  const secret = collectVariables(env, envFilesOf(options), config.environment);
  const open = Object.entries(collectVariables(plain, [], config.environment));
  const variables = {
    ...secret,
    ...Object.fromEntries(open.map(([name, value]) => [name, { value, secret: false }])),
  };
  const forBuild = collectVariables(buildEnv, buildEnvFrom, config.environment);
  const health = {
    path: options.healthPath,
    expect: options.healthExpect,
    timeout: options.healthTimeout,
    min_uptime: options.minUptime,
  };
  const restart = { max_per_day: options.restartMaxPerDay, backoff_max: options.restartBackoffMax };
  const resources = { memory_mb: options.memory, cpus: options.cpus };
  return {
    mode: options.mode,
    environment: options.environment,
    timeout: options.timeout,
    force_rebuild: options.forceRebuild,
    skip_health_check: options.skipHealthCheck,
    callback_url: options.callbackUrl,
    metadata: { initiated_by: 'cli', ...collectVariables(meta, [], config.environment) },
    config: {
      service,
      source,
      environment_variables: variables,
      build_variables: given(forBuild),
      profile: options.profile,
      process: options.process,
      command: options.command,
      release_command: options.releaseCommand,
      port: options.port,
      python: options.python,
      persist: options.persist === false ? [] : options.persist,
      fallback_modes: options.fallbackMode,
      resources: given(resources),
      health_check: given(health),
      restart: given(restart),
      notifications_enabled: notifications,
      when_full: queue && 'queue',
      supersede,
    },
  };
}

const given = (values: Record<string, unknown>): Record<string, unknown> | undefined =>
  Object.values(values).some((value) => value !== undefined) ? values : undefined;

const headersOf = ({ idempotencyKey }: DeployOptions): Record<string, string> =>
  idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey };

function severalStatuses(text: string, before: readonly number[] = []): number[] {
  return [...before, wholeNumber(100, 599)(text)];
}
