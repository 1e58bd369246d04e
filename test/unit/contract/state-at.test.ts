import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { errorRecord } from '../../../src/contract/errors.js';
import { stateAt } from '../../../src/contract/state-at.js';
import { ENDED_STATUSES, MODES, STEPS, type AttemptStatus, type EndedStatus } from '../../../src/contract/states.js';
import { progressBody, type DeploymentEvent, type DeploymentState } from '../../../src/contract/views.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');

/** What a deployment goes through, in the terms of its workflow: skipped at once, or so many steps and how the last ended. */
const attempt = fc.oneof(
  fc.constant({ kind: 'skipped' } as const),
  fc.record({
    kind: fc.constant('tried' as const),
    steps: fc.integer({ min: 1, max: STEPS.length }),
    status: fc.constantFrom<AttemptStatus>('completed', 'failed', 'skipped', 'cancelled'),
  }),
);
const course = fc.record({
  isQueued: fc.boolean(),
  attempts: fc.array(attempt, { maxLength: 3 }),
  end: fc.option(fc.constantFrom<EndedStatus>(...ENDED_STATUSES)),
  estimate: fc.integer({ min: 1, max: 600 }),
  pausesMs: fc.array(fc.nat(100_000), { minLength: 1 }),
});
type Course = typeof course extends fc.Arbitrary<infer T> ? T : never;

/** The state after each event, as the workflow's view makes it. */
function run({ isQueued, attempts, end, estimate, pausesMs }: Course): DeploymentState[] {
  const states: DeploymentState[] = [];
  let atMs = START;
  const state: DeploymentState = {
    deploymentId: 'd1',
    service: 'shop',
    mode: 'auto',
    environment: 'dev',
    metadata: {},
    status: isQueued ? 'queued' : 'accepted',
    startTime: new Date(START).toISOString(),
    attempts: [],
    events: [],
    estimates: { docker: estimate, uv: estimate, fallback: estimate },
    plan: [...MODES],
    language: 'en',
  };
  const now = () => new Date(atMs).toISOString();
  const append = (event: Omit<DeploymentEvent, 'n' | 'at'>) => {
    state.events.push({ n: state.events.length + 1, at: now(), ...event });
    states.push(structuredClone(state));
    atMs += pausesMs[states.length % pausesMs.length] ?? 0;
  };
  const error = errorRecord('install_failed', { params: { reason: 'uv: exit 1' } });

  if (isQueued) append({ type: 'queued', status: 'queued' });
  state.status = 'running';
  append({ type: 'started', status: 'running' });
  for (const [index, tried] of attempts.entries()) {
    const mode = MODES[index] ?? 'uv';
    const status = tried.kind === 'skipped' ? 'skipped' : tried.status;
    if (tried.kind === 'tried') {
      state.current = { mode, startedAt: now(), step: 'prepare', stepStartedAt: now() };
      append({ type: 'attempt_started', mode });
      for (const step of STEPS.slice(0, tried.steps)) {
        if (step !== 'prepare') append({ type: 'step_ended', mode, step: state.current.step, status: 'completed' });
        Object.assign(state.current, { step, stepStartedAt: now() });
        append({ type: 'step_started', mode, step });
      }
      append({ type: 'step_ended', mode, step: state.current.step, status });
      if (status !== 'completed') append({ type: 'rolled_back', mode });
    }
    state.attempts.push({ mode, status, ...(status !== 'completed' && { error }), durationSeconds: 1 });
    append({ type: 'attempt_ended', mode, status });
  }
  if (end) {
    state.status = end;
    state.endTime = now();
    if (end === 'completed') Object.assign(state, { release: 'd1', url: 'http://127.0.0.1:1', changed: true });
    else state.failure = { error, step: state.current?.step ?? null, mode: state.current?.mode ?? null };
    append({ type: 'ended', status: end });
  }
  return states;
}

const bodyOf = (state: DeploymentState, n: number) =>
  progressBody(state, new Date(state.events[n - 1]?.at ?? 0), 'zh-TW');

describe('the state of a deployment at an event', () => {
  it('the state at an event is the state that was returned at that time, regardless of later events', () => {
    fc.assert(
      fc.property(course, (given) => {
        const states = run(given);
        const last = states.at(-1)!;
        for (const [index, then] of states.entries()) {
          expect(stateAt(last, index + 1)).toEqual(then);
          expect(bodyOf(stateAt(last, index + 1), index + 1)).toEqual(bodyOf(then, index + 1));
        }
      }),
    );
  });

  it('the state at the last event is the complete state', () => {
    fc.assert(
      fc.property(course, (given) => {
        const last = run(given).at(-1)!;
        const n = last.events.length;
        expect(bodyOf(stateAt(last, n), n)).toEqual(bodyOf(last, n));
      }),
    );
  });

  it('the progress at later events never decreases within an attempt', () => {
    fc.assert(
      fc.property(course, (given) => {
        const last = run(given).at(-1)!;
        let before = 0;
        for (const { n, type } of last.events) {
          const { progress_percentage: percentage } = bodyOf(stateAt(last, n), n);
          if (type !== 'attempt_started') expect(percentage).toBeGreaterThanOrEqual(before);
          before = percentage;
        }
      }),
    );
  });

  it('the state at the last event of a terminated deployment doesn’t contain the termination', () => {
    const states = run({ isQueued: false, attempts: [], end: null, estimate: 1, pausesMs: [1] });
    const error = errorRecord('terminated');
    const terminated = { ...states.at(-1)!, status: 'failed' as const, failure: { error, step: null, mode: null } };
    expect(stateAt(terminated, 1)).toMatchObject({ status: 'running' });
    expect(stateAt(terminated, 1)).not.toHaveProperty('failure');
  });
});
