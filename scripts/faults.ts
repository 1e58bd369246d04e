// npm run faults -- --trials N --seed S: the long run of kills and cancels, each at a random moment of a random step.
import { parseArgs } from 'node:util';
import { cancelTrial, killTrial, logTail, PARTS, randomMoment } from '../test/support/faults.js';
import { seeded } from '../test/support/random.js';
import { Slipway } from '../test/support/slipway.js';

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '20' },
    cancels: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
});
const trials = Number(values.trials);
const cancels = Number(values.cancels ?? Math.ceil(trials / 2));
const seed = Number(values.seed);
const random = seeded(seed);
console.log(`${trials} kills and ${cancels} cancels, seed ${seed}`);

const slipway = await Slipway.start();
const failures: string[] = [];
const modes = ['uv', 'fallback'] as const;
let version = 0;

for (let i = 1; i <= trials; i += 1) {
  version += 1;
  const trial = { mode: random.pick(modes), part: PARTS[i % PARTS.length]!, moment: randomMoment(random), version };
  await tried(`kill ${i}/${trials}  ${trial.mode} ${trial.part} ${trial.moment.step}+${trial.moment.afterMs}ms`, () =>
    killTrial(slipway, trial),
  );
}

let cancelled = 0;
for (let i = 1; i <= cancels; i += 1) {
  version += 1;
  const serving = (await slipway.service('trial')).active_release ?? '';
  const trial = { mode: random.pick(modes), moment: randomMoment(random), version, serving };
  await tried(`cancel ${i}/${cancels}  ${trial.mode} ${trial.moment.step}+${trial.moment.afterMs}ms`, async () => {
    if (await cancelTrial(slipway, trial)) cancelled += 1;
  });
}

await slipway.remove();
console.log(
  `${trials + cancels - failures.length} passed, ${failures.length} failed (${cancelled} of ${cancels} cancels came before the switch)`,
);
for (const failure of failures) console.log(failure);
process.exit(failures.length === 0 ? 0 : 1);

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
