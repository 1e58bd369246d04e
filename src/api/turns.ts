// Runs a limited number of tasks per key. Further tasks wait, and an aborted task gives up its place.

interface Line {
  running: number;
  waiting: Set<() => void>;
}

export function createTurns(atOnce: number) {
  const lines = new Map<string, Line>();

  /** Runs a task when it is its turn. Rejects if the signal aborts before. */
  return async function inTurnOf<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const line = lines.get(key) ?? { running: 0, waiting: new Set() };
    lines.set(key, line);
    if (line.running >= atOnce) await itsTurn(line, signal);
    else line.running += 1;
    try {
      return await work();
    } finally {
      passOn(key, line);
    }
  };

  function itsTurn({ waiting }: Line, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.delete(begin);
        reject(signal.reason as Error);
      };
      const begin = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      waiting.add(begin);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Gives the turn to the next task, if one is waiting. */
  function passOn(key: string, line: Line): void {
    const [next] = line.waiting;
    if (next) {
      line.waiting.delete(next);
      next();
      return;
    }
    line.running -= 1;
    if (line.running === 0) lines.delete(key);
  }
}
