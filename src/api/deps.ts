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

/** The dependencies of the API, passed to `createApp` so that tests can replace them. */
export interface ApiDeps {
  config: Config;
  folder: DataFolder;
  gateway: Gateway;
  keys: KeyRing;
  keyStarts: KeyStarts;
  policies: Policies;
  audit: Audit;
  log: Logger;
  /** Returns the number of log lines that couldn't be written to disk. */
  lostLogLines: () => number;
  /** Measures the resources of the API's own host. */
  resources: { measure(): Promise<Resources> };
  streams: Streams;
  loginCodes: LoginCodes;
  /** The HTTP API that Temporal's Web UI uses. Undefined if its address isn't configured. */
  temporalHttp: HttpApi | undefined;
  /** The path of the archive with the Web UI's files. */
  temporalUiArchive: string;
  /** Returns true after a stop was requested. */
  draining: () => boolean;
}
