// Metrics of deployments and callbacks. A replay counts nothing twice.
import { metricMeter } from '@temporalio/workflow';
import type { DeliveryResult } from '../contract/callbacks.js';
import { secondsBetween, type DeploymentEvent, type DeploymentState } from '../contract/views.js';

/** Records the duration of each step that ended, and counts each deployment that ended, by mode and result. */
export function measure(state: DeploymentState, event: DeploymentEvent): void {
  const { mode = state.current?.mode ?? state.mode, step, status = '', at } = event;
  if (event.type === 'step_ended' && step !== undefined) {
    const seconds = secondsBetween(state.current?.stepStartedAt ?? at, at);
    metricMeter
      .createHistogram('slipway_step_duration', 'float', 'seconds', 'How long a step took, by mode and result')
      .record(seconds, { mode, step, result: status });
  }
  if (event.type === 'ended')
    metricMeter
      .createCounter('slipway_deployments_ended', '', 'Deployments that ended while this worker ran')
      .add(1, { mode, result: status });
}

export function measureDelivery({ kind }: DeliveryResult): void {
  metricMeter.createCounter('slipway_callback_deliveries', '', 'Tries to deliver a callback').add(1, { result: kind });
}
