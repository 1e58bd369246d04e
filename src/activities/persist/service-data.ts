// What outlives a service's releases, made ready for an app before it starts, and kept after it has ended.
//
// One lock per service: deployments, recoveries and stops of the same service may come at the same moment.
import { join, posix } from 'node:path';
import { log } from '@temporalio/activity';
import { SlipwayError } from '../../contract/errors.js';
import { dataLock, dataStaging, releaseLinks, serviceData } from '../../contract/layout.js';
import type { PersistedPath } from '../../contract/persist.js';
import type { InstanceSpec } from '../../contract/steps.js';
import { createAppFolders } from '../app-folders.js';
import { onDisk } from '../disk-errors.js';
import { DATA_MOUNT, type ContainerData, type CopiedOut, type DataLink } from '../ports/docker/container-data.js';
import { labelsOf } from '../ports/docker/labels.js';
import type { Ports } from '../ports/index.js';
import type { InstanceRecord } from '../ports/instance-port.js';
import { serviceGroup } from '../service-group.js';
import type { HostSettings } from '../settings.js';
import { createDataAccess, isRoot, type Image } from './data-access.js';
import { assertPlain, dataPlace, emptyStaging, JOURNALS, makeParents, putInPlace, takeAway } from './data-files.js';
import { linkRelease, readOthers, settleRelease } from './release-links.js';

export type DataPorts = Pick<Ports, 'disk' | 'tools' | 'engine' | 'containers' | 'processes'>;
type DataSpec = Pick<InstanceSpec, 'service' | 'deploymentId' | 'persist'>;

export const seedContainer = (deploymentId: string): string => `slipway.seed.${deploymentId}`;
const openingContainer = (instanceId: string): string => `slipway.opening.${instanceId}`;
const inImage = ({ facts }: Image, path: string): string => posix.join('/', facts.workdir, path);

const pathsOf = (of: readonly { path: string }[]): string[] => of.map(({ path }) => path);

/** An image's own volumes at persisted paths, or below them: else they would be empty in every container. */
function volumesIn(image: Image, persist: readonly PersistedPath[]): DataLink[] {
  return image.facts.volumes.flatMap((volume) => {
    const at = posix.normalize(volume).replace(/(?<=.)\/$/, '');
    const holder = persist.find(({ path }) => `${at}/`.startsWith(`${inImage(image, path)}/`));
    return holder ? [{ at, path: `${holder.path}${at.slice(inImage(image, holder.path).length)}` }] : [];
  });
}

/** Of a copy's left out links, those that are logged by name. */
const NAMED = 100;

