// Formats output: tables that support CJK texts, durations, and colours of statuses.
import picocolors from 'picocolors';
import stringWidth from 'string-width';

export type Paint = ReturnType<typeof picocolors.createColors>;
/**
 * Creates the colours. Without a terminal, Node leaves `isTTY` undefined, and the library would then guess from the
 * environment (`CI`).
 */
export const paintOf = (coloured: boolean | undefined): Paint => picocolors.createColors(coloured ?? false);

const GAP = 2;

/**
 * Formats a table. Columns are two blanks apart, without trailing blanks. If the columns don't fit side by side, the
 * rest goes on indented lines below, in the same way for each row.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
  width = Infinity,
): string {
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map((cell) => stringWidth(cell))),
  );
  const lines = columnLines(widths, width);
  const texts = (cells: readonly string[]): string[] =>
    lines
      .map((columns, index) => {
        const text = columns.map((column) => padded(cells[column] ?? '', widths[column] ?? 0)).join(' '.repeat(GAP));
        return `${index === 0 ? '' : ' '.repeat(GAP)}${text}`.trimEnd();
      })
      .filter((text, index) => index === 0 || text !== '');
  return [...texts(head).map((text) => paint.dim(text)), ...rows.flatMap(texts)].join('\n');
}

/** Returns the columns of each line, from left to right. */
function columnLines(widths: readonly number[], most: number): number[][] {
  const lines: number[][] = [];
  let end = 0;
  widths.forEach((width, column) => {
    const line = lines.at(-1);
    if (line && end + GAP + width <= most) {
      line.push(column);
      end += GAP + width;
      return;
    }
    end = (lines.length === 0 ? 0 : GAP) + width;
    lines.push([column]);
  });
  return lines;
}

/** Formats a name and a value per line. Rows without a value are left out. */
export function facts(rows: readonly (readonly [name: string, value: string | undefined])[], paint: Paint): string {
  const given = rows.filter((row): row is readonly [string, string] => row[1] !== undefined && row[1] !== '');
  const width = Math.max(0, ...given.map(([name]) => stringWidth(name)));
  return given.map(([name, value]) => `${paint.dim(padded(name, width))}  ${value}`).join('\n');
}

export const padded = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - stringWidth(text)));

export function duration(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  const kib = count / 1024;
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}

const GOOD = ['completed', 'running', 'healthy', 'ready', 'available', 'delivered', 'accepted'];
const BAD = ['failed', 'error', 'unhealthy', 'unavailable', 'refused', 'dropped'];

export function status(word: string, paint: Paint): string {
  if (GOOD.includes(word)) return paint.green(word);
  if (BAD.includes(word)) return paint.red(word);
  return ['stopped', 'skipped', 'unknown', 'created'].includes(word) ? paint.dim(word) : paint.yellow(word);
}

const BAR_CELLS = 20;
export function bar(percentage: number): string {
  const full = Math.round((Math.min(100, Math.max(0, percentage)) / 100) * BAR_CELLS);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}`;
}
