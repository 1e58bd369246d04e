// What a deployment costs when its tools have nothing to do.
import { handStartOf, startByHand } from './by-hand.js';
import { inTurn, median, ms, type Measurement, type Taken } from './measure.js';
import { deployToEnd, type Stage } from './stage.js';

const SLOTS = 3;
const APP = 'answers-200';
const COMMAND = 'python main.py';

export const redeployments: Measurement[] = [
  { name: 'unchanged', unit: 'ms', limit: 250, slots: SLOTS, take: unchanged },
  { name: 'overhead', unit: 'ms', limit: 600, slots: SLOTS, take: overhead },
];

function unchanged(stage: Stage): Promise<Taken> {
  return redeployed(stage, stage.slipway.app(APP, { service: 'unchanged' }));
}

/** The same request again and again, which finds nothing to do. */
export async function redeployed(stage: Stage, body: unknown): Promise<Taken> {
  await deployToEnd(stage, body);
  const times: number[] = [];
  for (let i = 0; i < 15; i += 1) {
    const { id, tookMs } = await deployToEnd(stage, body);
    if ((await stage.slipway.status(id)).changed) throw new Error(`${id} changed something`);
    times.push(tookMs);
  }
  return { value: median(times), note: `${ms(Math.min(...times))} at best` };
}

/** Each with a variable of another value: the environment is there already, and the app starts anew. */
async function overhead(stage: Stage): Promise<Taken> {
  const deploy = (value: string) =>
    deployToEnd(stage, stage.slipway.app(APP, { service: 'overhead', environment_variables: { ROUND: value } }));
  await deploy('first');
  const hand = handStartOf(stage.slipway, 'overhead', COMMAND);
  let round = 0;
  const { ours, other } = await inTurn(
    {
      ours: async () => (await deploy(String((round += 1)))).tookMs,
      other: () => startByHand(hand),
    },
    { count: 15 },
  );
  const differences = ours.map((took, i) => took - (other[i] ?? NaN));
  return { value: median(differences), note: `${ms(median(ours))}, the app's own start ${ms(median(other))}` };
}
