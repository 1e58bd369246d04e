import { describe, expect, jest, test } from '@jest/globals';
import { createFallback } from '../../../src/activities/fallback/steps.js';
import { makeHost } from '../../support/activity-host.js';
import { testInstalls } from '../../support/install-cases.js';

jest.setTimeout(150_000); // real tools, for minutes

describe('the fallback mode', () => {
  testInstalls('fallback');

  test('the fallback mode is available if a venv can be created, and unavailable without Python', async () => {
    const { ports, settings } = await makeHost();
    expect(await createFallback(ports, settings).probeFallback()).toEqual({ status: 'available' });
    const python = { list: () => Promise.resolve([]) };
    const probe = createFallback({ ...ports, python }, settings).probeFallback();
    expect(await probe).toMatchObject({ status: 'unavailable', error: { code: 'python_unavailable' } });
  });
});
