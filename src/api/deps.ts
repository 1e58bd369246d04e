import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { DataFolder } from '../data-folder.js';
import type { Gateway } from './gateway.js';
import type { Audit } from './audit.js';
import type { KeyStarts } from './key-starts.js';
import type { KeyRing } from './keys.js';
import type { LoginCodes } from './login-codes.js';
import type { Policies } from './policies.js';
import type { Resources } from '../contract/views.js';
import type { Streams } from './streams.js';
import type { HttpApi } from './temporal-ui/http-api.js';

/** All that the API works with: handed to `createApp`, so that a test can mount it as it likes. */
export interface ApiDeps {
  config: Config;
  folder: DataFolder;
  gateway: Gateway;
  keys: KeyRing;
  keyStarts: KeyStarts;
  policies: Policies;
  audit: Audit;
  log: Logger;
  /** How many lines of it the disk did not take. */
  lostLogLines: () => number;
  /** How full the API's own host is. */
  resources: { measure(): Promise<Resources> };
  streams: Streams;
  loginCodes: LoginCodes;
  /** For Temporal's Web UI; undefined where its address is not known. */
  temporalHttp: HttpApi | undefined;
  /** Path of the archive that holds the Web UI's files. */
  temporalUiArchive: string;
  /** True from the moment a stop was asked for. */
  draining: () => boolean;
}
