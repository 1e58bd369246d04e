/** What an engine knows Slipway's images and containers by: nothing without them is ever touched. */
export const LABELS = {
  host: 'slipway.host',
  service: 'slipway.service',
  deployment: 'slipway.deployment',
  release: 'slipway.release',
  instance: 'slipway.instance',
  /** Of a container: what is known of the instance, as JSON. Never a secret in it. */
  facts: 'slipway.facts',
  /** Of a container: names of the variables whose values are to be masked. */
  variables: 'slipway.variables',
} as const;
