import { expect, it } from '@jest/globals';
import { createManualRequest } from '../../../src/activities/manual-request.js';
import type { Ports } from '../../../src/activities/ports/index.js';

/** The one question that opening asks of Temporal; any other is one that nobody expected. */
const entitiesThatKnow = (...ended: string[]): Ports['entities'] =>
  new Proxy({} as Ports['entities'], {
    get(_, name) {
      if (name === 'ranBefore') return (id: string) => Promise.resolve(ended.includes(id));
      throw new Error(`nobody expected ${String(name)}`);
    },
  });
const open = (input: unknown, deploymentId = 'by-hand', language: 'en' | 'zh-TW' = 'en') =>
  createManualRequest({ entities: entitiesThatKnow('used') }, { language }).openRequest({ deploymentId, input });

it('a manual request is parsed, and its defaults are filled in', async () => {
  const { request, refused } = await open({ mode: 'uv' });
  expect(refused).toBeUndefined();
  expect(request).toMatchObject({ mode: 'uv', timeout: 300 });
});

it.each<[string, unknown, string, string]>([
  [
    'a resource limit in uv mode',
    { mode: 'uv', config: { resources: { cpus: 1 } } },
    'invalid',
    'resources.not_enforceable',
  ],
  [
    'two different values of when_full',
    { when_full: 'queue', config: { when_full: 'reject' } },
    'invalid',
    'field.when_full_twice',
  ],
  ['an unencrypted secret', { config: { environment_variables: { A: 'x' } } }, 'invalid', 'invalid.clear_secrets'],
  ['the reserved service name', { config: { service: 'DeploymentServiceAPI' } }, 'invalid', 'invalid'],
  ['the name of an API path as its service name', { config: { service: 'discovery' } }, 'invalid', 'invalid'],
  ['text instead of an object', 'text', 'invalid', 'invalid'],
])('a manual request with %s is refused', async (_what, input, code, text) => {
  expect((await open(input)).refused).toMatchObject({ code, text });
});

it('a manual request with the id of an earlier deployment is refused', async () => {
  expect((await open({ mode: 'uv' }, 'used')).refused).toMatchObject({ code: 'invalid', text: 'invalid.id_used' });
});

it('a manual request whose id could leave the data folder is refused', async () => {
  expect((await open({}, '../x')).refused).toMatchObject({ text: 'invalid.deployment_id' });
});

it('a refused manual request lists each invalid field in the configured language', async () => {
  const wrong = { config: { persist: ['../x'], colour: 'red' } };
  expect((await open(wrong)).refused?.params.reason).toBe(
    'config.persist.0: must be a relative path inside the app folder, without control characters; config.colour: is not a known field',
  );
  expect((await open(wrong, 'by-hand', 'zh-TW')).refused?.params.reason).toMatch(
    /相對路徑.*config\.colour: \p{Script=Han}/u,
  );
});
