import { describe, expect, test } from 'vitest';
import { createFallback } from '../../../src/activities/fallback/steps.js';
import { makeHost } from '../../support/activity-host.js';
import { testInstalls } from '../../support/install-cases.js';

describe('the fallback mode', { timeout: 150_000 }, () => {
  testInstalls('fallback');

  test('the fallback mode is available if a venv can be created, and unavailable without Python', async () => {
    const { ports, settings } = await makeHost();
    expect(await createFallback(ports, settings).probeFallback()).toEqual({ status: 'available' });
    const python = { list: () => Promise.resolve([]) };
    const probe = createFallback({ ...ports, python }, settings).probeFallback();
    expect(await probe).toMatchObject({ status: 'unavailable', error: { code: 'python_unavailable' } });
  });
});
