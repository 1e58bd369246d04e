// The user that apps run as, where Slipway itself is root: what is known of it, or what is in the way.
import type { TextParams } from './texts.js';
import type { AppUserSentence } from './texts-app-user.js';

export interface AppUser {
  name: string;
  uid: number;
  /** Its own: each service has one more, as its first (see `activities/service-group.ts`). */
  groups: number[];
}

/** What `keeper/app_user.py` says. */
export type AppUserVerdict =
  | { kind: 'usable'; user: AppUser }
  | { kind: 'unknown' | 'root' | 'not_root' | 'hard_links' }
  | { kind: 'powerless'; missing: string[] }
  | { kind: 'refused'; reason: string }
  | { kind: 'unreachable'; folder: string };

export interface AppUserRefusal {
  text: AppUserSentence;
  params: TextParams;
}

/** Why apps can't run as the user. */
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
