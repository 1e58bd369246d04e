import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { errorRecord } from '../../../src/contract/errors.js';
import { ENDED_STATUSES, LANGUAGES, MODES, STEPS, type Step } from '../../../src/contract/states.js';
import {
  progressBody,
  progressPercentage,
  secondsBetween,
  statusBody,
  type DeploymentState,
} from '../../../src/contract/views.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const at = (ms: number): string => new Date(START + ms).toISOString();

function stateOf(changes: Partial<DeploymentState> = {}): DeploymentState {
  return {
    deploymentId: 'd1',
    service: 'shop',
    mode: 'auto',
    environment: 'dev',
    metadata: {},
    status: 'running',
    startTime: at(0),
    attempts: [],
    events: [],
    estimates: {},
    plan: [...MODES],
    language: 'en',
    ...changes,
  };
}
const running = (step: Step, stepMs: number, changes: Partial<DeploymentState> = {}): DeploymentState =>
  stateOf({ current: { mode: 'uv', startedAt: at(0), step, stepStartedAt: at(stepMs) }, ...changes });

/** Times (in ms) at which the steps of an attempt begin, and some at which somebody looks. */
const course = fc.record({
  begins: fc
    .array(fc.nat(600_000), { minLength: STEPS.length, maxLength: STEPS.length })
    .map((ms) => ms.sort((a, b) => a - b)),
  looks: fc.array(fc.nat(900_000), { minLength: 2, maxLength: 20 }).map((ms) => ms.sort((a, b) => a - b)),
  estimate: fc.option(fc.integer({ min: 0, max: 4000 }), { nil: undefined }),
});

describe('progress percentages', () => {
  it('the progress percentage never decreases within an attempt and stays below 100', () => {
    fc.assert(
      fc.property(course, ({ begins, looks, estimate }) => {
        const estimates = estimate === undefined ? {} : { uv: estimate };
        let before = 0;
        for (const look of looks) {
          const step = STEPS.findLastIndex((_, index) => begins[index]! <= look);
          const state = step < 0 ? stateOf({ estimates }) : running(STEPS[step]!, begins[step]!, { estimates });
          const percentage = progressPercentage(state, new Date(START + look));
          expect(percentage).toBeGreaterThanOrEqual(before);
          expect(percentage).toBeLessThan(100);
          before = percentage;
        }
      }),
    );
  });

  it('the progress percentage is 100 only for a completed deployment', () => {
    const late = new Date(START + 1e10);
    for (const step of STEPS) {
      expect(progressPercentage(running(step, 0), late)).toBeLessThan(100);
      for (const status of ENDED_STATUSES) {
        const percentage = progressPercentage(running(step, 0, { status, endTime: at(1000) }), late);
        if (status === 'completed') expect(percentage).toBe(100);
        else expect(percentage).toBeLessThan(100);
      }
    }
  });

  it('the progress percentage of an ended deployment stays the same', () => {
    const failed = running('install', 0, { status: 'failed', endTime: at(30_000) });
    const [soon, late] = [30_000, 9_000_000].map((ms) => progressPercentage(failed, new Date(START + ms)));
    expect(soon).toBeGreaterThan(0);
    expect(late).toBe(soon);
  });

  it('the progress percentage isn’t changed by a clock that is behind the start of the step', () => {
    expect(progressPercentage(running('check', 60_000), new Date(START))).toBe(10);
  });

  it('the progress percentage starts at 0 in the next attempt', () => {
    const second = running('prepare', 300_000, {
      attempts: [{ mode: 'docker', status: 'failed', durationSeconds: 300 }],
    });
    expect(progressPercentage(second, new Date(START + 300_000))).toBe(0);
  });
});

describe('remaining time', () => {
  const left = (state: DeploymentState, ms: number) =>
    statusBody(state, new Date(START + ms), 'en').estimated_time_remaining;

  it('the remaining time is the estimate of all remaining modes minus the elapsed time, and never negative', () => {
    expect(left(stateOf(), 0)).toBe(300 + 120 + 60);
    expect(left(stateOf({ estimates: { uv: 20 } }), 0)).toBe(300 + 20 + 60);
    const second = running('install', 0, { attempts: [{ mode: 'docker', status: 'skipped', durationSeconds: 0 }] });
    expect(left(second, 30_000)).toBe(120 + 60 - 30);
    expect(left(second, 9_000_000)).toBe(0);
  });

  it('the remaining time of an ended deployment is 0', () => {
    for (const status of ENDED_STATUSES) expect(left(running('install', 0, { status }), 0)).toBe(0);
  });
});

describe('status and progress bodies', () => {
  it('the status body and the progress body of a deployment contain the same values', () => {
    fc.assert(
      fc.property(fc.constantFrom(...STEPS), fc.nat(900_000), fc.constantFrom(...LANGUAGES), (step, ms, language) => {
        const [state, now] = [running(step, 0), new Date(START + ms)];
        const [status, progress] = [statusBody(state, now, language), progressBody(state, now, language)];
        for (const field of ['progress_percentage', 'current_step', 'step', 'estimated_time_remaining'] as const) {
          expect(progress[field]).toBe(status[field]);
        }
        expect(progress.completed_steps).toBe(STEPS.indexOf(step));
        expect('current_step_en' in status).toBe(language === 'en');
      }),
    );
  });

  it('the status body contains the queue position only while the deployment is queued', () => {
    const body = statusBody(stateOf({ status: 'queued', queuePosition: 3 }), new Date(START), 'en');
    expect(body).toMatchObject({ queue_position: 3, logs_available: false, is_active: true, step: null });
    const started = statusBody(running('prepare', 0, { queuePosition: 3 }), new Date(START), 'en');
    expect(started).not.toHaveProperty('queue_position');
  });

  it('a failure is described in the language of the client', () => {
    const failure = {
      error: errorRecord('no_entry_point', { logTail: ['last line'] }),
      step: 'check',
      mode: 'uv',
    } as const;
    const state = running('check', 0, { status: 'failed', endTime: at(1500), failure });
    const [chinese, english] = LANGUAGES.map((language) => statusBody(state, new Date(START), language));
    expect(english).toMatchObject({
      duration_seconds: 1.5,
      error: { type: 'DeploymentError', code: 'no_entry_point', step: 'check', mode: 'uv', log_tail: ['last line'] },
      error_message: 'There is no command to start the app with',
    });
    expect(chinese?.error_message).toBe('找不到啟動命令');
    expect(english?.error?.hint).not.toBe(chinese?.error?.hint);
    expect(progressBody(state, new Date(START), 'en').detail).toBe(english?.error_message);
  });

  it('the metadata of a client is returned together with the version of the API', () => {
    const { metadata } = statusBody(stateOf({ metadata: { who: 'me' } }), new Date(START), 'en');
    expect(metadata).toEqual({ who: 'me', api_version: '1.0.0' });
  });
});

it('a negative time span counts as zero', () => {
  expect(secondsBetween(at(1000), at(0))).toBe(0);
  expect(secondsBetween(at(0), at(1500))).toBe(1.5);
});
