import { afterAll, beforeAll, it } from '@jest/globals';
import fc from 'fast-check';
import { actions } from '../support/model.js';
import { ModelRound } from '../support/model-round.js';
import { Slipway } from '../support/slipway.js';

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

/** The long run of these is `npm run model`. */
it('random concurrent commands get correct responses, and the last accepted command wins', async () => {
  const round = await ModelRound.prepare(slipway);
  await fc.assert(fc.asyncProperty(actions, round), { numRuns: 3, endOnFailure: true });
}, 180_000);
