// What a switch costs those who use the app meanwhile, behind a front proxy.
import { handsConnectionsOver } from '../../src/activities/ports/proc.js';
import { startLoad } from '../../test/support/load.js';
import { median, ms, type Measurement, type Taken } from './measure.js';
import { deployToEnd, type Stage } from './stage.js';

const SWITCHES = 20;
const PER_SECOND = 50;
const SERVICE = 'switched';

export const switches: Measurement[] = [
  { name: 'switch_errors', unit: 'failed', limit: 0, slots: 3, front: true, take: switchErrors },
];

/** Requests that failed. */
async function switchErrors(stage: Stage): Promise<Taken> {
  const deploy = (round: number) =>
    deployToEnd(
      stage,
      stage.slipway.app('slow-answers', { service: SERVICE, environment_variables: { ROUND: String(round) } }),
    );
  await deploy(0);
  const { url } = await stage.slipway.service(SERVICE);
  if (url === null) throw new Error(`${SERVICE} has no address`);
  const load = startLoad(url, PER_SECOND);
  const times: number[] = [];
  for (let round = 1; round <= SWITCHES; round += 1) times.push((await deploy(round)).tookMs);
  const { sent, failed, bodies } = await load.stop();
  if (bodies.length !== SWITCHES + 1) throw new Error(`${bodies.length} releases answered, not ${SWITCHES + 1}`);
  const why = failed.length > 0 ? `: ${[...new Set(failed)].join(', ')}` : '';
  return {
    value: failed.length,
    note: `of ${sent} in ${SWITCHES} switches of ${ms(median(times))}, tcp_migrate_req ${handsConnectionsOver() ? 'set' : 'not set'}${why}`,
  };
}
