// Measures the usage of this host. Used by the API (for its own host) and by the worker (for the host of its apps).
import { statfs } from 'node:fs/promises';
import { currentLoad, mem } from 'systeminformation';
import { round, type Resources } from './contract/views.js';

/** Creates a meter. The CPU usage is the average since the last reading in this process. */
export function createResourceMeter(dataDir: string): { measure(): Promise<Resources> } {
  const firstLoad = currentLoad(); // takes half a second, the later ones a few milliseconds
  return {
    async measure() {
      await firstLoad;
      // systeminformation would run `df` over all file systems of the host, also over those that don't answer.
      const [load, memory, disk] = await Promise.all([currentLoad(), mem(), statfs(dataDir)]);
      return {
        cpu_percent: round(load.currentLoad),
        memory_percent: percent(memory.total - memory.available, memory.total), // caches count as available
        disk_percent: percent(disk.blocks - disk.bavail, disk.blocks),
      };
    },
  };
}

const percent = (part: number, whole: number): number => (whole === 0 ? 0 : round((100 * part) / whole));
