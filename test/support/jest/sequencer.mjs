import Sequencer from '@jest/test-sequencer';

const FIRST = [/unit\/(uv|fallback)\/steps\.test\.ts$/, /test\/(e2e|workflows)\//];

/** Begins with what takes minutes, so that no worker is left alone with it at the end. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
}

const rank = ({ path }) => {
  const at = FIRST.findIndex((pattern) => pattern.test(path));
  return at === -1 ? FIRST.length : at;
};
