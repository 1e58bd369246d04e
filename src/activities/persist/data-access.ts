// Who may read and write a service's data, whichever user its apps run as.
//
// A tree of half a million uploads is not looked through at every start. Written down is who may have written there since
// all of it was opened: an app that starts as the only one of them has access to all, as it made the rest itself. Then a
// look at the top is enough, for what somebody put there by hand.
import { join } from 'node:path';
import { log } from '@temporalio/activity';
import { SlipwayError } from '../../contract/errors.js';
import { dataWriters, serviceData } from '../../contract/layout.js';
import { createAppFolders } from '../app-folders.js';
import type { ImageFacts } from '../ports/docker/engine.js';
import type { Ports } from '../ports/index.js';
import { runtimesOf } from '../runtimes.js';
import type { HostSettings } from '../settings.js';
import { JOURNALS, parentsOf } from './data-files.js';

export interface Image {
  ref: string;
  facts: ImageFacts;
}

/** User -> epoch ms of its last start. */
type Writers = Record<string, number>;

/** As an image's USER line tells it. */
const ROOT = /^(root|0)?(:.*)?$/;
/** Slipway's own user, as which processes run unless apps have one of their own, and who makes the first copies. */
const OWN = 'slipway';
const appWriter = (uid: number): string => `app:${uid}`;
/** A start, or a release command, may not be there yet for anybody to see: it ends with its deployment, at the latest. */
const STARTING_MS = 60 * 60 * 1000;

export const isRoot = (user: string): boolean => ROOT.test(user);

/** A name may stand for another user in every image, a number may not. */
function userOf({ ref, facts }: Image): string {
  const [user = ''] = facts.user.split(':');
  if (isRoot(user)) return 'root';
  return /^\d+$/.test(user) ? user : `${user}@${ref}`;
}

export function createDataAccess(
  ports: Pick<Ports, 'disk' | 'processes' | 'containers'>,
  settings: Pick<HostSettings, 'layout' | 'modes' | 'appUser'>,
) {
  const { disk } = ports;
  const { layout, appUser } = settings;
  const folders = createAppFolders(disk, settings);

  /** All under the lock of the service's data, right before a start. `paths` are what the app looks for. */
  return {
    async forContainer(service: string, image: Image, paths: readonly string[]): Promise<void> {
      const user = userOf(image);
      if (user === 'root') return noteWriter(service, user); // it may all
      const root = serviceData(layout, service);
      // The folder of a service whose apps have a user of their own is entered by its group (see `app-folders.ts`).
      const guarded = appUser && root;
      await admitted(service, user, {
        all: () => (guarded === undefined ? disk.openToAll(root) : openContents(root)),
        top: () =>
          inTop(root, paths, async (path, levels) => {
            if (path !== guarded) await disk.openTop(path, levels);
          }),
      });
    },

    async forProcess(service: string, paths: readonly string[]): Promise<void> {
      const root = serviceData(layout, service);
      const owner = folders.ownerIn(service);
      if (owner) {
        return admitted(service, appWriter(owner.uid), {
          all: () => disk.handOver(root, owner, 'all_contents'),
          top: async () => {
            for (const path of withJournals(paths)) await disk.handOverAlong(root, path, owner);
          },
        });
      }
      const assertOpen = async (path: string, levels?: number): Promise<void> => {
        const closed = await disk.closedEntry(path, levels);
        if (closed === undefined) return;
        throw new SlipwayError('internal', {
          text: 'persist.not_writable',
          params: { path: closed, folder: root },
        });
      };
      await admitted(service, OWN, { all: () => assertOpen(root), top: () => inTop(root, paths, assertOpen) });
    },
  };

  async function openContents(root: string): Promise<void> {
    for (const { name } of await disk.list(root)) await disk.openToAll(join(root, name));
  }

  async function admitted(
    service: string,
    user: string,
    look: { all: () => Promise<void>; top: () => Promise<void> },
  ): Promise<void> {
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

/** The data folder, the folders above each path, and of a path also what lies in it. */
async function inTop(
  root: string,
  paths: readonly string[],
  look: (path: string, levels: number) => Promise<void>,
): Promise<void> {
  for (const folder of new Set([root, ...paths.flatMap((path) => parentsOf(root, path))])) await look(folder, 0);
  for (const path of withJournals(paths)) {
    await look(join(root, path), 1);
  }
}
