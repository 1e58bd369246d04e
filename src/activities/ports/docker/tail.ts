// Keeps the last lines of an output of any length.

const MOST_LINES = 300;
/** The same limit as for other tools. */
const LINE_CHARACTERS = 1000;

export class Tail {
  readonly lines: string[] = [];

  add(more: readonly string[]): void {
    this.lines.push(...more.slice(-MOST_LINES).map((line) => line.slice(0, LINE_CHARACTERS)));
    this.lines.splice(0, Math.max(0, this.lines.length - MOST_LINES));
  }
}
