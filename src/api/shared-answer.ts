// One question for all who ask it at the same moment: a flood of calls asks no more often than a few times a second.

/** A probe comes every few seconds; several of them, and people beside them, still get an answer of this moment. */
const QUESTIONS_PER_SECOND = 5;

/** A failure is shared as well: what is down is asked no more often than what is up. */
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
