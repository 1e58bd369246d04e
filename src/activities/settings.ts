import type { AppUser } from '../contract/app-user.js';
import type { Layout } from '../contract/layout.js';
import type { Language, Mode } from '../contract/states.js';
import type { Secrets } from '../secrets.js';

/** What activities know of the host they run on: a frozen value made by the worker's `main`. */
export interface HostSettings {
  hostId: string;
  /** Those it offers: the others are told as unavailable, and not even looked for. */
  modes: readonly Mode[];
  layout: Layout;
  /** The user that apps and their installs run as, instead of Slipway's own. */
  appUser?: AppUser;
  /** Real paths of the folders a `directory` source may lie in. */
  sourceRoots: readonly string[];
  defaultProject?: string;
  /** For how long a deployment's log is kept, as its history is. */
  retentionDays: number;
  language: Language;
  secrets: Secrets;
  /** All that tools get of the host's environment: `toolEnvironment()` in `contract/tool-environment.ts`. */
  toolEnvironment: Readonly<Record<string, string>>;
  /** Base of generated Dockerfiles. */
  pythonImage: string;
  /** Signs callbacks: `whsec_` and base64. */
  callbackSecret: string;
  /** Absolute path of uv, when the host has it. */
  uv?: string;
  /** Absolute path of git, when the host has it. */
  git?: string;
}
