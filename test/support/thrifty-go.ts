/** For Temporal's server, of which several run at once: a tenth less of the two cores, for some memory. */
export const THRIFTY_GO = { GOGC: '400' };
