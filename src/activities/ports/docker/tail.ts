// The last lines of an output, however long it gets.

const MOST_LINES = 300;

export class Tail {
  readonly lines: string[] = [];

  add(more: readonly string[]): void {
    this.lines.push(...more);
    this.lines.splice(0, Math.max(0, this.lines.length - MOST_LINES));
  }
}
