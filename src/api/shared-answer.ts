// Shares one request among all concurrent callers, and limits the requests to a few per second.

/**
 * The maximum requests per second. Probes come every few seconds, so several probes and users still get current
 * answers.
 */
const QUESTIONS_PER_SECOND = 5;

/** Shares the answer of `ask`. Failures are shared too, so that an unavailable service isn't called more often. */
export function shared<T>(ask: () => Promise<T>, nowMs: () => number = Date.now): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let isAsking = false;
  let second = { sinceMs: 0, questions: 0 };
  return () => {
    if (nowMs() - second.sinceMs >= 1000) second = { sinceMs: nowMs(), questions: 0 };
    if (answer && (isAsking || second.questions >= QUESTIONS_PER_SECOND)) return answer;
    second.questions += 1;
    isAsking = true;
    answer = ask().finally(() => {
      isAsking = false;
    });
    return answer;
  };
}