export function createServiceData(ports: DataPorts, settings: HostSettings) {
  const { disk, tools, engine, containers } = ports;
  const { layout, hostId, modes, appUser } = settings;
  const folders = createAppFolders(disk, settings);
  const access = createDataAccess(ports, settings);

  return {
    /** Right before a process starts in the release: nothing of it may run. */
    async forProcess(spec: DataSpec, signal: AbortSignal): Promise<void> {
      const { service, persist = [] } = spec;
      if (persist.length === 0) return;
      await locked(service, signal, async () => {
        await readFromOthers(spec);
        await linkRelease(disk, layout, spec, persist, folders.ownerIn(service));
        await access.forProcess(service, pathsOf(persist));
      });
    },

    /** Before a container is made of the image. Undefined when nothing of it outlives it. */
    async forContainer(spec: DataSpec, image: Image, signal: AbortSignal): Promise<ContainerData | undefined> {
      const { service, persist = [] } = spec;
      if (persist.length === 0) return undefined;
      const volumes = volumesIn(image, persist);
      const source = await engine.hostPath(serviceData(layout, service));
      await locked(service, signal, async () => {
        await readFromOthers(spec);
        for (const path of persist) await fill(spec, path, image);
        for (const { path } of volumes) await makeFolder(service, path);
        await access.forContainer(service, image, [...pathsOf(persist), ...pathsOf(volumes)]);
        await assertAllPlain(service, persist, volumes); // last: the engine goes wherever a link leads on its host
      });
      const links = persist.map(({ path }) => ({ path, at: inImage(image, path) }));
      return {
        source,
        links: links.filter(({ at }) => !volumes.some((volume) => volume.at === at)),
        volumes,
        ...(appUser && { group: serviceGroup(service) }),
      };
    },

    /** After a process has ended. */
    async keepOfProcess({ service, deploymentId }: InstanceRecord, signal: AbortSignal): Promise<void> {
      if (!(await disk.exists(releaseLinks(layout, service, deploymentId)))) return;
      await locked(service, signal, () =>
        settleRelease(disk, layout, { service, deploymentId }, folders.ownerIn(service)),
      );
    },

    /** After a container has ended, and before it goes. */
    async keepOfContainer(record: InstanceRecord, signal: AbortSignal): Promise<void> {
      if (!(await containers.dataOf(record.instanceId))) return;
      await locked(record.service, signal, async () => {
        await readContainer(record);
        await openForProcesses(record, signal);
      });
    },
  };

  function locked(service: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const staged = async (): Promise<void> => {
      try {
        await folders.guardData(service);
        await work();
      } finally {
        await disk.remove(dataStaging(layout, service));
      }
    };
    return onDisk(() => tools.withLock(dataLock(layout, service), staged, signal));
  }

  async function assertAllPlain(
    service: string,
    persist: readonly PersistedPath[],
    volumes: readonly DataLink[],
  ): Promise<void> {
    const root = serviceData(layout, service);
    for (const { path } of persist) await assertPlain(disk, root, path, ['file', 'folder']);
    for (const { path } of volumes) await assertPlain(disk, root, path, ['folder']);
  }

  /** Apps of the service that may still run, and save by renames: what they saved last is what their successor begins with. */
  async function readFromOthers(spec: DataSpec): Promise<void> {
    await readOthers(disk, layout, spec, folders.ownerIn(spec.service));
    for (const record of await containersOf(spec.service)) await readWhatCanBe(record);
  }

  async function containersOf(service: string): Promise<InstanceRecord[]> {
    if (!modes.includes('docker')) return [];
    try {
      const records = (await containers.listInstances()).map((instanceId) => containers.readRecord(instanceId));
      return (await Promise.all(records)).filter((record) => record?.service === service).filter((known) => !!known);
    } catch (error) {
      log.warn('what containers of the service have saved can’t be known', { service, error });
      return [];
    }
  }

  /** What a container has in the way of a copy is said, and holds up nobody else's start: where it matters, that is refused. */
  async function readWhatCanBe(record: InstanceRecord): Promise<void> {
    try {
      await readContainer(record);
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== 'source_invalid') throw error;
      log.warn('not all that another app saved could be read', { instanceId: record.instanceId, error });
    }
  }

  async function readContainer({ service, instanceId }: InstanceRecord): Promise<void> {
    const { links = [], mounted = [], user = '' } = (await containers.dataOf(instanceId)) ?? {};
    const { root } = dataPlace(layout, service);
    for (const path of mounted) await assertPlain(disk, root, path, ['folder']); // the engine mounts them for a copy, too
    for (const link of links) {
      const stat = await containers.statIn(instanceId, link.at);
      if (stat?.kind !== 'other' || stat.modifiedAt <= ((await disk.modifiedAt(join(root, link.path))) ?? 0)) continue;
      await makeParents(disk, root, link.path);
      for (const suffix of [...JOURNALS, '']) await takeFromContainer({ service, instanceId, user }, link, suffix);
    }
  }

  /** The path itself comes last: until it is there, another try does all again. */
  async function takeFromContainer(
    { service, instanceId, user }: { service: string; instanceId: string; user: string },
    link: DataLink,
    suffix: string,
  ): Promise<void> {
    const place = dataPlace(layout, service);
    const target = join(place.root, `${link.path}${suffix}`);
    if (suffix !== '') await takeAway(disk, place, target);
    await copied(service, user, target, (into) => containers.copyOut(instanceId, `${link.at}${suffix}`, into));
  }

  /** What the image has at a path is the beginning of the data, and never again more than that. */
  async function fill(spec: DataSpec, path: PersistedPath, image: Image): Promise<void> {
    const { service, deploymentId } = spec;
    const root = serviceData(layout, service);
    const target = join(root, path.path);
    await makeParents(disk, root, path.path);
    if (await disk.exists(target)) return;
    const labels = labelsOf(hostId, service, deploymentId);
    const order = { image: image.ref, name: seedContainer(deploymentId), labels, at: inImage(image, path.path) };
    await copied(service, image.facts.user, target, (into) => engine.copyFromImage({ ...order, into }));
    if (path.kind === 'folder') await makeFolder(service, path.path);
  }

  async function makeFolder(service: string, path: string): Promise<void> {
    const root = serviceData(layout, service);
    await makeParents(disk, root, path);
    if (!(await disk.exists(join(root, path)))) await disk.makeFolder(join(root, path));
  }

  /** A copy is Slipway's own: it is opened to its container's user before it is anybody's to see. */
  async function copied(
    service: string,
    user: string,
    target: string,
    copy: (into: string) => Promise<CopiedOut | undefined>,
  ): Promise<void> {
    const place = dataPlace(layout, service);
    const made = await copy(await emptyStaging(disk, place));
    if (!made) return;
    const { path, leftOut } = made;
    for (const entry of leftOut.slice(0, NAMED)) log.warn('left out of the data of a service', { service, entry });
    if (leftOut.length > NAMED) log.warn('more was left out', { service, entries: leftOut.length - NAMED });
    if (!isRoot(user)) await disk.openToAll(path);
    await putInPlace(disk, place, path, target);
  }

  /** What a container's user made, a Slipway that is not root can only have opened by root in a container. */
  async function openForProcesses(record: InstanceRecord, signal: AbortSignal): Promise<void> {
    const { instanceId, service, deploymentId } = record;
    const root = serviceData(layout, service);
    const image = (await containers.dataOf(instanceId))?.image;
    if (image === undefined || (await disk.closedEntry(root)) === undefined) return;
    const { exitCode, tail } = await engine.runOnce({
      image,
      name: openingContainer(instanceId),
      argv: ['/bin/sh', '-c', `chmod -R a+rwX ${DATA_MOUNT}`],
      env: {},
      user: '0',
      data: { source: await engine.hostPath(root), links: [], volumes: [] },
      labels: labelsOf(hostId, service, deploymentId),
      signal,
      onLines: () => undefined,
    });
    if (exitCode !== 0) log.warn('the data of a container could not be opened to others', { service, tail }); // told at the next start of a process
  }
}
