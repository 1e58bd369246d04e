import Sequencer from '@jest/test-sequencer';

const FIRST = [/unit\/(uv|fallback)\/steps\.test\.ts$/, /test\/(e2e|workflows)\//];

/** Begins with the files that take minutes, so that one worker doesn't run them alone at the end. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
}

const rank = ({ path }) => {
  const at = FIRST.findIndex((pattern) => pattern.test(path));
  return at === -1 ? FIRST.length : at;
};
