// Prepares a service's persisted data before an app starts, and keeps it after the app has ended.
//
// Each service has one lock, because deployments, recoveries and stops of a service can happen at the same time.
import { basename, posix } from 'node:path';
import { log } from '@temporalio/activity';
import { dataLock, dataStaging, releaseLinks } from '../../contract/layout.js';
import type { PersistedPath } from '../../contract/persist.js';
import type { InstanceSpec } from '../../contract/steps.js';
import { createAppFolders } from '../app-folders.js';
import { onDisk } from '../disk-errors.js';
import {
  DATA_MOUNT,
  VOLUMES_MOUNT,
  type ContainerData,
  type CopiedOut,
  type DataLink,
  type DataMount,
} from '../ports/docker/container-data.js';
import { labelsOf } from '../ports/docker/labels.js';
import type { Ports } from '../ports/index.js';
import type { InstanceRecord } from '../ports/instance-port.js';
import type { CopyPatience } from '../ports/unpack/unpack-port.js';
import type { HostSettings } from '../settings.js';
import { createDataAccess, isHostRoot, type Image } from './data-access.js';
import { assertPlain, emptyStaging, JOURNALS, makeMissingFolder, putInPlace, takeAway } from './data-files.js';
import {
  inData,
  makeDataParents,
  openDataPlace,
  rootsOf,
  spotOf,
  withMoreVolumes,
  type DataPlace,
} from './data-place.js';
import { settleVolumes } from './data-volumes.js';
import { NOT_ALL_READ, warnIfInvalid } from './tolerated.js';
import { linkRelease, readOthers, settleRelease } from './release-links.js';

export type DataPorts = Pick<Ports, 'disk' | 'tools' | 'engine' | 'containers' | 'processes'>;
type DataSpec = Pick<InstanceSpec, 'service' | 'deploymentId' | 'folder' | 'persist'>;

export const seedContainer = (deploymentId: string): string => `slipway.seed.${deploymentId}`;
const openingContainer = (instanceId: string): string => `slipway.opening.${instanceId}`;
const inImage = ({ facts }: Image, path: string): string => posix.join('/', facts.workdir, path);

const pathsOf = (of: readonly { path: string }[]): string[] => of.map(({ path }) => path);

/**
 * Returns an image's own volumes at or below persisted paths. Without a mount they would be empty in every container. A
 * persisted path above a volume becomes a mount too, because the engine can't replace a folder that contains a mount by
 * a link.
 */
function volumesIn(image: Image, persist: readonly PersistedPath[]): DataLink[] {
  const paths = image.facts.volumes.flatMap((volume) => {
    const at = posix.normalize(volume).replace(/(?<=.)\/$/, '');
    const holder = persist.find(({ path }) => `${at}/`.startsWith(`${inImage(image, path)}/`));
    return holder ? [holder.path, `${holder.path}${at.slice(inImage(image, holder.path).length)}`] : [];
  });
  return [...new Set(paths)].map((path) => ({ path, at: inImage(image, path) }));
}

/**
 * Returns the mounts at the image's own paths: its volumes, and volumes of other releases' images inside them. A link
 * of the data would lead to the wrong place there.
 */
function volumesAt(
  { volumes }: DataPlace,
  image: Image,
  persist: readonly PersistedPath[],
  imageVolumes: readonly DataLink[],
): DataLink[] {
  const isIn = (path: string, outer: { path: string }): boolean => path.startsWith(`${outer.path}/`);
  const inner = volumes.filter(
    ({ path }) =>
      imageVolumes.some((volume) => isIn(path, volume)) && !imageVolumes.some((volume) => volume.path === path),
  );
  const held = inner.filter(({ path }) => persist.some((outer) => isIn(path, outer)));
  return [...imageVolumes, ...held.map(({ path }) => ({ path, at: inImage(image, path) }))];
}

/** Maps a path of this process to the engine's host. */
type HostPaths = (path: string) => string;

/** The part of a path that was copied. If the path is empty, `all` was copied. */
type Taken = 'all' | 'none';

/** The time for copies during a stop. The activity of a stop has a minute for everything, and is retried after that. */
const COPIED_WITHIN_MS = 25_000;

