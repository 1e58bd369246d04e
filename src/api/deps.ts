import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { DataFolder } from '../data-folder.js';
import type { Gateway } from './gateway.js';
import type { Audit } from './audit.js';
import type { KeyRing } from './keys.js';
import type { Policies } from './policies.js';
import type { Resources } from '../contract/views.js';
import type { Streams } from './streams.js';

/** All that the API works with: handed to `createApp`, so that a test can mount it as it likes. */
export interface ApiDeps {
  config: Config;
  folder: DataFolder;
  gateway: Gateway;
  keys: KeyRing;
  policies: Policies;
  audit: Audit;
  log: Logger;
  /** How full the API's own host is. */
  resources: { measure(): Promise<Resources> };
  streams: Streams;
  /** True from the moment a stop was asked for. */
  draining: () => boolean;
}
