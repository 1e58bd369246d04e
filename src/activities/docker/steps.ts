// The docker mode: check, build, release command, and undo. judge.ts derives the errors of failed builds.
import { join, posix } from 'node:path';
import { errorRecord, SlipwayError, type ErrorRecord } from '../../contract/errors.js';
import { releaseDir, releaseManifest } from '../../contract/layout.js';
import { MAX_PROJECT_TEXT_BYTES } from '../../contract/source-limits.js';
import type { CheckInput, CheckResult, ConfigureInput, InstallInput, ManagerStatus } from '../../contract/steps.js';
import { nameFiles, proxiesIn } from '../../contract/tool-environment.js';
import { mask, maskList, openVariables, secretValuesOf } from '../../secrets.js';
import { containerEnvironment } from '../app-environment.js';
import { assertRoom } from '../disk-errors.js';
import { keyOf } from '../environment-key.js';
import { takingUp } from '../environment-uses.js';
import { heartbeating } from '../heartbeating.js';
import {
  givenParts,
  installSettings,
  unreadVariables,
  unsetVariables,
  type InstallSettings,
} from '../install-settings.js';
import { createServiceData, seedContainer } from '../persist/service-data.js';
import type { ImageFacts } from '../ports/docker/engine.js';
import { LABELS, labelsOf } from '../ports/docker/labels.js';
import type { Ports } from '../ports/index.js';
import { entriesBelow, readManifest } from '../prepare/manifest.js';
import { readFacts, type ProjectFacts } from '../project/facts.js';
import { foreignSource, missingWorkspace, unnamedMember, unreadSource } from '../project/foreign-source.js';
import { named } from '../project/groups.js';
import { copyToLog, logTailOf, maskAll, sayInLog, type LogTarget } from '../run-logged.js';
import type { HostSettings } from '../settings.js';
import { installLog } from '../working-copy.js';
import { givenFile, givenTo, mustTake, untold } from './build-variables.js';
import { assertContextFits } from './context.js';
import {
  baseImageFor,
  DOCKERFILE,
  GENERATED_DOCKERFILE,
  generateDockerfile,
  installsWithPip,
  type Target,
} from './dockerfile.js';
import {
  engineDown,
  isRootForbidden,
  mustMapRoot,
  PING_MS,
  probeEngine,
  rootNotMapped,
  withEngine,
} from './engine-status.js';
import { imageOf } from './image.js';
import { judgeBuild } from './judge.js';
import { outsideReachOf, type OutsideReach } from './outside-reach.js';
import type { TakenVariables } from './taken-variables.js';

type DockerPorts = Pick<
  Ports,
  'disk' | 'parser' | 'engine' | 'logs' | 'entities' | 'containers' | 'processes' | 'tools'
>;

/** A planned build: the project's own Dockerfile, or a generated one. */
interface Plan {
  dockerfile: string;
  isGenerated: boolean;
  /** The reason why an engine without BuildKit can't build it. */
  needsBuildKit?: 'docker.needs_buildkit' | 'docker.variables_need_buildkit';
  /** The build variables that the project's own Dockerfile uses. */
  takes?: TakenVariables;
  target?: Target;
}

/** The names of the items that a deployment made in the engine. */
interface Made {
  service: string;
  environmentKey: string;
  deploymentId: string;
}

/** The name is BuildKit's. Without it, all builds of an engine share cache mounts (`RUN --mount=type=cache`). */
const CACHE_NAMESPACE = 'BUILDKIT_CACHE_MOUNT_NS';

const releaseContainer = (deploymentId: string): string => `slipway.release.${deploymentId}`;

/** Each container gets as many volumes from the engine, or as many mounts if the service persists data. */
const MOST_VOLUMES = 100;

function mustHaveFewVolumes(image: ImageFacts | undefined): void {
  const count = image?.volumes.length ?? 0;
  if (count <= MOST_VOLUMES) return;
  throw new SlipwayError('build_failed', { text: 'build_failed.many_volumes', params: { count, most: MOST_VOLUMES } });
}

