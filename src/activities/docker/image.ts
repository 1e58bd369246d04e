// The names of the images that Slipway builds.

/** Returns the image name. Equal keys mean equal images. */
export const imageOf = (service: string, environmentKey: string): string => `slipway/${service}:${environmentKey}`;
