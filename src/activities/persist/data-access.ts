// Grants access to a service's data, for any user that its apps run as.
//
// A tree of half a million uploads isn't scanned at every start. A file records all users that may have written there
// since everything was opened. An app that starts as the only recorded user can access everything, because this user
// made the rest. Then a check of the top entries is enough, for files that an operator put there manually.
import { join } from 'node:path';
import { log } from '@temporalio/activity';
import { SlipwayError } from '../../contract/errors.js';
import { dataWriters } from '../../contract/layout.js';
import type { EnginePort, ImageFacts } from '../ports/docker/engine.js';
import type { Owner } from '../ports/ownership.js';
import type { Ports } from '../ports/index.js';
import { runtimesOf } from '../runtimes.js';
import type { HostSettings } from '../settings.js';
import { JOURNALS } from './data-files.js';
import { handOverAlong, inData, parentsOf, rootsOf, spotOf, type DataPlace } from './data-place.js';

export interface Image {
  ref: string;
  facts: ImageFacts;
}

/** Maps users to the epoch ms of their last start. */
type Writers = Record<string, number>;

/** The checks before a start: of everything, or of the entries at the app's own paths. */
interface Look {
  all: () => Promise<void>;
  top: () => Promise<void>;
}

/** Matches root in an image's USER line. */
const ROOT = /^(root|0)?(:.*)?$/;
/** Slipway's own user. It makes the first copies, and runs processes unless apps have their own user. */
const OWN = 'slipway';
const HOST_ROOT = 'root';
const MAPPED_ROOT = 'mapped-root';
const appWriter = (uid: number): string => `app:${uid}`;
/** The time after which a start, or a release command, is visible or has ended: its deployment ends by then. */
const STARTING_MS = 60 * 60 * 1000;

/** Returns true if a container's user is root on the host, too, because the engine doesn't map it. */
export async function isHostRoot(engine: Pick<EnginePort, 'mapsRoot'>, user: string): Promise<boolean> {
  return ROOT.test(user) && !(await engine.mapsRoot());
}

/** Returns the user of an image. A name may mean another user in every image, but a number may not. */
function userOf({ ref, facts }: Image): string {
  const [user = ''] = facts.user.split(':');
  if (ROOT.test(user)) return MAPPED_ROOT;
  return /^\d+$/.test(user) ? user : `${user}@${ref}`;
}

export function createDataAccess(
  ports: Pick<Ports, 'disk' | 'engine' | 'processes' | 'containers'>,
  settings: Pick<HostSettings, 'layout' | 'modes' | 'appUser'>,
) {
  const { disk, engine } = ports;
  const { layout } = settings;

  /**
   * All of these run under the lock of the service's data, immediately before a start. `paths` are the app's persisted
   * paths.
   */
  return {
    async forContainer(service: string, place: DataPlace, image: Image, paths: readonly string[]): Promise<void> {
      if (await isHostRoot(engine, image.facts.user)) return noteWriter(service, HOST_ROOT); // root has full access
      await admitted(service, userOf(image), { all: () => openAll(place), top: () => openTops(place, paths) });
    },

    async forProcess(service: string, place: DataPlace, paths: readonly string[]): Promise<void> {
      const { owner } = place;
      const look = owner ? handing(place, owner, paths) : asserting(place, paths);
      await admitted(service, owner ? appWriter(owner.uid) : OWN, look);
    },
  };

  async function openAll(place: DataPlace): Promise<void> {
    for (const root of rootsOf(place)) await disk.openToAll(root);
  }

  async function openTops(place: DataPlace, paths: readonly string[]): Promise<void> {
    for (const root of rootsOf(place)) await disk.openTop(root, 0);
    for (const { path, levels } of topsOf(paths)) await inData(disk, place, path, (at) => disk.openTop(at, levels));
  }

  function handing(place: DataPlace, owner: Owner, paths: readonly string[]): Look {
    return {
      async all() {
        for (const root of rootsOf(place)) await disk.handOver(root, owner, 'all_contents');
      },
      async top() {
        for (const path of withJournals(paths)) await handOverAlong(disk, place, path, owner);
      },
    };
  }

  /** Checks access if Slipway isn't root: it can't open files that a container's user closed. */
  function asserting(place: DataPlace, paths: readonly string[]): Look {
    const assertOpen = async (path: string, levels?: number): Promise<void> => {
      const closed = await disk.closedEntry(path, levels);
      if (closed === undefined) return;
      throw new SlipwayError('internal', {
        text: 'persist.not_writable',
        params: { path: closed, folder: place.files },
      });
    };
    return {
      async all() {
        for (const root of rootsOf(place)) await assertOpen(root);
      },
      async top() {
        for (const root of rootsOf(place)) await assertOpen(root, 0);
        for (const { path, levels } of topsOf(paths)) {
          const spot = spotOf(place, path);
          await assertOpen(join(spot.root, spot.path), levels);
        }
      },
    };
  }

  async function admitted(service: string, user: string, look: Look): Promise<void> {
    const writers = await readWriters(service);
    if (writers && Object.keys(writers).every((writer) => writer === user)) {
      await look.top();
      return write(service, writers, user);
    }
    // Checked before the scan, because another app may write behind it.
    const kept = (await othersMayRun(service)) ? writers : starting(writers);
    await look.all();
    if (kept) await write(service, kept, user);
  }

  /** Records a user. Without a scan of everything, any user may have written there, so there is no record. */
  async function noteWriter(service: string, user: string): Promise<void> {
    const writers = await readWriters(service);
    if (writers) await write(service, writers, user);
  }

  async function write(service: string, writers: Writers, user: string): Promise<void> {
    await disk.writeAtomically(dataWriters(layout, service), JSON.stringify({ ...writers, [user]: Date.now() }));
  }

  async function readWriters(service: string): Promise<Writers | undefined> {
    const text = await disk.readText(dataWriters(layout, service));
    return text === undefined ? undefined : (JSON.parse(text) as Writers); // only this module writes it
  }

  /** Returns true if other apps of the service may run. An engine that can't be queried may have some. */
  async function othersMayRun(service: string): Promise<boolean> {
    try {
      for (const runtime of runtimesOf(ports, settings)) {
        for (const instanceId of await runtime.listInstances()) {
          if ((await runtime.readRecord(instanceId))?.service === service) return true;
        }
      }
      return false;
    } catch (error) {
      log.warn('whether other apps of the service run can’t be known', { service, error });
      return true;
    }
  }
}

const starting = (writers: Writers = {}): Writers =>
  Object.fromEntries(Object.entries(writers).filter(([, at]) => Date.now() - at < STARTING_MS));

const withJournals = (paths: readonly string[]): string[] =>
  paths.flatMap((path) => ['', ...JOURNALS].map((suffix) => `${path}${suffix}`));

/** Returns the parent folders of each path, and each path with its direct content. */
const topsOf = (paths: readonly string[]): { path: string; levels: number }[] => [
  ...[...new Set(paths.flatMap(parentsOf))].map((path) => ({ path, levels: 0 })),
  ...withJournals(paths).map((path) => ({ path, levels: 1 })),
];
