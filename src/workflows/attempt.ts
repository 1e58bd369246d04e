// Runs the five steps of one mode. An attempt that doesn't succeed undoes everything that it made.
import { isCancellation, patched } from '@temporalio/workflow';
import { errorRecord } from '../contract/errors.js';
import type { ActivationOutcome, ReleaseRecord } from '../contract/messages.js';
import type { StartRequest } from '../contract/requests.js';
import type { AttemptRef, Placement } from '../contract/steps.js';
import type { Mode } from '../contract/states.js';
import type { ServiceView } from '../contract/views.js';
import type { Activations } from './activations.js';
import { errorOf } from './failure.js';
import type { Outcome } from './outcome.js';
import { fingerprintOf, instanceSpec } from './release.js';
import type { Stop } from './stop.js';
import { entities, modeSteps, stepsOn, undoStepsOn } from './steps.js';
import { UndoStack } from './undo.js';
import type { DeploymentView } from './view.js';

/** The values that all attempts of a deployment share. */
export interface Run {
  deploymentId: string;
  request: StartRequest;
  view: DeploymentView;
  stop: Stop;
  activations: Activations;
  /** Absent for a deployment that was started manually: its configuration can't be compared with another's. */
  configMac: string | undefined;
}

export async function attempt(
  run: Run,
  placement: Placement,
  which: { mode: Mode; attempt: number },
): Promise<Outcome> {
  const { request, view, stop } = run;
  if (stop.stopped) return stop.outcome();
  const missing = placement.managers[which.mode];
  if (missing.status === 'unavailable') {
    const error = missing.error ?? errorRecord('internal', { params: { reason: `${which.mode} is unavailable` } });
    view.skipped(which.mode, error);
    return { kind: 'skipped', error };
  }
  if (request.config.resources && which.mode !== 'docker') {
    const error = errorRecord('invalid', { text: 'resources.not_enforceable', params: { mode: which.mode } });
    view.skipped(which.mode, error);
    return { kind: 'skipped', error };
  }
  view.attemptStarted(which.mode, which.mode === 'docker' ? 'container' : placement.processUser);
  const undo = new UndoStack();
  const outcome = await settled(run, () => takeSteps(run, placement, which, undo));
  const keeps = outcome.kind === 'completed' && outcome.changed;
  view.stepEnded(outcome.kind);
  if (outcome.kind === 'completed' && !outcome.changed) view.ranNothing();
  if (!keeps) await undo.run();
  if (outcome.kind !== 'completed') view.rolledBack();
  view.attemptEnded(outcome.kind, outcome.kind === 'completed' ? undefined : outcome.error);
  return outcome;
}

async function takeSteps(
  run: Run,
  placement: Placement,
  which: { mode: Mode; attempt: number },
  undo: UndoStack,
): Promise<Outcome> {
  const { deploymentId, request, view } = run;
  const { hostId, service, source, startAs, staysInContainers } = placement;
  const ref: AttemptRef = { deploymentId, service, ...which };
  const steps = stepsOn(hostId);
  const undoSteps = undoStepsOn(hostId);
  const { check, install, configure, discard } = modeSteps(hostId, which.mode);

  view.entered('prepare');
  undo.push('discard the release', () => undoSteps.discardRelease(ref));
  // Runs beside the step; only the end of the step decides whether to undo.
  const pendingService = entities.readService({ service });
  pendingService.catch(() => undefined); // awaited below, unless the step fails
  const release = await steps.prepareRelease({ ...ref, source, request, startAs, staysInContainers });
  const serving = await pendingService;
  const fingerprint = fingerprintOf(release, run.configMac);
  const same = request.force_rebuild ? undefined : alreadyServing(serving, fingerprint);
  const unchanged = same && !isElsewhere(serving, hostId) ? same : undefined;
  if (unchanged && fingerprint !== undefined) {
    const outcome = patched('confirmed') ? await confirmed(run, ref, hostId, { fingerprint, unchanged }) : unchanged;
    if (outcome) return outcome;
  }

  view.entered('check');
  const { environment, force_rebuild: forceRebuild } = request;
  const wanted = {
    ...ref,
    release,
    environment,
    profile: request.config.profile,
    forceRebuild,
    isolation: serving?.isolation,
    resources: request.config.resources,
    buildVariables: request.config.build_variables,
  };
  const checked = await check(wanted);
  if (!checked.applies) return { kind: view.state.plan.length > 1 ? 'skipped' : 'failed', error: checked.error };
  const { environmentKey, python } = checked;

  view.entered('install');
  undo.push('discard what was installed', () => discard({ service, environmentKey, deploymentId }));
  await install({ ...wanted, environmentKey, python });

  view.entered('configure');
  const spec = instanceSpec(ref, request, release, environmentKey);
  await configure({ ...ref, spec, releaseCommand: release.releaseCommand, isolation: serving?.isolation });

  view.entered('start');
  return switchTo(run, hostId, which.attempt, {
    release: deploymentId,
    sequence: view.state.sequence ?? 0,
    createdAt: new Date().toISOString(),
    sourceHash: release.sourceHash,
    revision: release.revision,
    deployedBy: initiatorOf(request),
    fingerprint,
    persist: release.persist?.map(({ path }) => path) ?? request.config.persist ?? [],
    spec,
  });
}

