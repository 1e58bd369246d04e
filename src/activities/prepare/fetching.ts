import type { AttemptRef, BuildVersion } from '../../contract/steps.js';
import type { HeldLock } from '../ports/tools.js';
import type { Ports } from '../ports/index.js';
import type { LogTarget } from '../run-logged.js';
import type { HostSettings } from '../settings.js';

/** A folder to take the release from. */
export interface FetchedSource {
  root: string;
  /** As in `Release`. */
  folder?: string;
  revision?: string;
  version?: BuildVersion;
  /** The only paths that belong to it, when not all do. */
  only?: ReadonlySet<string>;
}

/** What every kind of source is fetched with. */
export interface Fetching {
  ports: Pick<Ports, 'disk' | 'parser' | 'tools' | 'logs'>;
  settings: HostSettings;
  ref: AttemptRef;
  /** An empty folder of this attempt's own. */
  workFolder: string;
  log: LogTarget;
  lock: HeldLock;
  signal: AbortSignal;
}
