// What outlives a service's releases, made ready for an app before it starts, and kept after it has ended.
//
// One lock per service: deployments, recoveries and stops of the same service may come at the same moment.
import { join, posix } from 'node:path';
import { log } from '@temporalio/activity';
import { SlipwayError } from '../../contract/errors.js';
import { dataLock, releaseLinks, serviceData } from '../../contract/layout.js';
import type { PersistedPath } from '../../contract/persist.js';
import type { InstanceSpec } from '../../contract/steps.js';
import { onDisk } from '../disk-errors.js';
import { DATA_MOUNT, type ContainerData, type DataLink } from '../ports/docker/container-data.js';
import type { ImageFacts } from '../ports/docker/engine.js';
import { labelsOf } from '../ports/docker/labels.js';
import type { Ports } from '../ports/index.js';
import type { InstanceRecord } from '../ports/instance-port.js';
import type { HostSettings } from '../settings.js';
import { FRESH, JOURNALS, makeParents, putInPlace } from './data-files.js';
import { linkRelease, readOthers, settleRelease } from './release-links.js';

export type DataPorts = Pick<Ports, 'disk' | 'tools' | 'engine' | 'containers'>;
type DataSpec = Pick<InstanceSpec, 'service' | 'deploymentId' | 'persist'>;

interface Image {
  ref: string;
  facts: ImageFacts;
}

export const seedContainer = (deploymentId: string): string => `slipway.seed.${deploymentId}`;
const openingContainer = (instanceId: string): string => `slipway.opening.${instanceId}`;
const inImage = ({ facts }: Image, path: string): string => posix.join('/', facts.workdir, path);

/** An image's own volumes at persisted paths, or below them: else they would be empty in every container. */
function volumesIn(image: Image, persist: readonly PersistedPath[]): DataLink[] {
  return image.facts.volumes.flatMap((volume) => {
    const at = posix.normalize(volume).replace(/(?<=.)\/$/, '');
    const holder = persist.find(({ path }) => `${at}/`.startsWith(`${inImage(image, path)}/`));
    return holder ? [{ at, path: `${holder.path}${at.slice(inImage(image, holder.path).length)}` }] : [];
  });
}

/** As an image's USER line tells it. */
const ROOT = /^(root|0)?(:.*)?$/;

export function createServiceData(ports: DataPorts, settings: HostSettings) {
  const { disk, tools, engine, containers } = ports;
  const { layout, hostId, modes } = settings;

  return {
    /** Right before a process starts in the release: nothing of it may run. */
    async forProcess(spec: DataSpec, signal: AbortSignal): Promise<void> {
      const { service, persist = [] } = spec;
      if (persist.length === 0) return;
      await locked(service, signal, async () => {
        await readFromOthers(spec);
        await linkRelease(disk, layout, spec, persist);
        await assertWritable(service);
      });
    },

    /** Before a container is made of the image. Undefined when nothing of it outlives it. */
    async forContainer(spec: DataSpec, image: Image, signal: AbortSignal): Promise<ContainerData | undefined> {
      const { service, persist = [] } = spec;
      if (persist.length === 0) return undefined;
      await locked(service, signal, async () => {
        await readFromOthers(spec);
        for (const path of persist) await fill(spec, path, image);
        for (const { path } of volumesIn(image, persist)) await makeFolder(service, path);
        if (!ROOT.test(image.facts.user)) await disk.openToAll(serviceData(layout, service));
      });
      const volumes = volumesIn(image, persist);
      const links = persist.map(({ path }) => ({ path, at: inImage(image, path) }));
      return {
        source: await engine.hostPath(serviceData(layout, service)),
        links: links.filter(({ at }) => !volumes.some((volume) => volume.at === at)),
        volumes,
      };
    },

    /** After a process has ended. */
    async keepOfProcess({ service, deploymentId }: InstanceRecord, signal: AbortSignal): Promise<void> {
      if (!(await disk.exists(releaseLinks(layout, service, deploymentId)))) return;
      await locked(service, signal, () => settleRelease(disk, layout, { service, deploymentId }));
    },

    /** After a container has ended, and before it goes. */
    async keepOfContainer(record: InstanceRecord, signal: AbortSignal): Promise<void> {
      if ((await containers.dataLinks(record.instanceId)).length === 0) return;
      await locked(record.service, signal, async () => {
        await readContainer(record);
        await openForProcesses(record, signal);
      });
    },
  };

  function locked(service: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    return onDisk(() => tools.withLock(dataLock(layout, service), work, signal));
  }

  /** Apps of the service that may still run, and save by renames: what they saved last is what their successor begins with. */
  async function readFromOthers(spec: DataSpec): Promise<void> {
    await readOthers(disk, layout, spec);
    for (const record of await containersOf(spec.service)) await readContainer(record);
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

  async function readContainer({ service, instanceId }: InstanceRecord): Promise<void> {
    const root = serviceData(layout, service);
    for (const link of await containers.dataLinks(instanceId)) {
      const stat = await containers.statIn(instanceId, link.at);
      if (stat?.kind !== 'other' || stat.modifiedAt <= ((await disk.modifiedAt(join(root, link.path))) ?? 0)) continue;
      await makeParents(disk, root, link.path);
      for (const suffix of [...JOURNALS, '']) await takeFromContainer(instanceId, root, link, suffix);
    }
  }

  /** The path itself comes last: until it is there, another try does all again. */
  async function takeFromContainer(instanceId: string, root: string, link: DataLink, suffix: string): Promise<void> {
    const target = join(root, `${link.path}${suffix}`);
    if (suffix !== '') await disk.remove(target);
    await copied(target, (into) => containers.copyOut(instanceId, `${link.at}${suffix}`, into));
  }

  /** What the image has at a path is the beginning of the data, and never again more than that. */
  async function fill(spec: DataSpec, path: PersistedPath, image: Image): Promise<void> {
    const root = serviceData(layout, spec.service);
    const target = join(root, path.path);
    await makeParents(disk, root, path.path);
    if (await disk.exists(target)) return;
    const { service, deploymentId } = spec;
    const labels = labelsOf(hostId, service, deploymentId);
    const order = { image: image.ref, name: seedContainer(deploymentId), labels, at: inImage(image, path.path) };
    await copied(target, (into) => engine.copyFromImage({ ...order, into }));
    if (path.kind === 'folder') await makeFolder(service, path.path);
  }

  async function makeFolder(service: string, path: string): Promise<void> {
    const root = serviceData(layout, service);
    await makeParents(disk, root, path);
    if (!(await disk.exists(join(root, path)))) await disk.makeFolder(join(root, path));
  }

  async function copied(target: string, copy: (into: string) => Promise<string | undefined>): Promise<void> {
    const into = `${target}${FRESH}`;
    await disk.remove(into);
    await disk.makeFolder(into);
    const made = await copy(into);
    if (made !== undefined) await putInPlace(disk, made, target);
    await disk.remove(into);
  }

  /** What a container's user made, a Slipway that is not root can only have opened by root in a container. */
  async function openForProcesses(record: InstanceRecord, signal: AbortSignal): Promise<void> {
    const { instanceId, service, deploymentId } = record;
    const root = serviceData(layout, service);
    const image = await containers.imageOf(instanceId);
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

  async function assertWritable(service: string): Promise<void> {
    const folder = serviceData(layout, service);
    const path = await disk.closedEntry(folder);
    if (path !== undefined)
      throw new SlipwayError('internal', { text: 'persist.not_writable', params: { path, folder } });
  }
}
