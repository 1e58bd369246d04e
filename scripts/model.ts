// npm run model -- --rounds N --seed S: random mixtures of deployments, commands, crashes and kills on three services,
// against a model of what must come out.
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { actions } from '../test/support/model.js';
import { ModelRound } from '../test/support/model-round.js';
import { Slipway } from '../test/support/slipway.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
});
const [numRuns, seed] = [Number(values.rounds), Number(values.seed)];
console.log(`${numRuns} rounds, seed ${seed}`);

const slipway = await Slipway.start();
const round = await ModelRound.prepare(slipway);
let count = 0;
const property = fc.asyncProperty(actions, async (chosen) => {
  const startedAt = Date.now();
  count += 1;
  const words = chosen.map(({ service, what, pauseMs }) => `${what} ${service} +${pauseMs}`).join(', ');
  try {
    await round(chosen);
  } catch (error) {
    console.log(`FAIL  ${count}/${numRuns}  ${words}`);
    throw error;
  }
  console.log(`ok    ${count}/${numRuns}  ${chosen.length} actions, ${Date.now() - startedAt} ms`);
});
try {
  await fc.assert(property, { numRuns, seed, endOnFailure: true });
} finally {
  await slipway.remove();
}
