// Two streams shown as one: each look of theirs is some tenths of a second late, so what comes waits for what is older.

/** Longer than the API waits between two looks, at a log and at a deployment. */
const LATE_MS = 400;
/** The most that is waited for both streams to be open: one of them may not come at all. */
const OPEN_MS = 3_000;

export interface InOrder {
  /** `at`: when it happened, as the stream tells. */
  add: (at: string, act: () => void) => void;
  /** Both streams are open: until then each may have something older. */
  begin: () => void;
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

export function inOrder(lateMs = LATE_MS, openMs = OPEN_MS): InOrder {
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isHeld = false;
  let isOpen = false;
  let opening: NodeJS.Timeout | undefined;
  return {
    add(at, act) {
      waiting.push({ at, cameMs: Date.now(), act });
      if (isOpen) timer ??= setTimeout(showDue, lateMs);
      else opening ??= setTimeout(begin, openMs);
    },
    begin,
    flush: () => show(waiting.length),
    hold: () => {
      isHeld = true;
    },
    release: () => {
      isHeld = false;
      if (isOpen) showDue();
    },
  };

  /** What the other stream had until then comes now. */
  function begin(): void {
    if (isOpen) return;
    isOpen = true;
    clearTimeout(opening);
    waiting = waiting.map((one) => ({ ...one, cameMs: Date.now() }));
    if (waiting.length > 0) timer = setTimeout(showDue, lateMs);
  }

  /** With one that waited long enough goes all that is older. */
  function showDue(): void {
    timer = undefined;
    sort();
    show(waiting.findLastIndex(({ cameMs }) => Date.now() - cameMs >= lateMs) + 1);
    if (waiting.length > 0) timer ??= setTimeout(showDue, lateMs);
  }

  function show(count: number): void {
    if (isHeld) return;
    sort();
    const due = waiting.slice(0, count);
    waiting = waiting.slice(count);
    for (const { act } of due) act();
  }

  function sort(): void {
    waiting.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }
}
