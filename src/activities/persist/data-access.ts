// Who may read and write a service's data, whichever user its apps run as.
//
// A tree of half a million uploads is not looked through at every start. Written down is who may have written there since
// all of it was opened: an app that starts as the only one of them has access to all, as it made the rest itself. Then a
// look at the top is enough, for what somebody put there by hand.
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

/** User -> epoch ms of its last start. */
type Writers = Record<string, number>;

/** What is looked at before a start: everything, or what stands at the paths that the app looks for. */
interface Look {
  all: () => Promise<void>;
  top: () => Promise<void>;
}

/** As an image's USER line tells it. */
const ROOT = /^(root|0)?(:.*)?$/;
/** Slipway's own user, as which processes run unless apps have one of their own, and who makes the first copies. */
const OWN = 'slipway';
const HOST_ROOT = 'root';
const MAPPED_ROOT = 'mapped-root';
const appWriter = (uid: number): string => `app:${uid}`;
/** A start, or a release command, may not be there yet for anybody to see: it ends with its deployment, at the latest. */
const STARTING_MS = 60 * 60 * 1000;

/** Root in a container, unless the engine makes another user of it on the host. */
export async function isHostRoot(engine: Pick<EnginePort, 'mapsRoot'>, user: string): Promise<boolean> {
  return ROOT.test(user) && !(await engine.mapsRoot());
}

/** A name may stand for another user in every image, a number may not. */
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

  /** All under the lock of the service's data, right before a start. `paths` are what the app looks for. */
  return {
    async forContainer(service: string, place: DataPlace, image: Image, paths: readonly string[]): Promise<void> {
      if (await isHostRoot(engine, image.facts.user)) return noteWriter(service, HOST_ROOT); // it may all
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

  /** Of a Slipway that is not root: what a container's user closed, it can't open. */
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
    const kept = (await othersMayRun(service)) ? writers : starting(writers); // asked before: it may write behind the look
    await look.all();
    if (kept) await write(service, kept, user);
  }

  /** As long as nobody has looked through all, anybody may have written there. */
  async function noteWriter(service: string, user: string): Promise<void> {
    const writers = await readWriters(service);
    if (writers) await write(service, writers, user);
  }

  async function write(service: string, writers: Writers, user: string): Promise<void> {
    await disk.writeAtomically(dataWriters(layout, service), JSON.stringify({ ...writers, [user]: Date.now() }));
  }

  async function readWriters(service: string): Promise<Writers | undefined> {
    const text = await disk.readText(dataWriters(layout, service));
    return text === undefined ? undefined : (JSON.parse(text) as Writers); // written here alone
  }

  /** Apps of it that are not forgotten yet; an engine that can't be asked may have some. */
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

/** The folders above each path, and of a path also what lies in it. */
const topsOf = (paths: readonly string[]): { path: string; levels: number }[] => [
  ...[...new Set(paths.flatMap(parentsOf))].map((path) => ({ path, levels: 0 })),
  ...withJournals(paths).map((path) => ({ path, levels: 1 })),
];
