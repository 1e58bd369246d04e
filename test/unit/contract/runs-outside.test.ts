import { expect, it } from '@jest/globals';
import { rowBody } from '../../../src/api/service-bodies.js';
import { runsOutside } from '../../../src/contract/runs-outside.js';
import type { Mode, ToldStatus } from '../../../src/contract/states.js';
import { rowOf } from '../../../src/contract/views.js';
import { newService, serviceView } from '../../../src/workflows/service-state.js';

const AT = '2026-01-02T03:04:05.000Z';

/** As the API lists it: its earlier release ran in the other kind of mode. */
function listed(release: string, mode: Mode, status: ToldStatus = 'running') {
  const one = { created_at: AT, environment_key: 'k' };
  const earlier = { ...one, release: 'uv_0', mode: mode === 'docker' ? ('uv' as const) : ('docker' as const) };
  const view = serviceView(newService('bot', AT));
  const releases = [
    { ...earlier, active: false },
    { ...one, release, mode, active: true },
  ];
  return rowBody(rowOf({ ...view, status, active_release: release, releases }), 'en');
}

it.each<[string, Mode, boolean]>([
  ['auto_20260102_030405_a1b2c3d4', 'docker', false],
  ['fallback_20260102_030405_a1b2c3d4', 'docker', false],
  ['docker_20260102_030405_a1b2c3d4', 'docker', false],
  ['docker_20260102_030405_a1b2c3d4', 'uv', true],
  ['docker_20260102_030405_a1b2c3d4', 'fallback', true],
  ['auto_20260102_030405_a1b2c3d4', 'uv', true],
])('the release %s in mode %s runs outside containers: %s', (release, mode, expected) => {
  expect(runsOutside(listed(release, mode))).toBe(expected);
});

it('a stopped service or a service without a release doesn’t run outside containers', () => {
  expect(runsOutside(listed('uv_20260102_030405_a1b2c3d4', 'uv', 'stopped'))).toBe(false);
  expect(runsOutside(rowBody(rowOf(serviceView(newService('bot', AT))), 'en'))).toBe(false);
});
