import type { AppUser } from '../contract/app-user.js';
import type { Layout } from '../contract/layout.js';
import type { ContainerRoot } from '../contract/engine-root.js';
import type { CallbackSignatures } from '../contract/callbacks.js';
import type { Isolation, Language, Mode } from '../contract/states.js';
import type { Secrets } from '../secrets.js';

/** The settings of the host on which activities run: a frozen value that the worker's `main` creates. */
export interface HostSettings {
  hostId: string;
  /** The modes that it offers. The others are reported as unavailable without a probe. */
  modes: readonly Mode[];
  /** `container`: the other modes are unavailable, and their starts are rejected. */
  isolation: Isolation;
  /**
   * `mapped`: nothing is deployed in an engine in which root in a container is root, or Slipway's user, on the host.
   */
  containerRoot?: ContainerRoot;
  /** The name of the user that runs the processes of apps. */
  processUser: string;
  layout: Layout;
  /** The user that runs apps and their installs, instead of Slipway's own. */
  appUser?: AppUser;
  /** The real paths of the folders that may contain a `directory` source. */
  sourceRoots: readonly string[];
  defaultProject?: string;
  /** The days for which a deployment's log is kept, like its history. */
  retentionDays: number;
  language: Language;
  secrets: Secrets;
  /** The host's variables that tools get: `toolEnvironment()` in `contract/tool-environment.ts`. */
  toolEnvironment: Readonly<Record<string, string>>;
  /** The base image of generated Dockerfiles. */
  pythonImage: string;
  /** Signs callbacks to every URL, in addition to the secret of each URL: `whsec_` and base64. */
  callbackSecret: string;
  /** Earlier secrets, which receivers may still use. */
  callbackSecretsOld?: readonly string[];
  /** `url`: the shared secrets no longer sign. */
  callbackSignatures?: CallbackSignatures;
  /** The absolute path of uv, if the host has it. */
  uv?: string;
  /** The private networks that git may reach. If absent, none. */
  gitNetworks?: readonly string[];
  /** The absolute path of git, if the host has it. */
  git?: string;
}
