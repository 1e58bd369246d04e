import { beforeEach, expect, it } from '@jest/globals';
import type { ActivateInput } from '@temporalio/workflow';
import { PREMATURE_QUERY } from '../../../src/contract/names.js';
import { interceptors } from '../../../src/workflows/interceptors.js';

type Activation = ActivateInput['activation'];
/** Fields that are absent are those of the first task. */
type State = Pick<Activation, 'jobs' | 'isReplaying' | 'historyLength'> & { size?: number; seconds?: number };

const SIGNAL = { signalWorkflow: {} };
const QUERY = { queryWorkflow: {} };
/** After the first workflow task: 4 events. */
const FIRST: State = { jobs: [{ initializeWorkflow: {} }], historyLength: 4, size: 100, seconds: 10 };

let activate: (state: State, batchIndex?: number) => void;
let activations: number;

beforeEach(() => {
  const [internals] = interceptors().internals!;
  activations = 0;
  activate = (changes, batchIndex = 0) => {
    const { size, seconds, ...rest } = { ...FIRST, ...changes };
    const activation = { ...rest, historySizeBytes: size, timestamp: { seconds, nanos: 5 } } as unknown as Activation;
    internals!.activate!({ activation, batchIndex }, () => void (activations += 1));
  };
  activate({});
});

it('a signal without a workflow task of its own fails before the workflow gets the signal', () => {
  expect(() => {
    activate({ jobs: [SIGNAL], historyLength: 6 });
  }).toThrow(PREMATURE_QUERY);
  expect(activations).toBe(1);
});

it.each([
  ['the result of an activity', { resolveActivity: {} }],
  ['a timer', { fireTimer: {} }],
  ['a cancel request', { cancelWorkflow: {} }],
  ['the start of a child workflow', { resolveChildWorkflowExecutionStart: {} }],
  ['the result of a signal to another workflow', { resolveSignalExternalWorkflow: {} }],
])('%s without a workflow task of its own fails', (_name, job) => {
  expect(() => {
    activate({ jobs: [job], historyLength: 6 });
  }).toThrow(PREMATURE_QUERY);
});

it.each<[string, State]>([
  ['a signal in the next workflow task', { jobs: [SIGNAL], historyLength: 8, size: 200, seconds: 11 }],
  ['a signal in a task after the clock was set back', { jobs: [SIGNAL], historyLength: 8, size: 200 }],
  [
    'a signal in a task that the server created together with the last task',
    { jobs: [SIGNAL], historyLength: 8, seconds: 11 },
  ],
  ['a signal in a replay', { jobs: [SIGNAL], historyLength: 8, isReplaying: true }],
  ['a query', { jobs: [QUERY], historyLength: 6 }],
  ['the result of a local activity', { jobs: [{ resolveActivity: { isLocal: true } }], historyLength: 6 }],
  ['the cancel of an activity in the same task', { jobs: [{ resolveActivity: {} }] }],
])('%s reaches the workflow', (_name, state) => {
  activate(state);
  expect(activations).toBe(2);
});

it('a signal from a server that doesn’t measure histories reaches the workflow', () => {
  activate({ historyLength: 4, size: 0, seconds: 11 });
  activate({ jobs: [SIGNAL], historyLength: 8, size: 0, seconds: 11 });
  expect(activations).toBe(3);
});

it('the second batch of jobs in a task reaches the workflow', () => {
  activate({ jobs: [SIGNAL], historyLength: 8, size: 200, seconds: 11 });
  activate({ jobs: [{ fireTimer: {} }], historyLength: 8, size: 200, seconds: 11 }, 1);
  expect(activations).toBe(3);
});

it('a signal after a query needs a workflow task, too', () => {
  activate({ jobs: [QUERY], historyLength: 6 });
  expect(() => {
    activate({ jobs: [SIGNAL], historyLength: 6 });
  }).toThrow(PREMATURE_QUERY);
});
