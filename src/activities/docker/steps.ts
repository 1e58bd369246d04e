// The docker mode: check, build, release command, and the undo (contract §1, §3.4). How builds fail stands in judge.ts.
import { join } from 'node:path';
import { errorRecord, SlipwayError } from '../../contract/errors.js';
import { releaseDir, releaseManifest } from '../../contract/layout.js';
import type { CheckInput, CheckResult, ConfigureInput, InstallInput, ManagerStatus } from '../../contract/steps.js';
import { passwordsIn, proxiesIn } from '../../contract/tool-environment.js';
import { mask, maskList, openVariables } from '../../secrets.js';
import { containerEnvironment } from '../app-environment.js';
import { assertRoom } from '../disk-errors.js';
import { keyOf } from '../environment-key.js';
import { heartbeating } from '../heartbeating.js';
import { createServiceData, seedContainer } from '../persist/service-data.js';
import { labelsOf } from '../ports/docker/labels.js';
import type { Ports } from '../ports/index.js';
import { readManifest } from '../prepare/manifest.js';
import { readFacts, type ProjectFacts } from '../project/facts.js';
import { named } from '../project/groups.js';
import { copyToLog, logTailOf, maskAll, sayInLog, type LogTarget } from '../run-logged.js';
import type { HostSettings } from '../settings.js';
import { assertContextFits, selectContext } from './context.js';
import {
  baseImageFor,
  DOCKERFILE,
  GENERATED_DOCKERFILE,
  generateDockerfile,
  needsBuildKit,
  stagesOf,
} from './dockerfile.js';
import { engineDown, PING_MS, probeEngine, withEngine } from './engine-status.js';
import { imageOf } from './image.js';
import { judgeBuild } from './judge.js';

type DockerPorts = Pick<Ports, 'disk' | 'engine' | 'logs' | 'entities' | 'containers' | 'processes' | 'tools'>;

/** What is built: the project's own Dockerfile, or one made for it. */
interface Plan {
  dockerfile: string;
  isGenerated: boolean;
  target?: string;
}

/** What a deployment made in the engine. */
interface Made {
  service: string;
  environmentKey: string;
  deploymentId: string;
}

const releaseContainer = (deploymentId: string): string => `slipway.release.${deploymentId}`;

