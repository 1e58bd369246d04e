// What three services must be like after any mixture of deployments, commands, crashes and kills. Pure: no Slipway here.
import fc from 'fast-check';

export const SERVICES = ['web', 'fixed', 'bot'] as const;
export type ServiceName = (typeof SERVICES)[number];

type Command = 'restart' | 'stop' | 'start' | 'rollback';
export interface Action {
  service: ServiceName;
  what: 'deploy' | 'broken' | 'cancel' | 'crash' | 'killWorker' | Command;
  /** Before it, so that it may meet anything that is under way. */
  pauseMs: number;
}

/** Crashes are few: an app that falls again and again is given up, which is another test's affair. */
export const actions: fc.Arbitrary<Action[]> = fc
  .array(
    fc.record({
      service: fc.constantFrom(...SERVICES),
      what: fc.oneof(
        { weight: 4, arbitrary: fc.constant('deploy' as const) },
        { weight: 2, arbitrary: fc.constantFrom('broken' as const, 'cancel' as const, 'rollback' as const) },
        { weight: 2, arbitrary: fc.constantFrom('restart' as const, 'stop' as const, 'start' as const) },
        { weight: 1, arbitrary: fc.constantFrom('crash' as const, 'killWorker' as const) },
      ),
      pauseMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 700 })),
    }),
    { minLength: 6, maxLength: 14 },
  )
  .filter(
    (all) =>
      SERVICES.every((service) => countOf(all, service, 'crash') <= 2) && countOf(all, undefined, 'killWorker') <= 2,
  );

const countOf = (all: Action[], service: ServiceName | undefined, what: Action['what']): number =>
  all.filter((action) => action.what === what && (service === undefined || action.service === service)).length;

/** What was accepted, and what its caller was told in the end. In the order of acceptance. */
export type Intent =
  | {
      kind: 'deployment';
      release: string;
      works: boolean;
      cancelAsked: boolean;
      told: { status: string; code?: string };
    }
  | {
      kind: 'command';
      command: Command;
      id: string;
      told: { done: boolean; code?: string };
    };

export interface Expected {
  up: boolean;
  serving: string | null;
  /** In the order in which they last served, as many as a service keeps. */
  served: string[];
  /** Those that a rollback went back from. */
  left: string[];
}

const RELEASES_KEPT = 5;

const decides = (intent: Intent): boolean =>
  intent.kind === 'deployment' || intent.command === 'stop' || intent.command === 'rollback';

const tookEffect = ({ told }: Intent): boolean => ('done' in told ? told.done : told.status === 'completed');

/** What is left of all that took effect, in the order in which it was accepted. */
export function expectedOf(intents: readonly Intent[], before: Expected): Expected {
  return intents.filter(tookEffect).reduce(after, before);
}

export const UNKNOWN: Expected = { up: false, serving: null, served: [], left: [] };

function after(state: Expected, intent: Intent): Expected {
  if (intent.kind === 'deployment') return serves(state, intent.release);
  switch (intent.command) {
    case 'stop':
      return { ...state, up: false };
    case 'start':
    case 'restart':
      return { ...state, up: true };
    case 'rollback':
      return rolledBack(state);
  }
}

const earlierOf = ({ served, serving, left }: Expected): string | undefined =>
  served.findLast((release) => release !== serving && !left.includes(release));

function rolledBack(state: Expected): Expected {
  const { serving, left } = state;
  return { ...serves(state, earlierOf(state) ?? serving), left: [...left, ...(serving === null ? [] : [serving])] };
}

const serves = (state: Expected, release: string | null): Expected => ({
  ...state,
  up: true,
  serving: release,
  served: [...state.served.filter((other) => other !== release), ...(release === null ? [] : [release])].slice(
    -RELEASES_KEPT,
  ),
});

/** Where a caller was not told the truth, or an intent was lost: in words, none when all is well. */
export function liesOf(
  intents: readonly Intent[],
  { crashed, before }: { crashed: boolean; before: Expected },
): string[] {
  return intents.flatMap((intent, index) => {
    const later = intents.slice(index + 1).some(decides); // one that was cancelled had taken its place all the same
    const isRefused = 'done' in intent.told && intent.told.code === 'invalid' && intent.kind === 'command';
    if (isRefused && intent.command === 'rollback' && !earlierOf(expectedOf(intents.slice(0, index), before)))
      return [];
    const lie =
      intent.kind === 'deployment' ? lieOfDeployment(intent, later, crashed) : lieOfCommand(intent, later, crashed);
    return lie === undefined ? [] : [`${JSON.stringify(intent)}: ${lie}`];
  });
}

function lieOfDeployment(
  { works, cancelAsked, told: { status, code } }: Extract<Intent, { kind: 'deployment' }>,
  later: boolean,
  crashed: boolean,
): string | undefined {
  switch (status) {
    case 'completed':
      return works ? undefined : 'it can’t have completed';
    case 'cancelled':
      if (code === 'superseded') return later ? undefined : 'nothing later took its place';
      return cancelAsked ? undefined : 'nobody cancelled it';
    case 'failed':
      if (!works) return undefined;
      return crashed && code === 'app_exited' ? undefined : 'there was nothing wrong with it';
    default:
      return 'that is no end';
  }
}

function lieOfCommand(
  { command, told: { done, code } }: Extract<Intent, { kind: 'command' }>,
  later: boolean,
  crashed: boolean,
): string | undefined {
  if (done) return undefined;
  if (code === 'superseded') return later ? undefined : 'nothing later took its place';
  if (code === 'app_exited' && crashed && command !== 'stop') return undefined;
  return 'there was nothing against it';
}
