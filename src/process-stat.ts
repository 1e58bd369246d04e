// Reads a process from /proc/<pid>/stat.

export interface ProcessStat {
  /** One letter, such as `R` or `Z` for a zombie. */
  state: string;
  parentPid: number;
  /** The processor time of all threads, in user and kernel mode. */
  cpuSeconds: number;
  /** The start time in ticks since the machine's start. Together with the pid, it identifies the process. */
  startTicks: string;
}

/** Linux counts in hundredths of a second for all programs, whatever its own clock is (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Parses the text of the file. The program's name, before the last parenthesis, may contain any character. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (index: number): string => fields[index] ?? '';
  return {
    state: field(0),
    parentPid: Number(field(1)),
    cpuSeconds: (Number(field(11)) + Number(field(12))) / TICKS_PER_SECOND,
    startTicks: field(19),
  };
}