export function createDocker(ports: DockerPorts, settings: HostSettings) {
  const { disk, engine } = ports;
  const { layout, hostId, secrets } = settings;
  const serviceData = createServiceData(ports, settings);
  const rootOf = ({ service, deploymentId }: Pick<CheckInput, 'service' | 'deploymentId'>): string =>
    releaseDir(layout, service, deploymentId);

  return {
    checkDocker: (input: CheckInput): Promise<CheckResult> => heartbeating(() => check(input)),

    /** Builds the image, unless it is there. A build that is broken off leaves nothing: the engine ends it. */
    buildImage: (input: InstallInput): Promise<void> =>
      heartbeating((signal) =>
        withEngine(engine, signal, async ({ buildKit }) => {
          const tag = imageOf(input.service, input.environmentKey);
          const log = installLog(input);
          if (await engine.image(tag)) {
            await sayInLog(ports, log, 'nothing changed: the image is there already');
            return;
          }
          await build(input, tag, log, buildKit, signal);
        }),
      ),

    /** The release command, in a container of its own, with the app's environment. Runs again when the worker dies meanwhile. */
    configureContainer: ({ spec, releaseCommand }: ConfigureInput): Promise<void> =>
      heartbeating((signal) =>
        withEngine(engine, signal, async () => {
          if (releaseCommand === undefined) return;
          const { service, deploymentId } = spec;
          const variables = openVariables(secrets, service, spec.variables);
          const masked = maskList(Object.values(variables));
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

    /** Undo of a build and its release command. An image that others may use stays, until a daily round finds it unused. */
    discardImage: ({ service, environmentKey, deploymentId }: Made): Promise<void> =>
      heartbeating(async (signal) => {
        const isKept = await isWanted({ service, environmentKey, deploymentId });
        await withEngine(engine, signal, async () => {
          await engine.removeContainer(releaseContainer(deploymentId)); // a killed worker leaves it running
          await engine.removeContainer(seedContainer(deploymentId));
          if (isKept) return;
          await engine.removeImage(imageOf(service, environmentKey));
          await engine.pruneUntagged(labelsOf(hostId, service, deploymentId)); // of a removal that was broken off
        });
      }),

    probeDocker: (): Promise<ManagerStatus> => probeEngine(engine),
  };

  /** By a release of the service, or maybe by another deployment of it, which found the image there already. */
  async function isWanted({ service, environmentKey, deploymentId }: Made): Promise<boolean> {
    const known = await ports.entities.readService(service);
    if (known?.releases.some(({ environment_key: key }) => key === environmentKey)) return true;
    const inFlight = await ports.entities.readInFlightOf(service);
    return inFlight.includes(deploymentId) && inFlight.length > 1; // else it is of a release that is no longer kept
  }

  async function check(input: CheckInput): Promise<CheckResult> {
    const status = await engine.status(PING_MS);
    if (status.state === 'down') return { applies: false, error: engineDown(status) };
    const facts = await readFacts(disk, rootOf(input), input.profile);
    const plan = await planOf(input, facts);
    if ('error' in plan) return { applies: false, error: plan.error };
    if (!status.buildKit && needsBuildKit(plan.dockerfile)) {
      return { applies: false, error: errorRecord('engine_unavailable', { text: 'docker.needs_buildkit' }) };
    }
    assertRoom(await disk.freeBytes(layout.root));
    assertContextFits(await sized(input));
    return { applies: true, environmentKey: keyFor(input, plan), python: '', pythonVersion: '' };
  }

  function keyFor(input: CheckInput, { dockerfile, target }: Plan): string {
    return keyOf({
      mode: 'docker',
      platform: hostId, // an image stands in one host's engine
      recipe: { target },
      files: { [DOCKERFILE]: dockerfile },
      source: { hash: input.release.sourceHash, service: input.service },
      ...(input.forceRebuild && { salt: input.deploymentId }),
    });
  }

  async function planOf(
    input: CheckInput,
    facts: ProjectFacts,
  ): Promise<Plan | { error: ReturnType<typeof errorRecord> }> {
    const own = await disk.readText(join(rootOf(input), DOCKERFILE));
    if (own !== undefined) {
      const target = stagesOf(own).find((stage) => stage.toLowerCase() === input.profile?.toLowerCase());
      return { dockerfile: own, isGenerated: false, ...(target !== undefined && { target }) };
    }
    if (facts.pyproject?.slipway.docker === false) {
      return { error: errorRecord('engine_unavailable', { text: 'docker.opted_out' }) };
    }
    const image = baseImageFor(settings.pythonImage, input.release.python);
    if (image === undefined) {
      const params = { wanted: input.release.python ?? '', found: settings.pythonImage };
      return { error: errorRecord('python_unavailable', { text: 'docker.no_python_image', params }) };
    }
    const dockerfile = generateDockerfile({
      image,
      facts,
      command: input.release.command,
      isDevelopment: input.environment === 'dev',
      group: named(facts.pyproject?.groups ?? {}, input.profile),
      extra: named(facts.pyproject?.extras ?? {}, input.profile),
    });
    return { dockerfile, isGenerated: true };
  }

  async function build(
    input: InstallInput,
    tag: string,
    log: LogTarget,
    buildKit: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const plan = await planOf(input, await readFacts(disk, rootOf(input), input.profile));
    if ('error' in plan) throw new SlipwayError('internal', { params: { reason: 'a build without a Dockerfile' } });
    if (plan.isGenerated)
      await sayInLog(ports, log, `there is no Dockerfile: building with this one\n${plan.dockerfile}`);
    const copy = copyToLog(ports, log);
    const outcome = await engine.build({
      context: engine.context(rootOf(input), await contextOf(input), addedFiles(plan)),
      dockerfile: plan.isGenerated ? GENERATED_DOCKERFILE : DOCKERFILE,
      ...(plan.target !== undefined && { target: plan.target }),
      tag,
      labels: labelsOf(hostId, input.service, input.deploymentId),
      buildArgs: proxiesIn(settings.toolEnvironment),
      buildKit,
      anew: input.forceRebuild,
      signal,
      onLines: copy.write,
    });
    await copy.written();
    if (outcome.kind === 'built') return;
    throw judgeBuild({ reason: mask(outcome.reason, log.masked), tail: maskAll(outcome.tail, log.masked) });
  }

  async function contextOf(input: CheckInput) {
    const { service, deploymentId } = input;
    const text = await disk.readText(releaseManifest(layout, service, deploymentId));
    if (text === undefined)
      throw new SlipwayError('internal', { params: { reason: `${deploymentId} has no manifest` } });
    return selectContext(readManifest(text).entries, await disk.readText(join(rootOf(input), '.dockerignore')));
  }

  async function sized(input: CheckInput): Promise<{ path: string; bytes: number }[]> {
    const files = (await contextOf(input)).filter(({ kind }) => kind === 'file');
    return Promise.all(
      files.map(async ({ path }) => ({ path, bytes: await disk.fileBytes(join(rootOf(input), path)) })),
    );
  }

  function installLog({ deploymentId }: Pick<CheckInput, 'deploymentId'>): LogTarget {
    return { deploymentId, step: 'install', masked: maskList(passwordsIn(settings.toolEnvironment)) };
  }
}

const addedFiles = ({ isGenerated, dockerfile }: Plan): Record<string, string> =>
  isGenerated ? { [GENERATED_DOCKERFILE]: dockerfile } : {};
