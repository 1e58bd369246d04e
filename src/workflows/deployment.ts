// The deployment workflow: gets a slot and a host, attempts each mode until one works, and ends exactly once.
import { isCancellation, patched, setHandler, workflowInfo } from '@temporalio/workflow';
import { errorRecord, type ErrorRecord } from '../contract/errors.js';
import {
  activationEndedSignal,
  cancelSignal,
  progressQuery,
  slotGrantedSignal,
  slotRefusedSignal,
  statusQuery,
  viewQuery,
  type ApiAdmission,
  type Enrolment,
} from '../contract/messages.js';
import type { StartRequest } from '../contract/requests.js';
import type { Mode } from '../contract/states.js';
import type { OpenedRequest, Placement } from '../contract/steps.js';
import { progressBody, statusBody, type DeploymentState } from '../contract/views.js';
import { Activations } from './activations.js';
import { attempt, type Run } from './attempt.js';
import { endDeployment, type DeploymentResult } from './ending.js';
import { errorOf } from './failure.js';
import { measure } from './measures.js';
import { CallbackOutbox } from './callback-outbox.js';
import { fallsThrough, isAppsOwn, type Outcome } from './outcome.js';
import { hasShape } from './signal-guards.js';
import { Slot } from './slot.js';
import { entities } from './steps.js';
import { Stop } from './stop.js';
import { acceptedState, blankState, DeploymentView, enrolledState } from './view.js';

/**
 * `input` is a start request with sealed secrets. `from` is the admission of the gate, or the data of the batch. A
 * deployment that was started manually has no `from`. Like a deployment of a batch, it requests its slot from the gate
 * itself.
 */
export async function deployment(input: unknown, from?: ApiAdmission | Enrolment): Promise<DeploymentResult> {
  const { workflowId: deploymentId } = workflowInfo();
  const { request, refused: refusedAtOnce } = await open(deploymentId, input, from);
  const state = firstState(deploymentId, request, from);
  const notices = new CallbackOutbox(state, request);
  const view = new DeploymentView(state, (event) => {
    notices.hear(event);
    measure(state, event);
  });
  const stop = new Stop();
  const slot = new Slot(view, request, from);
  const activations = new Activations(deploymentId);
  const run: Run = { deploymentId, request, view, stop, activations, configMac: from?.configMac };

  setHandler(statusQuery, () => statusBody(state, new Date(), state.language));
  setHandler(progressQuery, () => progressBody(state, new Date(), state.language));
  setHandler(viewQuery, () => state);
  setHandler(cancelSignal, (who) => {
    stop.now(who?.by ?? 'user');
  });
  setHandler(slotGrantedSignal, (granted) => {
    if (hasShape('slotGranted', granted, { sequence: 'number', estimates: 'object' })) slot.granted(granted);
  });
  setHandler(slotRefusedSignal, (error) => {
    if (hasShape('slotRefused', error, { code: 'string', text: 'string' })) slot.refused(error);
  });
  setHandler(activationEndedSignal, (answer) => {
    if (hasShape('activationEnded', answer, { activationId: 'string', outcome: 'object' })) activations.settle(answer);
  });

  return endDeployment(view, slot, notices, await deploy());

  async function deploy(): Promise<Outcome> {
    try {
      return await stop.scope.run(async () => {
        const refused = refusedAtOnce ?? (await slot.wait());
        if (refused) return { kind: 'failed', error: refused };
        stop.after(request.timeout);
        const placement = await entities.placeDeployment({ deploymentId, request, service: from?.service });
        view.placed(placement.service, placement.language);
        return await tryModes(placement);
      });
    } catch (error) {
      if (stop.stopped || isCancellation(error)) return stop.outcome();
      return { kind: 'failed', error: errorOf(error) };
    }
  }

  /**
   * Returns true if an error of the app ends the deployment without the next mode. If the request lists fallback modes,
   * all of them are attempted.
   */
  function endsAlikeInEveryMode(outcome: Outcome): boolean {
    if (request.config.fallback_modes || outcome.kind !== 'failed') return false;
    return isAppsOwn(outcome.error) && patched('own-errors-end-it');
  }

  async function tryModes(placement: Placement): Promise<Outcome> {
    let reported: Outcome | undefined;
    const isShut = placement.staysInContainers === true && patched('stays-in-containers');
    for (const [index, mode] of state.plan.entries()) {
      if (isShut && mode !== 'docker') {
        view.skipped(mode, errorRecord('invalid', { text: 'mode.stays_in_containers', params: { mode } }));
        continue;
      }
      const outcome = await attempt(run, placement, { mode, attempt: index + 1 });
      if (!fallsThrough(outcome)) return outcome;
      if (endsAlikeInEveryMode(outcome)) {
        for (const other of state.plan.slice(index + 1)) view.skipped(other, notTried(other));
        return outcome;
      }
      // A failure has more information than a skip.
      if (reported?.kind !== 'failed' || outcome.kind === 'failed') reported = outcome;
    }
    if (reported?.kind === 'failed' || reported?.kind === 'skipped') return { kind: 'failed', error: reported.error };
    return { kind: 'failed', error: errorRecord('internal', { params: { reason: 'there was no mode to try' } }) };
  }
}

const notTried = (mode: Mode): ErrorRecord => errorRecord('invalid', { text: 'mode.own_error', params: { mode } });

/**
 * Returns the start request. The API has already read the requests that it admits. Signals that arrive meanwhile wait
 * for their handlers.
 */
async function open(deploymentId: string, input: unknown, from?: ApiAdmission | Enrolment): Promise<OpenedRequest> {
  if (from) return { request: input as StartRequest };
  return entities.openRequest({ deploymentId, input });
}

function firstState(deploymentId: string, request: StartRequest, from?: ApiAdmission | Enrolment): DeploymentState {
  if (!from) return blankState(deploymentId, request);
  return 'batchId' in from ? enrolledState(deploymentId, request, from) : acceptedState(deploymentId, request, from);
}
