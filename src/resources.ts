// Measures the usage of this host. Used by the API (for its own host) and by the worker (for the host of its apps).
import { readFile, statfs } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';
import { round, type Resources } from './contract/views.js';

interface CpuTimes {
  busy: number;
  all: number;
}

/** Creates a meter. The CPU usage is the average since the meter's last reading. */
export function createResourceMeter(dataDir: string): { measure(): Promise<Resources> } {
  let last = cpuTimes();
  return {
    async measure() {
      const now = cpuTimes();
      const spent = { busy: now.busy - last.busy, all: now.all - last.all };
      last = now;
      const disk = await statfs(dataDir);
      return {
        cpu_percent: percent(spent.busy, spent.all),
        memory_percent: percent(totalmem() - (await availableMemory()), totalmem()),
        disk_percent: percent(disk.blocks - disk.bavail, disk.blocks),
      };
    },
  };
}

function cpuTimes(): CpuTimes {
  const times = cpus().map((cpu) => cpu.times);
  const idle = times.reduce((sum, time) => sum + time.idle, 0);
  const all = times.reduce((sum, time) => sum + time.user + time.nice + time.sys + time.idle + time.irq, 0);
  return { busy: all - idle, all };
}

/** Returns the kernel's estimate of available memory. Free memory alone would count caches as used. */
async function availableMemory(): Promise<number> {
  const [, kilobytes] = /^MemAvailable:\s+(\d+) kB/m.exec(await readFile('/proc/meminfo', 'utf8')) ?? [];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

const percent = (part: number, whole: number): number => (whole === 0 ? 0 : round((100 * part) / whole));