export function createDocker(ports: DockerPorts, settings: HostSettings) {
  const { disk, engine, parser } = ports;
  const { layout, hostId, secrets } = settings;
  const serviceData = createServiceData(ports, settings);
  const rootOf = ({ service, deploymentId }: Pick<CheckInput, 'service' | 'deploymentId'>): string =>
    releaseDir(layout, service, deploymentId);
  /** Returns the app's folder, which is a member's own folder in a workspace. */
  const appOf = (input: CheckInput): string => join(rootOf(input), input.release.folder ?? '.');
  /**
   * Returns the build context. A project's own Dockerfile builds the app's folder; a generated one needs the workspace.
   */
  const contextRootOf = (input: CheckInput, isGenerated: boolean): string =>
    isGenerated ? rootOf(input) : appOf(input);

  return {
    checkDocker: (input: CheckInput): Promise<CheckResult> => heartbeating(() => check(input)),

    /** Builds the image, unless it exists. An interrupted build leaves nothing, because the engine ends it. */
    buildImage: (input: InstallInput): Promise<void> =>
      heartbeating((signal) =>
        takingUp(
          ports,
          layout,
          input,
          () => withEngine(engine, signal, ({ buildKit }) => buildUnlessThere(input, buildKit, signal)),
          signal,
        ),
      ),

    /**
     * Runs the release command in its own container, with the app's environment. It runs again if the worker dies
     * meanwhile.
     */
    configureContainer: ({ spec, releaseCommand }: ConfigureInput): Promise<void> =>
      heartbeating((signal) =>
        withEngine(engine, signal, async () => {
          if (releaseCommand === undefined) return;
          await mustMapRoot(engine, settings.containerRoot);
          const { service, deploymentId } = spec;
          const variables = openVariables(secrets, service, spec.variables);
          const masked = maskList(secretValuesOf(variables, spec.plainVariables));
          const log: LogTarget = { deploymentId, step: 'configure', masked };
          await sayInLog(ports, log, `$ ${releaseCommand}`);
          const copy = copyToLog(ports, log);
          const image = imageOf(service, spec.environmentKey);
          const facts = await engine.image(image);
          const data = facts && (await serviceData.forContainer(spec, { ref: image, facts }, signal));
          const { exitCode, tail } = await engine.runOnce({
            image,
            name: releaseContainer(deploymentId),
            argv: ['/bin/sh', '-c', releaseCommand],
            env: containerEnvironment({ spec, variables }),
            ...(data && { data }),
            labels: labelsOf(hostId, service, deploymentId),
            signal,
            onLines: copy.write,
          });
          await copy.written();
          if (exitCode === 0) return;
          const logTail = logTailOf(maskAll(tail, masked));
          throw new SlipwayError('release_command_failed', { params: { exit: exitCode }, logTail });
        }),
      ),

    /**
     * Undoes a build and its release command. An image that others may use stays until a daily clean-up finds it
     * unused.
     */
    discardImage: ({ service, environmentKey, deploymentId }: Made): Promise<void> =>
      heartbeating(async (signal) => {
        const { isImageKept, isServiceGone } = await usersOf({ service, environmentKey, deploymentId });
        await withEngine(engine, signal, async () => {
          await engine.removeContainer(releaseContainer(deploymentId)); // a killed worker leaves it running
          await engine.removeContainer(seedContainer(deploymentId));
          if (isServiceGone) await engine.removeNetwork(service);
          if (isImageKept) return;
          await engine.removeImage(imageOf(service, environmentKey));
          await engine.pruneUntagged(labelsOf(hostId, service, deploymentId)); // left by an interrupted removal
        });
      }),

    probeDocker: (): Promise<ManagerStatus> => probeEngine(engine, settings.containerRoot),
  };

  async function buildUnlessThere(input: InstallInput, buildKit: boolean, signal: AbortSignal): Promise<void> {
    await mustMapRoot(engine, settings.containerRoot);
    const tag = imageOf(input.service, input.environmentKey);
    const log = installLog(settings, input);
    const present = await engine.image(tag);
    if (present) await sayInLog(ports, log, 'nothing changed: the image is there already');
    else await build(input, tag, log, buildKit, signal);
    mustHaveFewVolumes(present ?? (await engine.image(tag)));
  }

  /**
   * Returns whether the image must stay: a release of the service may use it, or another deployment of the service that
   * found it.
   */
  async function usersOf({
    service,
    environmentKey,
    deploymentId,
  }: Made): Promise<{ isImageKept: boolean; isServiceGone: boolean }> {
    const view = await ports.entities.readService(service);
    if (view?.releases.some(({ environment_key: key }) => key === environmentKey))
      return { isImageKept: true, isServiceGone: false };
    const inFlight = await ports.entities.readInFlightOf(service);
    const others = inFlight.filter((id) => id !== deploymentId);
    return {
      // Without other deployments, the image belongs to a release that is no longer kept.
      isImageKept: inFlight.includes(deploymentId) && others.length > 0,
      isServiceGone: view === undefined && others.length === 0,
    };
  }

  async function check(input: CheckInput): Promise<CheckResult> {
    const status = await engine.status(PING_MS);
    if (status.state === 'down') return { applies: false, error: engineDown(status) };
    if (await isRootForbidden(engine, settings.containerRoot)) return { applies: false, error: rootNotMapped() };
    await assertCpus(input);
    const facts = await readFacts(ports, rootOf(input), input);
    const plan = await planOf(input, facts);
    if ('error' in plan) return { applies: false, error: plan.error };
    if (!status.buildKit && plan.needsBuildKit) {
      return { applies: false, error: errorRecord('engine_unavailable', { text: plan.needsBuildKit }) };
    }
    assertRoom(await disk.freeBytes(layout.root));
    assertContextFits(await sized(input, plan.isGenerated));
    return { applies: true, environmentKey: keyFor(input, plan), python: '', pythonVersion: '' };
  }

  async function assertCpus({ resources }: CheckInput): Promise<void> {
    if (resources?.cpus === undefined) return;
    const most = await engine.cpus();
    if (resources.cpus <= most) return;
    throw new SlipwayError('invalid', { text: 'resources.cpus_above_host', params: { cpus: resources.cpus, most } });
  }

  function isIsolatedBuild({ isolation }: CheckInput): boolean {
    return settings.isolation === 'container' || isolation === 'container';
  }

  function keyFor(input: CheckInput, { dockerfile, target }: Plan): string {
    const source = { hash: input.release.sourceHash, service: input.service };
    return keyOf({
      mode: 'docker',
      platform: hostId, // an image is in one host's engine
      recipe: { target: target?.name },
      files: { [DOCKERFILE]: dockerfile },
      source,
      ...givenParts(installSettings(settings, input), source),
      ...(input.forceRebuild && { salt: input.deploymentId }),
    });
  }

  async function planOf(
    input: CheckInput,
    facts: ProjectFacts,
  ): Promise<Plan | { error: ReturnType<typeof errorRecord> }> {
    const own = await disk.readProjectFile(appOf(input), DOCKERFILE, MAX_PROJECT_TEXT_BYTES);
    if (own !== undefined) {
      const { profile } = input;
      const parsed = await parser.parse('dockerfile', { text: own, ...(profile !== undefined && { profile }) });
      const { target, takes } = parsed;
      if (isIsolatedBuild(input)) mustStayInside(parsed.outsideReach);
      mustTake(takes, installSettings(settings, input));
      const needsBuildKit = parsed.needsBuildKit ? 'docker.needs_buildkit' : undefined;
      return { dockerfile: own, isGenerated: false, takes, target, ...(needsBuildKit && { needsBuildKit }) };
    }
    if (facts.pyproject?.slipway.docker === false) {
      return { error: errorRecord('engine_unavailable', { text: 'docker.opted_out' }) };
    }
    const spelt = (await disk.list(appOf(input))).find(({ name, kind }) => kind !== 'folder' && isMisspelt(name));
    if (spelt) {
      const params = { file: spelt.name };
      return { error: errorRecord('source_invalid', { text: 'docker.dockerfile_spelt', params }) };
    }
    const image = baseImageFor(settings.pythonImage, input.release.python);
    if (image === undefined) {
      const params = { wanted: input.release.python ?? '', found: settings.pythonImage };
      return { error: errorRecord('python_unavailable', { text: 'docker.no_python_image', params }) };
    }
    const installs = installSettings(settings, input);
    const error = unfit(facts, installs);
    if (error) return { error };
    const variables = givenFile(installs);
    const dockerfile = generateDockerfile({
      image,
      facts,
      command: input.release.command,
      isDevelopment: input.environment === 'dev',
      group: named(facts.pyproject?.groups ?? {}, input.profile),
      extra: named(facts.pyproject?.extras ?? {}, input.profile),
      ...(variables !== undefined && { variables }),
      namesFiles: nameFiles(installs.given),
      ...(installs.version && { version: installs.version }),
    });
    if (isIsolatedBuild(input)) mustStayInside(outsideReachOf(dockerfile)); // it contains names from the project
    const mounts = variables !== undefined && dockerfile.includes(variables);
    return { dockerfile, isGenerated: true, ...(mounts && { needsBuildKit: 'docker.variables_need_buildkit' }) };
  }

  /**
   * Returns an error if the install would ignore the project's sources or the deployment's variables. The host's
   * settings never reach the image.
   */
  function unfit(facts: ProjectFacts, { given }: InstallSettings): ErrorRecord | undefined {
    if (!installsWithPip(facts))
      return (
        unreadSource(facts) ??
        missingWorkspace(facts) ??
        unnamedMember(facts) ??
        (facts.lock === undefined ? unreadVariables(given, 'uv') : undefined)
      );
    return foreignSource(facts) ?? unsetVariables(given, facts) ?? unreadVariables(given, 'pip');
  }

  async function build(
    input: InstallInput,
    tag: string,
    log: LogTarget,
    buildKit: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const plan = await planOf(input, await readFacts(ports, rootOf(input), input));
    if ('error' in plan) throw new SlipwayError('internal', { params: { reason: 'a build without a Dockerfile' } });
    if (plan.isGenerated)
      await sayInLog(
        ports,
        log,
        'there is no Dockerfile: building with this one',
        ...plan.dockerfile.trimEnd().split('\n'),
      );
    const installs = installSettings(settings, input);
    for (const line of untold(plan, installs)) await sayInLog(ports, log, line);
    const { dockerfile, buildArgs, secrets: mounted } = givenTo(plan, installs);
    const copy = copyToLog(ports, log);
    const { sent, leftOut } = await contextOf(input, plan.isGenerated);
    const entries = sent.filter(({ path }) => path !== ENGINE_RULES);
    const outcome = await engine.build({
      // The text that was checked, as a plain file: a link in the project could lead the engine to another text.
      context: engine.context(contextRootOf(input, plan.isGenerated), entries, { [nameOf(plan)]: dockerfile }),
      dockerfile: nameOf(plan),
      ...(plan.target?.name !== undefined && { target: plan.target.name }),
      tag,
      labels: { ...labelsOf(hostId, input.service, input.deploymentId), ...portLabel(plan) },
      buildArgs: {
        ...proxiesIn(installs.toolEnvironment),
        ...buildArgs,
        ...(buildKit && { [CACHE_NAMESPACE]: `${hostId}.${input.service}` }),
      },
      secrets: mounted,
      buildKit,
      anew: input.forceRebuild,
      signal,
      onLines: copy.write,
    });
    await copy.written();
    if (outcome.kind === 'built') return;
    const ended = { reason: mask(outcome.reason, log.masked), tail: maskAll(outcome.tail, log.masked) };
    throw judgeBuild(ended, (path) =>
      leftOut.some((excludedPath) => `${excludedPath}/`.startsWith(`${posix.normalize(path)}/`)),
    );
  }

  /** Returns the entries that are sent to the engine, and the paths that `.dockerignore` excludes. */
  async function contextOf(input: CheckInput, isGenerated: boolean) {
    const { service, deploymentId } = input;
    const text = await disk.readText(releaseManifest(layout, service, deploymentId));
    if (text === undefined)
      throw new SlipwayError('internal', { params: { reason: `${deploymentId} has no manifest` } });
    const { entries: all } = readManifest(text);
    const entries = isGenerated ? all : entriesBelow(all, input.release.folder);
    const rules = await disk.readProjectFile(
      contextRootOf(input, isGenerated),
      '.dockerignore',
      MAX_PROJECT_TEXT_BYTES,
    );
    if (rules === undefined) return { sent: entries, leftOut: [] };
    const selected = new Set(await parser.parse('context', { paths: entries.map(({ path }) => path), rules }));
    // A generated Dockerfile installs from these files. Without one of them, it would install something else.
    const isSent = (path: string): boolean => selected.has(path) || (isGenerated && decides(path, input));
    const sent = entries.filter(({ path }) => isSent(path));
    const leftOut = entries.flatMap(({ path }) => (isSent(path) ? [] : [path]));
    return { sent, leftOut };
  }

  async function sized(input: CheckInput, isGenerated: boolean): Promise<{ path: string; bytes: number }[]> {
    const { sent } = await contextOf(input, isGenerated);
    const files = sent.filter(({ kind }) => kind === 'file');
    return Promise.all(
      files.map(async ({ path }) => ({
        path,
        bytes: await disk.fileBytes(join(contextRootOf(input, isGenerated), path)),
      })),
    );
  }
}

