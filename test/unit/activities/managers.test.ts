import { expect, it, jest } from '@jest/globals';
import { createProbe, type Probes } from '../../../src/activities/host.js';
import { hint, translate } from '../../../src/contract/texts.js';
import { onTestFinished } from '../../support/jest/test-end.js';

const available: Probes['uv'] = () => Promise.resolve({ status: 'available' });
const unexpected: Probes['uv'] = () => Promise.reject(new Error('this mode is not to be looked for'));

it('a mode that the host doesn’t offer is unavailable with a reason and a hint, and isn’t probed', async () => {
  const probe = createProbe(
    { docker: available, uv: unexpected, fallback: unexpected },
    { hostId: 'box-1', modes: ['docker'], isolation: 'any' },
  );
  const { docker, uv, fallback } = await probe();
  expect(docker.status).toBe('available');
  expect([uv.status, fallback.status]).toEqual(['unavailable', 'unavailable']);
  const { code, text, params } = uv.error!;
  expect(code).toBe('tool_missing');
  expect(translate(text, params, 'en')).toBe('The host box-1 does not offer the mode uv (SLIPWAY_MODES=docker)');
  expect(translate(text, params, 'zh-TW')).toContain('不提供 uv 模式');
  expect(hint(text, params, 'en')).toContain('SLIPWAY_MODES of the worker on that host');
});

it('a mode that the host offers has the status of its probe', async () => {
  const probe = createProbe(
    { docker: unexpected, uv: available, fallback: unexpected },
    { hostId: 'box-1', modes: ['uv'], isolation: 'any' },
  );
  const { docker, uv, fallback } = await probe();
  expect([docker.status, uv.status, fallback.status]).toEqual(['unavailable', 'available', 'unavailable']);
  expect(docker.error).toMatchObject({ code: 'engine_unavailable', text: 'modes.not_offered' });
});

it('the last result of a probe is returned while a newer probe is running', async () => {
  jest.useFakeTimers();
  onTestFinished(() => void jest.useRealTimers());
  const answers = [Promise.resolve({ status: 'available' } as const), new Promise<never>(() => undefined)];
  const uv = jest.fn<Probes['uv']>(() => answers.shift()!);
  const probe = createProbe(
    { docker: unexpected, uv, fallback: unexpected },
    { hostId: 'box-1', modes: ['uv'], isolation: 'any' },
  );
  const statuses = async () => (await probe()).uv.status;
  expect([await statuses(), await statuses(), uv.mock.calls.length]).toEqual(['available', 'available', 1]);
  jest.setSystemTime(Date.now() + 30_000);
  expect([await statuses(), await statuses(), uv.mock.calls.length]).toEqual(['available', 'available', 2]);
});

it('a host that isolates apps offers no process modes, and the hint names the operator of the host', async () => {
  const probe = createProbe(
    { docker: available, uv: unexpected, fallback: unexpected },
    { hostId: 'box-1', modes: ['docker', 'uv', 'fallback'], isolation: 'container' },
  );
  const { docker, uv, fallback } = await probe();
  expect([docker.status, uv.status, fallback.status]).toEqual(['available', 'unavailable', 'unavailable']);
  const { text, params } = fallback.error!;
  expect(translate(text, params, 'en')).toContain('in containers only');
  expect(hint(text, params, 'en')).toContain("host's operator");
});
