import { unpackBy } from '../../src/activities/ports/unpack/results.js';
import { unpack } from '../../src/activities/ports/unpack/unpacking.js';

/** Unpacks in this process, without limits, for tests of what stands around it. */
export const inlineUnpacker = unpackBy((tar, order) => unpack(tar, order));
