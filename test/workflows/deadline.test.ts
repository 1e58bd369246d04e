import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Held } from '../support/fake-activities.js';
import { body, Stage } from '../support/stage.js';

// In a file of its own: it takes its 30 seconds beside the others.
let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.stop());

it('a deployment fails and is undone at its timeout without another mode, and time in the queue doesn’t count', async () => {
  const [holding, install] = [new Held<never>(), new Held<undefined>()];
  stage.allGoesWell('web', {
    prepareRelease: holding.run,
    installWithUv: install.run,
  });
  await stage.gate({ limit: 1 });
  const [holder, id] = [stage.name('holder'), stage.name('slow')];
  await stage.admit(holder, body(stage.name('shop')));
  await holding.began;
  await stage.admit(id, body(stage.name('shop'), { when_full: 'queue' }, { mode: 'auto', timeout: 30 }));
  stage.allGoesWell('web', { installWithUv: install.run });
  await stage.cancel(holder);
  await install.began;
  const { closedAs, state } = await stage.ended(id);
  expect(closedAs).toBe('FAILED');
  expect(state.failure).toMatchObject({
    error: { code: 'deployment_timeout', params: { seconds: 30 } },
    step: 'install',
    mode: 'uv',
  });
  expect(state.attempts.map(({ mode, status }) => `${mode} ${status}`)).toEqual(['docker skipped', 'uv failed']);
  expect(stage.fakes.began(id).slice(-2)).toEqual(['discardEnvironment', 'discardRelease']);
  const seconds = (Date.parse(state.endTime ?? '') - Date.parse(state.startTime)) / 1000;
  expect(seconds).toBeGreaterThanOrEqual(30);
  expect(await stage.clear()).toEqual([]);
});
