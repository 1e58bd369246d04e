/** The labels of Slipway's images and containers. Objects without them are never changed. */
export const LABELS = {
  host: 'slipway.host',
  service: 'slipway.service',
  deployment: 'slipway.deployment',
  release: 'slipway.release',
  instance: 'slipway.instance',
  /** On an image: the port that its Dockerfile exposes first. The engine keeps no order. */
  port: 'slipway.port',
  /** On a container: the facts of the instance, as JSON. They never contain a secret. */
  facts: 'slipway.facts',
  /** On a container: the names of variables whose values are masked. */
  variables: 'slipway.variables',
  /** On a container: its links into the service's data folder, as JSON. */
  links: 'slipway.links',
} as const;

/**
 * Returns the labels of a container with all of Slipway's labels. A label that is absent would be taken from the image,
 * whose Dockerfile may set any label.
 */
export const containerLabels = (labels: Record<string, string>): Record<string, string> => ({
  ...Object.fromEntries(Object.values(LABELS).map((label) => [label, ''])),
  ...labels,
});

/** Returns the labels of objects that are made for a deployment. */
export const labelsOf = (hostId: string, service: string, deploymentId: string): Record<string, string> => ({
  [LABELS.host]: hostId,
  [LABELS.service]: service,
  [LABELS.deployment]: deploymentId,
  [LABELS.release]: deploymentId,
});
