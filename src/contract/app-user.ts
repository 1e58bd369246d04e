// The user that apps run as if Slipway runs as root, or the reason why apps can't run as this user.
import type { Message } from './texts.js';
import type { MessageParams } from './message-types.js';

export interface AppUser {
  name: string;
  uid: number;
  /**
   * The user's own groups. Processes of a service get one more group, which comes first (see
   * `activities/ports/service-group.ts`).
   */
  groups: number[];
}

/** The result of `keeper/app_user.py`. */
export type AppUserVerdict =
  | { kind: 'usable'; user: AppUser }
  | { kind: 'unknown' | 'root' | 'not_root' | 'hard_links' }
  | { kind: 'powerless'; missing: string[] }
  | { kind: 'refused'; reason: string }
  | { kind: 'unreachable'; folder: string };

export type AppUserRefusal = Extract<Message, { text: keyof MessageParams['app_user'] }>;

/** Returns the error text for a user that apps can't run as. */
export function refusalOf(
  verdict: Exclude<AppUserVerdict, { kind: 'usable' }>,
  user: string,
  dataDir: string,
): AppUserRefusal {
  switch (verdict.kind) {
    case 'powerless':
      return { text: 'app_user.powerless', params: { user, missing: verdict.missing.join(' ') } };
    case 'refused':
      return { text: 'app_user.refused', params: { user, reason: verdict.reason } };
    case 'unreachable':
      return { text: 'app_user.unreachable', params: { user, folder: verdict.folder, path: dataDir } };
    case 'unknown':
    case 'root':
    case 'not_root':
    case 'hard_links':
    default:
      return { text: `app_user.${verdict.kind}`, params: { user } };
  }
}