/**
 * Returns `unchanged` if the service still runs this release and no older command can replace it. Returns undefined if
 * another release is active by now.
 */
async function confirmed(
  { activations, view, stop }: Run,
  { service, deploymentId, attempt: count }: AttemptRef,
  hostId: string,
  { fingerprint, unchanged }: { fingerprint: string; unchanged: Outcome },
): Promise<Outcome | undefined> {
  const confirmation = {
    activationId: `${deploymentId}.${count}.same`,
    sequence: view.state.sequence ?? 0,
    fingerprint,
  };
  const outcome = await activations.confirm(service, hostId, confirmation);
  if (outcome.kind === 'activated') return unchanged;
  return outcome.kind === 'changed' ? undefined : notActivated(outcome, stop);
}

/** Sends the release to its service, which alone can switch, and returns the service's outcome. */
async function switchTo(run: Run, hostId: string, attemptNumber: number, release: ReleaseRecord): Promise<Outcome> {
  const outcome = await run.activations.activate(`${run.deploymentId}.${attemptNumber}`, hostId, release);
  if (outcome.kind !== 'activated') return notActivated(outcome, run.stop);
  return { kind: 'completed', changed: true, release: release.release, url: outcome.url };
}

function notActivated(outcome: Exclude<ActivationOutcome, { kind: 'activated' }>, stop: Stop): Outcome {
  switch (outcome.kind) {
    case 'failed':
      return { kind: 'failed', error: outcome.error };
    case 'superseded':
    case 'changed':
      return { kind: 'cancelled', error: errorRecord('superseded') };
    case 'cancelled':
      return stop.outcome();
  }
}

function initiatorOf({ metadata }: StartRequest): string | undefined {
  return typeof metadata.initiated_by === 'string' ? metadata.initiated_by : undefined;
}

/** Returns a result without changes if the same source and configuration is active and healthy. */
function alreadyServing(serving: ServiceView | null, fingerprint: string | undefined): Outcome | undefined {
  if (fingerprint === undefined || serving?.fingerprint !== fingerprint) return undefined;
  // Degraded: the service itself is healthy, but a dependency is not.
  const isUp = serving.status === 'running' || serving.status === 'degraded';
  if (!isUp || (serving.own_health ?? serving.health) !== 'healthy') return undefined;
  return {
    kind: 'completed',
    changed: false,
    release: serving.active_release ?? undefined,
    url: serving.url ?? undefined,
  };
}

/**
 * Returns true if the service is on another host. If that host is lost, the service's last reported state may be wrong.
 */
const isElsewhere = (serving: ServiceView | null, hostId: string): boolean =>
  serving?.host !== hostId && patched('serves-elsewhere');

async function settled(run: Run, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    // A stopped step can end in any way, for example because its worker was lost.
    if (run.stop.stopped || isCancellation(error)) return run.stop.outcome();
    return { kind: 'failed', error: errorOf(error) };
  }
}