function mustStayInside(reach: OutsideReach | undefined): void {
  if (reach) throw new SlipwayError('source_invalid', { text: 'docker.reaches_outside', params: { ...reach } });
}

function portLabel({ target }: Plan): Record<string, string> {
  const [first] = target?.ports ?? [];
  return first === undefined ? {} : { [LABELS.port]: String(first) };
}

/** Returns true for a Dockerfile in another case. Otherwise a generated Dockerfile would replace it. */
const isMisspelt = (name: string): boolean => name !== DOCKERFILE && name.toLowerCase() === DOCKERFILE.toLowerCase();

const nameOf = ({ isGenerated }: Plan): string => (isGenerated ? GENERATED_DOCKERFILE : DOCKERFILE);

const DECIDING_FILES = /^(?:uv\.toml|uv\.lock|pyproject\.toml|setup\.py|setup\.cfg|requirements[^/]*\.txt)$/;

/** Returns true for files that decide what is installed. In a workspace, the files of all members count. */
const decides = (path: string, { release: { folder } }: CheckInput): boolean =>
  DECIDING_FILES.test(folder === undefined ? path : posix.basename(path));

/**
 * The engine reads this file before `.dockerignore`, which Slipway has already applied. A project's file of this name
 * is excluded.
 */
const ENGINE_RULES = `${GENERATED_DOCKERFILE}.dockerignore`;
