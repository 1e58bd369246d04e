// Names and labels of what Slipway makes in an engine.
import { LABELS } from '../ports/docker/labels.js';

/** Tagged by content: equal keys, equal images. */
export const imageOf = (service: string, environmentKey: string): string => `slipway/${service}:${environmentKey}`;

export const labelsOf = (hostId: string, service: string, deploymentId: string): Record<string, string> => ({
  [LABELS.host]: hostId,
  [LABELS.service]: service,
  [LABELS.deployment]: deploymentId,
  [LABELS.release]: deploymentId,
});
