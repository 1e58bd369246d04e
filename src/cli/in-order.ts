// Merges two streams by time. Each stream is some tenths of a second late, so events wait until older events have
// arrived.

/** Longer than the API's polling intervals for logs and deployments. */
const LATE_MS = 400;
/** The longest wait for both streams to open, because one may never open. */
const OPEN_MS = 3_000;

export interface InOrder {
  /** Adds an event. `at` is the event's time. */
  add: (at: string, act: () => void) => void;
  /** Called when both streams are open. Before that, each may still have older events. */
  begin: () => void;
  /** Shows all waiting events, because no older events will arrive. */
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

  /** Starts to show events. The other stream sends its earlier events now, so all waits start again. */
  function begin(): void {
    if (isOpen) return;
    isOpen = true;
    clearTimeout(opening);
    waiting = waiting.map((entry) => ({ ...entry, cameMs: Date.now() }));
    if (waiting.length > 0) timer = setTimeout(showDue, lateMs);
  }

  /** Shows the events that have waited long enough, and all older events. */
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
