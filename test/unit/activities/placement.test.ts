import { expect, it } from '@jest/globals';
import { createPlacement } from '../../../src/activities/placement.js';
import type { Ports } from '../../../src/activities/ports/index.js';
import type { HostSettings } from '../../../src/activities/settings.js';
import { startRequestSchema } from '../../../src/contract/requests.js';
import { newService, serviceView } from '../../../src/workflows/service-state.js';

const outside = { ...serviceView(newService('db', '2026-01-01T00:00:00.000Z')), kind: 'external' as const };
/** The one question that placing asks of Temporal; any other is one that nobody expected. */
const entities = new Proxy({} as Ports['entities'], {
  get(_, name) {
    if (name === 'readService') return (service: string) => Promise.resolve(service === 'db' ? outside : undefined);
    throw new Error(`nobody expected ${String(name)}`);
  },
});
const place = (config: object) => {
  const probe = () => Promise.reject(new Error('nobody expected a probe'));
  const settings = { hostId: 'h1', language: 'en' } as HostSettings; // no more of it is read
  return createPlacement({ entities }, settings, probe).placeDeployment({
    deploymentId: 'by-hand',
    request: startRequestSchema.parse({ config }),
  });
};
const folder = (path: string) => ({ source: { type: 'directory', path } });

it('a service whose workflow was terminated is placed on its last host', async () => {
  const asked = { readService: () => Promise.resolve(undefined), readLastHost: () => Promise.resolve('h2') };
  const available = { status: 'available' } as const;
  const placed = await createPlacement(
    { entities: asked as unknown as Ports['entities'] },
    { hostId: 'h1', language: 'en' } as HostSettings, // no more of it is read
    () => Promise.resolve({ docker: available, uv: available, fallback: available }),
  ).placeDeployment({ deploymentId: 'd1', request: startRequestSchema.parse({ config: folder('/srv/app') }) });
  expect(placed.hostId).toBe('h2');
});

it('a service that runs only in containers is offered no process modes', async () => {
  const available = { status: 'available' } as const;
  const view = { ...serviceView(newService('bot', '2026-01-01T00:00:00.000Z')), isolation: 'container' as const };
  const placement = createPlacement(
    { entities: { readService: () => Promise.resolve(view) } as unknown as Ports['entities'] },
    { hostId: 'h1', language: 'en' } as HostSettings, // no more of it is read
    () => Promise.resolve({ docker: available, uv: available, fallback: available }),
  );
  const request = startRequestSchema.parse({ config: { ...folder('/srv/app'), service: 'bot' } });
  const { managers } = await placement.placeDeployment({ deploymentId: 'd1', request });
  expect(managers.docker).toEqual(available);
  for (const mode of ['uv', 'fallback'] as const)
    expect(managers[mode]).toMatchObject({ status: 'unavailable', error: { text: 'isolation.service' } });
});

it.each<[string, object, object]>([
  ['a source with a reserved name', folder('/srv/Discovery'), { text: 'reserved', params: { name: 'discovery' } }],
  ['a source without a valid service name', folder('/srv/!!!'), { text: 'invalid.no_name' }],
  ['an external service', { ...folder('/srv/app'), service: 'db' }, { text: 'service.external' }],
])('a deployment of %s is refused by the placement', async (_what, config, told) => {
  await expect(place(config)).rejects.toMatchObject({ code: 'invalid', ...told });
});

it.each<[string, 'docker' | 'uv', object, true | undefined]>([
  ['auto mode stays in containers if the active release uses docker mode', 'docker', {}, true],
  [
    'docker mode with the fallback mode uv may leave containers',
    'docker',
    { mode: 'docker', config: { fallback_modes: ['uv'] } },
    undefined,
  ],
  [
    'auto mode with its own fallback modes may leave containers',
    'docker',
    { config: { fallback_modes: ['docker', 'uv'] } },
    undefined,
  ],
  ['auto mode may leave containers if the active release uses uv mode', 'uv', {}, undefined],
])('a deployment in %s', async (_what, serving, wanted, stays) => {
  const release = { release: 'r1', mode: serving, created_at: '', active: true, environment_key: '' };
  const view = {
    ...serviceView(newService('bot', '2026-01-01T00:00:00.000Z')),
    active_release: 'r1',
    releases: [release],
  };
  const available = { status: 'available' } as const;
  const placement = createPlacement(
    { entities: { readService: () => Promise.resolve(view) } as unknown as Ports['entities'] },
    { hostId: 'h1', language: 'en' } as HostSettings, // no more of it is read
    () => Promise.resolve({ docker: available, uv: available, fallback: available }),
  );
  const placed = await placement.placeDeployment({
    deploymentId: 'd1',
    request: startRequestSchema.parse(wanted),
    service: 'bot',
  });
  expect(placed.staysInContainers).toBe(stays);
});
