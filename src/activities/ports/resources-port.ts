import type { Resources } from '../../contract/views.js';

export interface ResourcesPort {
  /** Measures the host's load: CPU since the last call, memory, and the disk of the data folder. */
  measure(): Promise<Resources>;
}
