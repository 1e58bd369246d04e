/** For Temporal's server, of which several run at once: a fifth less of the two cores, for some memory. */
export const THRIFTY_GO = { GOMAXPROCS: '1', GOGC: '400' };
