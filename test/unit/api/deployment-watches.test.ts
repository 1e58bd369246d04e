import { describe, expect, it } from '@jest/globals';
import { createDeploymentWatches } from '../../../src/api/deployment-watches.js';
import type { MaybeStale } from '../../../src/api/temporal-calls.js';
import { SlipwayError } from '../../../src/contract/errors.js';
import { startRequestSchema } from '../../../src/contract/requests.js';
import type { DeploymentState } from '../../../src/contract/views.js';
import { blankState } from '../../../src/workflows/view.js';
import { eventually } from '../../support/eventually.js';
import { about } from '../../support/jest/about.js';

const POLL_MS = 5;
const state = (changes: Partial<DeploymentState> = {}): DeploymentState => ({
  ...blankState('d1', startRequestSchema.parse({})),
  status: 'running',
  ...changes,
});
const fresh = (value: DeploymentState): MaybeStale<DeploymentState> => ({ value, stale: false });
const { signal } = new AbortController();

/** Answers in turn, and then the last one again and again; an error is thrown. */
function gatewayThat(...answers: (MaybeStale<DeploymentState> | Error | undefined)[]) {
  const asked: string[] = [];
  return {
    asked,
    async readDeployment(id: string) {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(id);
      if (answer instanceof Error) throw answer;
      return Promise.resolve(answer);
    },
  };
}

describe('watches of deployments', () => {
  it('watchers of the same deployment share one query at a time', async () => {
    let release = (): void => undefined;
    let asked = 0;
    const watches = createDeploymentWatches(
      {
        readDeployment: async () => {
          asked += 1;
          await new Promise<void>((resolve) => (release = resolve));
          return fresh(state({ service: String(asked) }));
        },
      },
      POLL_MS,
    );
    const [one, other] = [watches.join(fresh(state())), watches.join(fresh(state()))];
    for (const times of [1, 2, 3]) {
      await eventually(() => asked === times);
      const both = Promise.all([one.next(signal), other.next(signal)]);
      release();
      await both;
      expect([one, other].map(({ latest: told }) => told.value.service)).toEqual([String(times), String(times)]);
    }
    one.leave();
    other.leave();
    release();
  });

  it('queries stop when the last watcher leaves, and start again with the next watcher', async () => {
    const gateway = gatewayThat(fresh(state()));
    const watches = createDeploymentWatches(gateway, POLL_MS);
    const watch = watches.join(fresh(state()));
    await watch.next(signal);
    watch.leave();
    watch.leave(); // counts once
    const before = gateway.asked.length;
    const again = watches.join(fresh(state({ service: 'again' })));
    expect(again.latest.value.service).toBe('again');
    await again.next(signal);
    expect(gateway.asked).toHaveLength(before + 1);
    again.leave();
  });

  it('queries stop when the deployment has ended', async () => {
    const gateway = gatewayThat(fresh(state({ status: 'completed' })), new Error('nobody expected this question'));
    const watch = createDeploymentWatches(gateway, POLL_MS).join(fresh(state()));
    await watch.next(signal);
    expect(watch.latest.value.status).toBe('completed');
    await expect(watch.next(AbortSignal.timeout(POLL_MS * 10))).rejects.toThrow('aborted');
    expect(gateway.asked).toHaveLength(1);
    watch.leave();
  });

  it('a watch marks its last state as stale while no fresh state can be read, and then continues with the fresh state', async () => {
    const known = fresh(state({ service: 'known' }));
    const gateway = gatewayThat(
      { value: state({ service: 'from before' }), stale: true },
      new SlipwayError('temporal_unavailable'),
      fresh(state({ service: 'news' })),
    );
    const watch = createDeploymentWatches(gateway, POLL_MS).join(known);
    for (const away of ['no worker', 'no Temporal']) {
      await watch.next(signal);
      about(away, () => {
        expect(watch.latest).toEqual({ value: known.value, stale: true });
      });
    }
    await watch.next(signal);
    expect(watch.latest).toMatchObject({ value: { service: 'news' }, stale: false });
    watch.leave();
  });

  it.each([
    ['the deployment doesn’t exist', undefined, 'not_found'],
    ['an unexpected error occurs', new Error('broken'), 'broken'],
  ])('a watch fails for all watchers if %s', async (_why, answer, words) => {
    const watches = createDeploymentWatches(gatewayThat(answer), POLL_MS);
    const both = [watches.join(fresh(state())), watches.join(fresh(state()))];
    for (const watch of both) await expect(watch.next(signal)).rejects.toThrow(words);
    for (const watch of both) expect(() => watch.latest).toThrow(words);
  });
});
