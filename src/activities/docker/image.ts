// Names and labels of what Slipway makes in an engine.

/** Tagged by content: equal keys, equal images. */
export const imageOf = (service: string, environmentKey: string): string => `slipway/${service}:${environmentKey}`;
