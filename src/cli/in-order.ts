// Two streams shown as one: each look of theirs is some tenths of a second late, so what comes waits for what is older.

/** Longer than the API waits between two looks, at a log and at a deployment. */
const LATE_MS = 400;

export interface InOrder {
  /** `at`: when it happened, as the stream tells. */
  add: (at: string, act: () => void) => void;
  /** Nothing older comes any more. */
  flush: () => void;
  hold: () => void;
  release: () => void;
}

interface Waiting {
  at: string;
  cameMs: number;
  act: () => void;
}

export function inOrder(lateMs = LATE_MS): InOrder {
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isHeld = false;
  return {
    add(at, act) {
      waiting.push({ at, cameMs: Date.now(), act });
      timer ??= setTimeout(showDue, lateMs);
    },
    flush: () => show(waiting.length),
    hold: () => {
      isHeld = true;
    },
    release: () => {
      isHeld = false;
      showDue();
    },
  };

  /** With one that waited long enough goes all that is older. */
  function showDue(): void {
    timer = undefined;
    waiting = waiting.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    show(waiting.findLastIndex(({ cameMs }) => Date.now() - cameMs >= lateMs) + 1);
    if (waiting.length > 0) timer ??= setTimeout(showDue, lateMs);
  }

  function show(count: number): void {
    if (isHeld) return;
    const due = waiting.slice(0, count);
    waiting = waiting.slice(count);
    for (const { act } of due) act();
  }
}