export function createServiceData(ports: DataPorts, settings: HostSettings) {
  const { disk, tools, engine, containers } = ports;
  const { layout, hostId, modes } = settings;
  const folders = createAppFolders(disk, settings);
  const access = createDataAccess(ports, settings);

  return {
    /** Prepares the data right before a process starts in the release. No process of the release may run. */
    async forProcess(spec: DataSpec, signal: AbortSignal): Promise<void> {
      const { service, persist = [] } = spec;
      if (persist.length === 0) return;
      await locked(service, signal, async (place) => {
        await settleVolumes(disk, place);
        await readFromOthers(spec, place, signal);
        await linkRelease(disk, layout, place, spec, persist);
        await access.forProcess(service, place, pathsOf(persist));
      });
    },

    /**
     * Prepares the data before a container is created from the image. Returns undefined if the service persists
     * nothing.
     */
    async forContainer(spec: DataSpec, image: Image, signal: AbortSignal): Promise<ContainerData | undefined> {
      const { service, persist = [] } = spec;
      if (persist.length === 0) return undefined;
      const imageVolumes = volumesIn(image, persist);
      return locked(service, signal, async (place) => {
        await readFromOthers(spec, place, signal);
        for (const path of persist) await fill(spec, place, path, image, signal);
        const whole = await withVolumes(service, place, pathsOf(imageVolumes));
        await access.forContainer(service, whole, image, [...pathsOf(persist), ...pathsOf(imageVolumes)]);
        for (const { path } of persist) await assertPlain(disk, whole, path, ['file', 'folder']);
        const volumes = volumesAt(whole, image, persist, imageVolumes);
        const links = persist.map(({ path }) => ({ path, at: inImage(image, path) }));
        const onHost = await engine.hostPaths();
        return {
          mounts: [...dataMounts(whole, onHost), ...placedMounts(whole, volumes, onHost)],
          links: links.filter(({ at }) => !volumes.some((volume) => volume.at === at)),
        };
      });
    },

    /** Keeps the data after a process has ended. */
    async keepOfProcess({ service, deploymentId }: InstanceRecord, signal: AbortSignal): Promise<void> {
      if (!(await disk.exists(releaseLinks(layout, service, deploymentId)))) return;
      await locked(service, signal, (place) => settleRelease(disk, layout, place, { service, deploymentId }));
    },

    /** Keeps the data after a container has ended, and before it is removed. */
    async keepOfContainer(record: InstanceRecord, signal: AbortSignal): Promise<void> {
      if (!(await containers.dataOf(record.instanceId))) return;
      await locked(record.service, signal, async (place) => {
        await readContainer(record, place, { signal, patience: AbortSignal.timeout(COPIED_WITHIN_MS) });
        await openForProcesses(record, place, signal);
      });
    },
  };

  function locked<T>(service: string, signal: AbortSignal, work: (place: DataPlace) => Promise<T>): Promise<T> {
    const staged = async (): Promise<T> => {
      try {
        return await work(await openDataPlace(disk, layout, service, folders.ownerIn(service)));
      } finally {
        await disk.remove(dataStaging(layout, service));
      }
    };
    return onDisk(() => tools.withLock(dataLock(layout, service), staged, signal));
  }

  async function withVolumes(service: string, place: DataPlace, paths: readonly string[]): Promise<DataPlace> {
    const whole = await withMoreVolumes(disk, layout, service, place, paths);
    await settleVolumes(disk, whole);
    return whole;
  }

  /** Returns the mounts of all data, at the places that links in the data lead to. */
  function dataMounts(place: DataPlace, onHost: HostPaths): [DataMount, ...DataMount[]] {
    return [
      { source: onHost(place.files), at: DATA_MOUNT },
      ...place.volumes.map(({ root }) => ({ source: onHost(root), at: `${VOLUMES_MOUNT}/${basename(root)}` })),
    ];
  }

  function placedMounts(place: DataPlace, volumes: readonly DataLink[], onHost: HostPaths): DataMount[] {
    return volumes.map(({ path, at }) => ({ source: onHost(spotOf(place, path).root), at }));
  }

  /**
   * Reads the data of apps that still run and save by renames, so that their successor begins with the last saved
   * state.
   */
  async function readFromOthers(spec: DataSpec, place: DataPlace, signal: AbortSignal): Promise<void> {
    await readOthers(disk, layout, place, spec);
    for (const record of await containersOf(spec.service))
      await warnIfInvalid(readContainer(record, place, { signal }), NOT_ALL_READ, { instanceId: record.instanceId });
  }

  async function containersOf(service: string): Promise<InstanceRecord[]> {
    if (!modes.includes('docker')) return [];
    try {
      const records = (await containers.listInstances()).map((instanceId) => containers.readRecord(instanceId));
      return (await Promise.all(records)).filter((record) => record?.service === service).filter((record) => !!record);
    } catch (error) {
      log.warn('what containers of the service have saved can’t be known', { service, error });
      return [];
    }
  }

  async function readContainer(
    { service, instanceId }: InstanceRecord,
    place: DataPlace,
    patience: CopyPatience,
  ): Promise<void> {
    const { links = [], mountedFiles = [], user = '' } = (await containers.dataOf(instanceId)) ?? {};
    // The engine also mounts these folders for a copy.
    for (const path of mountedFiles) await assertPlain(disk, place, path, ['folder']);
    for (const link of links) {
      const stat = await containers.statIn(instanceId, link.at);
      const changedAt = await inData(disk, place, link.path, (at) => disk.modifiedAt(at));
      if (stat?.kind !== 'other' || stat.modifiedAt <= (changedAt ?? 0)) continue;
      for (const suffix of [...JOURNALS, '']) {
        const taken = await takeFromContainer({ service, instanceId, user, patience }, place, link, suffix);
        if (taken === 'all') continue;
        await withoutJournals(place, link.path); // the copied journals belong to a database that wasn't copied
        break;
      }
    }
  }

  async function withoutJournals(place: DataPlace, path: string): Promise<void> {
    for (const suffix of JOURNALS) await inData(disk, place, `${path}${suffix}`, (at) => takeAway(disk, place, at));
  }

  /**
   * Copies one path from a container. The path itself comes after its journals, so that another try repeats everything
   * until the path is complete.
   */
  async function takeFromContainer(
    {
      service,
      instanceId,
      user,
      patience,
    }: { service: string; instanceId: string; user: string; patience: CopyPatience },
    place: DataPlace,
    link: DataLink,
    suffix: string,
  ): Promise<Taken> {
    const path = `${link.path}${suffix}`;
    if (suffix !== '') await inData(disk, place, path, (at) => takeAway(disk, place, at));
    const at = `${link.at}${suffix}`;
    return copied({ service, user, place, path }, (into) => containers.copyOut(instanceId, { at, into, ...patience }));
  }

  /** Copies the image's own content of a path as the first data, if there is no data yet. */
  async function fill(
    spec: DataSpec,
    place: DataPlace,
    { path, kind }: PersistedPath,
    image: Image,
    signal: AbortSignal,
  ): Promise<void> {
    const { service, deploymentId } = spec;
    await makeDataParents(disk, place, path);
    if (await inData(disk, place, path, (at) => disk.exists(at))) return;
    const labels = labelsOf(hostId, service, deploymentId);
    const order = { image: image.ref, name: seedContainer(deploymentId), labels, at: inImage(image, path), signal };
    await copied({ service, user: image.facts.user, place, path }, (into) => engine.copyFromImage({ ...order, into }));
    if (kind === 'folder') await makeMissingFolder(disk, place, path);
  }

  /**
   * Copies into a folder of Slipway's own, opens the copy to its container's user, and then moves it into its place.
   */
  async function copied(
    { service, user, place, path }: { service: string; user: string; place: DataPlace; path: string },
    copy: (into: string) => Promise<CopiedOut | undefined>,
  ): Promise<Taken> {
    const made = await copy(await emptyStaging(disk, place));
    if (!made) return 'all';
    if ('givenUp' in made) {
      log.warn('what an app keeps could not be copied: its data stays as it was', {
        service,
        path,
        reason: made.givenUp,
      });
      return 'none';
    }
    for (const entry of made.leftOut) log.warn('left out of the data of a service', { service, entry });
    if (made.moreLeftOut) log.warn('more was left out', { service, entries: made.moreLeftOut });
    if (!(await isHostRoot(engine, user))) await disk.openToAll(made.path);
    await makeDataParents(disk, place, path);
    await inData(disk, place, path, (at) => putInPlace(disk, place, made.path, at));
    return 'all';
  }

  /** Opens files that a container's user created. A Slipway that isn't root needs root in a container for this. */
  async function openForProcesses(record: InstanceRecord, place: DataPlace, signal: AbortSignal): Promise<void> {
    const { instanceId, service, deploymentId } = record;
    const image = (await containers.dataOf(instanceId))?.image;
    const closed = await Promise.all(rootsOf(place).map((root) => disk.closedEntry(root)));
    if (image === undefined || closed.every((path) => path === undefined)) return;
    const { exitCode, tail } = await engine.runOnce({
      image,
      name: openingContainer(instanceId),
      argv: ['/bin/sh', '-c', `chmod -R a+rwX ${DATA_MOUNT} ${VOLUMES_MOUNT}`],
      env: {},
      user: '0',
      data: { mounts: dataMounts(place, await engine.hostPaths()), links: [] },
      labels: labelsOf(hostId, service, deploymentId),
      signal,
      onLines: () => Promise.resolve(),
    });
    // The next start of a process reports it.
    if (exitCode !== 0) log.warn('the data of a container could not be opened to others', { service, tail });
  }
}
