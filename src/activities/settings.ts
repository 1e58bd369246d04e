import type { AppUser } from '../contract/app-user.js';
import type { Layout } from '../contract/layout.js';
import type { ContainerRoot } from '../contract/engine-root.js';
import type { CallbackSignatures } from '../contract/callbacks.js';
import type { Isolation, Language, Mode } from '../contract/states.js';
import type { Secrets } from '../secrets.js';

/** What activities know of the host they run on: a frozen value made by the worker's `main`. */
export interface HostSettings {
  hostId: string;
  /** Those it offers: the others are told as unavailable, and not even looked for. */
  modes: readonly Mode[];
  /** `container`: the other modes are unavailable, and what they would start is refused. */
  isolation: Isolation;
  /** `mapped`: nothing is deployed in an engine in which root in a container is root, or Slipway's user, on the host. */
  containerRoot?: ContainerRoot;
  /** Name of the user that processes of apps run as. */
  processUser: string;
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
  /** Signs callbacks to every URL, beside the secret of each URL: `whsec_` and base64. */
  callbackSecret: string;
  /** Earlier ones of these, which receivers may still know. */
  callbackSecretsOld?: readonly string[];
  /** `url`: the shared secrets sign no longer. */
  callbackSignatures?: CallbackSignatures;
  /** Absolute path of uv, when the host has it. */
  uv?: string;
  /** Private networks that git may reach all the same; absent: none. */
  gitNetworks?: readonly string[];
  /** Absolute path of git, when the host has it. */
  git?: string;
}
