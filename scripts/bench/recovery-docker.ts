// How long a container's page is away after it was killed through the engine.
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { LABELS } from '../../src/activities/ports/docker/labels.js';
import { docker } from '../../test/support/engine.js';
import { freePort } from '../../test/support/slipway.js';
import { untilAnswering } from './by-hand.js';
import { newProject } from './docker.js';
import { inTurn, median, ms, quantile, timed, type Measurement, type Taken } from './measure.js';
import { deployToEnd, type Stage } from './stage.js';

const KILLS = 20;
/** The watcher is up by then. */
const SETTLE_MS = 300;
const PORT_WITHIN = 8000;

/** A second of the limit is the back-off. */
export const recoveryOfContainers: Measurement[] = [
  { name: 'recover_docker', unit: 's', limit: 2, slots: 3, engine: true, take: recover },
];

/** Another service each time: an app that falls again and again is given longer and longer rests. */
async function recover(stage: Stage): Promise<Taken> {
  let image = '';
  const ours = async (): Promise<number> => {
    const { name, path } = newProject(stage, 'warm');
    await deployToEnd(stage, { mode: 'docker', config: { service: name, source: { type: 'directory', path } } });
    await delay(SETTLE_MS);
    const { url } = await stage.slipway.service(name);
    if (url === null) throw new Error(`${name} has no address`);
    const { Id, Image } = await onlyContainerOf(stage, name);
    image = Image;
    const took = await killed(docker.getContainer(Id), url);
    await stage.slipway.call(`/api/services/${name}/stop`, { body: {} });
    return took;
  };
  const taken = await inTurn({ ours, other: () => startByHand(image) }, { count: KILLS });
  const away = taken.ours.map((took, i) => (took - (taken.other[i] ?? NaN)) / 1000);
  const note = `p50 ${median(away).toFixed(2)} s; by hand ${ms(median(taken.other))}`;
  return { value: quantile(away, 0.95), note };
}

function killed(container: Docker.Container, url: string): Promise<number> {
  return timed(async () => {
    await container.kill();
    await untilAnswering(url);
  });
}

async function onlyContainerOf({ slipway }: Stage, service: string): Promise<Docker.ContainerInfo> {
  const label = [`${LABELS.host}=${slipway.hostId}`, `${LABELS.service}=${service}`];
  const [container, other] = await docker.listContainers({ filters: { label } });
  if (!container || other) throw new Error(`${service} has not one container`);
  return container;
}

/**
 * From the making of its container until the app's first 200, as with `docker run`. The app is asked from before its start
 * on, as Slipway's is. An engine before 28 accepts connections before the container's network is up. Such a connection waits
 * a second (`retrans_time_ms`), until the kernel looks for the container again.
 */
async function startByHand(image: string): Promise<number> {
  const port = await freePort();
  const inside = `${PORT_WITHIN}/tcp`;
  let container: Docker.Container | undefined;
  try {
    return await timed(async () => {
      container = await docker.createContainer({
        Image: image,
        Env: [`PORT=${PORT_WITHIN}`, 'SLIPWAY_RELEASE=by-hand'],
        ExposedPorts: { [inside]: {} },
        HostConfig: { Init: true, PortBindings: { [inside]: [{ HostIp: '127.0.0.1', HostPort: String(port) }] } },
      });
      await Promise.all([container.start(), untilAnswering(`http://127.0.0.1:${port}/`)]);
    });
  } finally {
    await container?.remove({ force: true });
  }
}
