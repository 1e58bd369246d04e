import type { AttemptRef, BuildVersion } from '../../contract/steps.js';
import type { HeldLock } from '../ports/tools.js';
import type { Ports } from '../ports/index.js';
import type { LogTarget } from '../run-logged.js';
import type { HostSettings } from '../settings.js';

/** A folder from which the release is made. */
export interface FetchedSource {
  root: string;
  /** The same as in `Release`. */
  folder?: string;
  revision?: string;
  version?: BuildVersion;
  /** The only paths that belong to it. Absent if all do. */
  only?: ReadonlySet<string>;
}

/** The inputs for every kind of source. */
export interface Fetching {
  ports: Pick<Ports, 'disk' | 'parser' | 'tools' | 'logs' | 'unpacker'>;
  settings: HostSettings;
  ref: AttemptRef;
  /** An empty folder of this attempt. */
  workFolder: string;
  log: LogTarget;
  lock: HeldLock;
  signal: AbortSignal;
}
