/** What an engine knows Slipway's images and containers by: nothing without them is ever touched. */
export const LABELS = {
  host: 'slipway.host',
  service: 'slipway.service',
  deployment: 'slipway.deployment',
  release: 'slipway.release',
  instance: 'slipway.instance',
  /** Of an image: the port that its Dockerfile exposes first. The engine keeps no order. */
  port: 'slipway.port',
  /** Of a container: what is known of the instance, as JSON. Never a secret in it. */
  facts: 'slipway.facts',
  /** Of a container: names of the variables whose values are to be masked. */
  variables: 'slipway.variables',
  /** Of a container: where it has links into its service's data folder, as JSON. */
  links: 'slipway.links',
} as const;

/** Of all that is made for a deployment. */
export const labelsOf = (hostId: string, service: string, deploymentId: string): Record<string, string> => ({
  [LABELS.host]: hostId,
  [LABELS.service]: service,
  [LABELS.deployment]: deploymentId,
  [LABELS.release]: deploymentId,
});
