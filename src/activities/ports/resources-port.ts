import type { Resources } from '../../contract/views.js';

export interface ResourcesPort {
  /** How full the host is: CPU since the last call, memory, and the disk that holds the data folder. */
  measure(): Promise<Resources>;
}
