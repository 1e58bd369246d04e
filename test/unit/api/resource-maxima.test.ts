// The operator's maxima of resources: a request for more is refused at its field, alone and in a batch.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../../support/api.js';

let api: TestApi;
let config: object;
beforeAll(async () => {
  api = await startApi({ SLIPWAY_CONTAINER_MEMORY_MAX_MB: '256', SLIPWAY_CONTAINER_CPUS_MAX: '1.5' });
  const path = join(api.sources, 'bot');
  mkdirSync(path);
  config = { source: { type: 'directory', path } };
});
afterAll(() => api.close());

const TOO_MUCH = { memory_mb: 257, cpus: 1.6 };

it('a deployment over the maximum of resources is refused with the path of each field and the maximum', async () => {
  const body = { mode: 'docker', config: { ...config, resources: TOO_MUCH } };
  const answer = await api.call('/api/deployments', { body, headers: { 'Accept-Language': 'en' } });
  expect(answer).toMatchObject({
    status: 422,
    body: {
      errors: [
        { path: 'config.resources.memory_mb', message: expect.stringContaining('256') },
        { path: 'config.resources.cpus', message: expect.stringContaining('1.5') },
      ],
    },
  });
});

it('a batch with an item over the maximum of resources is refused with the path of the field', async () => {
  api.gateway.readServices = () => Promise.resolve({ stale: false, value: [] });
  const deployments = [{ mode: 'docker', config: { ...config, resources: { memory_mb: 257 } } }];
  const answer = await api.call('/api/deployments/batch', { body: { deployments } });
  expect(answer).toMatchObject({
    status: 422,
    body: { errors: [{ path: 'deployments.0.config.resources.memory_mb' }] },
  });
});
