// How long a page is away after its app was killed.
import { setTimeout as delay } from 'node:timers/promises';
import { handStartOf, startByHand, untilAnswering } from './by-hand.js';
import { inTurn, median, quantile, timed, type Measurement, type Taken } from './measure.js';
import { deployToEnd, type Stage } from './stage.js';

const SERVICE = 'recover';
const KILLS = 20;
/** The watcher is up by then. */
const SETTLE_MS = 300;

export const recovery: Measurement[] = [{ name: 'recover', unit: 's', limit: 2, slots: 3, take: recover }];

async function recover(stage: Stage): Promise<Taken> {
  await deployAnew(stage, 'first');
  const hand = handStartOf(stage.slipway, SERVICE, 'python main.py');
  let kills = 0;
  const ours = (): Promise<number> => killed(stage, String((kills += 1)));
  const taken = await inTurn({ ours, other: () => startByHand(hand) }, { count: KILLS });
  const away = taken.ours.map((took, i) => (took - (taken.other[i] ?? NaN)) / 1000);
  return { value: quantile(away, 0.95), note: `p50 ${median(away).toFixed(2)} s` };
}

/** Deployed anew each time: an app that falls again and again is given longer and longer rests. */
async function killed(stage: Stage, round: string): Promise<number> {
  await deployAnew(stage, round);
  await delay(SETTLE_MS);
  const { slipway } = stage;
  const { url } = await slipway.service(SERVICE);
  if (url === null) throw new Error(`${SERVICE} has no address`);
  const pids = slipway.appProcesses(SERVICE);
  return timed(async () => {
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await untilAnswering(url);
  });
}

async function deployAnew(stage: Stage, round: string): Promise<void> {
  await deployToEnd(
    stage,
    stage.slipway.app('answers-200', { service: SERVICE, environment_variables: { ROUND: round } }),
  );
}
