// npm run faults -- --trials N --seed S: the long run of kills and cancels, each at a random moment of a random step.
//   --modes docker          modes to deploy in (uv,fallback unless named)
//   --parts worker          what is killed (worker,api,temporal unless named)
//   --restart-engine CMD    restarts the Docker engine, in turn with the kills
//   --clocks                the clocks of API and worker are apart from Temporal's, another way every ten trials
import { execSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { MODES } from '../src/contract/states.js';
import { ENGINE, removeAllOf } from '../test/support/engine.js';
import { clockAt, OFFSETS } from '../test/support/clocks.js';
import { cancelTrial, kill, killTrial, logTail, PARTS, randomMoment } from '../test/support/faults.js';
import { seeded } from '../test/support/random.js';
import { Slipway } from '../test/support/slipway.js';

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '20' },
    cancels: { type: 'string' },
    modes: { type: 'string', default: 'uv,fallback' },
    parts: { type: 'string', default: PARTS.join(',') },
    'restart-engine': { type: 'string' },
    clocks: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
});
const TRIALS_A_CLOCK = 10;
const trials = Number(values.trials);
const cancels = Number(values.cancels ?? Math.ceil(trials / 2));
const seed = Number(values.seed);
const random = seeded(seed);
console.log(`${trials} kills and ${cancels} cancels, seed ${seed}`);

const modes = named(values.modes, MODES);
const slipway = await Slipway.start(modes.includes('docker') ? { DOCKER_HOST: ENGINE } : {});
const failures: string[] = [];
const { 'restart-engine': restart } = values;
const strikes = [
  ...named(values.parts, PARTS).map((part) => ({
    what: part,
    strike: () => {
      kill(slipway, part)();
    },
  })),
  ...(restart === undefined ? [] : [{ what: 'engine', strike: () => void execSync(restart, { stdio: 'ignore' }) }]),
];
let version = 0;
let clock = '';

for (let i = 1; i <= trials; i += 1) {
  version += 1;
  await setClock(i);
  const { what, strike } = strikes[i % strikes.length]!;
  const trial = { mode: random.pick(modes), strike, moment: randomMoment(random), version };
  await tried(`kill ${i}/${trials}  ${trial.mode} ${what} ${trial.moment.step}+${trial.moment.afterMs}ms${clock}`, () =>
    killTrial(slipway, trial),
  );
}

let cancelled = 0;
for (let i = 1; i <= cancels; i += 1) {
  version += 1;
  await setClock(i);
  const serving = (await slipway.service('trial')).active_release ?? '';
  const trial = { mode: random.pick(modes), moment: randomMoment(random), version, serving };
  await tried(
    `cancel ${i}/${cancels}  ${trial.mode} ${trial.moment.step}+${trial.moment.afterMs}ms${clock}`,
    async () => {
      if (await cancelTrial(slipway, trial)) cancelled += 1;
    },
  );
}

const { hostId, hasEngine } = slipway;
await slipway.remove();
if (hasEngine) await removeAllOf(hostId);
console.log(
  `${trials + cancels - failures.length} passed, ${failures.length} failed (${cancelled} of ${cancels} cancels came before the switch)`,
);
for (const failure of failures) console.log(failure);
process.exit(failures.length === 0 ? 0 : 1);

async function setClock(trial: number): Promise<void> {
  if (!values.clocks || trial % TRIALS_A_CLOCK !== 1) return;
  clock = `  ${random.pick(OFFSETS)}`;
  await slipway.down();
  Object.assign(slipway.env, clockAt(clock.trim()));
  await slipway.up();
}

/** Those of `known` that the list names. */
function named<T extends string>(list: string, known: readonly T[]): T[] {
  return list.split(',').map((name) => {
    const found = known.find((one) => one === name);
    if (!found) throw new Error(`there is no ${name}: ${known.join(', ')}`);
    return found;
  });
}

async function tried(name: string, trial: () => Promise<void>): Promise<void> {
  const startedAt = Date.now();
  try {
    await trial();
    console.log(`ok    ${name}  ${Date.now() - startedAt} ms`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    failures.push(`${name}: ${reason}`);
    console.log(`FAIL  ${name}: ${reason}\n${logTail(slipway, 'worker')}`);
    await slipway.waitReady();
  }
}
