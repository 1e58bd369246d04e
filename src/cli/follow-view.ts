// How a deployment is shown while it goes on: as JSON lines, as plain lines, or with a bar in a terminal.
import { STEPS, type Step } from '../contract/states.js';
import { STEP_TEXTS } from '../contract/texts.js';
import type { LogLine, ProgressBody, StartedBody, StatusBody } from './bodies.js';
import type { Context } from './context.js';
import { outcomeLines } from './outcome.js';
import { bar, duration } from './render.js';

export interface FollowView {
  accepted: (body: StartedBody) => void;
  progress: (body: ProgressBody) => void;
  log: (line: LogLine) => void;
  note: (text: string) => void;
  ended: (body: StatusBody) => void;
  /** While a question stands. */
  hold: () => void;
  release: () => void;
}

export async function followView(context: Context): Promise<FollowView> {
  if (context.isJson) return jsonView(context);
  if (!process.stdout.isTTY) return linesView(context, plainStage(context));
  return linesView(context, await terminalStage(context));
}

/** `{"event":…,"data":…}` a line: the answer of the start, then each event, then the status at the end. */
function jsonView({ printJson, note }: Context): FollowView {
  const tell = (event: string) => (data: unknown) => {
    printJson({ event, data });
  };
  const nothing = (): void => undefined;
  return {
    accepted: tell('accepted'),
    progress: tell('progress'),
    log: tell('log'),
    ended: tell('end'),
    note,
    hold: nothing,
    release: nothing,
  };
}

/** Where lines go, and how the step under way is shown. */
interface Stage {
  print: (text: string) => void;
  begin: (title: string) => void;
  tick: (percentage: number) => void;
  /** The step that was begun is over. */
  end: (well: boolean) => void;
  pause: () => void;
  resume: () => void;
}

/** Steps are taken from both streams, as neither waits for the other: a line of a later step ends the one before. */
function linesView(context: Context, stage: Stage): FollowView {
  const { line, paint, language } = context;
  let at: { mode: string | null; step: Step | null } = { mode: null, step: null };
  let waiting = '';
  let held: (() => void)[] | undefined;
  const orLater = (act: () => void): void => {
    if (held) held.push(act);
    else act();
  };

  function enter(step: Step): void {
    if (at.step !== null && STEPS.indexOf(step) <= STEPS.indexOf(at.step)) return;
    if (at.step !== null) stage.end(true);
    at = { ...at, step };
    stage.begin(`${STEPS.indexOf(step) + 1}/${STEPS.length}  ${STEP_TEXTS[step][language]}`);
  }

  function show(body: ProgressBody): void {
    const { status, active_mode: mode, step, progress_percentage: percentage } = body;
    if (mode !== null && mode !== at.mode) {
      if (at.step !== null) stage.end(false);
      at = { mode, step: null };
      stage.print(paint.bold(line('with_mode', { mode })));
    }
    if (status === 'queued' && waiting === '') stage.print(paint.dim((waiting = line('waiting'))));
    if (step !== null && status === 'running') enter(step);
    stage.tick(percentage);
  }

  return {
    accepted: ({ deployment_id: id, service, queue_position: position }) => {
      stage.print(paint.bold(service === null ? line('accepted', { id }) : line('accepted_service', { id, service })));
      if (position !== undefined) stage.print(paint.dim((waiting = line('queued', { position }))));
    },
    progress: (body) => orLater(() => show(body)),
    log: ({ step, line: text }) =>
      orLater(() => {
        const known = STEPS.find((name) => name === step);
        if (known && at.mode !== null) enter(known);
        stage.print(paint.dim(`     ${text}`));
      }),
    note: (text) => orLater(() => stage.print(paint.yellow(text))),
    ended: (body) =>
      orLater(() => {
        if (at.step !== null) stage.end(body.status === 'completed');
        for (const text of outcomeLines(body, context)) stage.print(text);
      }),
    hold: () => {
      held ??= [];
      stage.pause();
    },
    release: () => {
      stage.resume();
      const acts = held ?? [];
      held = undefined;
      for (const act of acts) act();
    },
  };
}

function plainStage({ print }: Context): Stage {
  const nothing = (): void => undefined;
  return { print, begin: (title) => print(`  ${title}`), tick: nothing, end: nothing, pause: nothing, resume: nothing };
}

/** A line with a bar below what was printed; a step that is over stays as a line. */
async function terminalStage({ print, paint, config }: Context): Promise<Stage> {
  const { default: ora } = await import('ora');
  const spinner = ora({
    discardStdin: false,
    hideCursor: true,
    stream: process.stdout,
    color: config.noColour ? false : 'cyan',
  });
  let step: { title: string; sinceMs: number } | undefined;
  return {
    print, // ora steps aside by itself for what is written
    begin(title) {
      step = { title, sinceMs: Date.now() };
      spinner.start(title);
    },
    tick(percentage) {
      if (!step) return;
      const took = duration((Date.now() - step.sinceMs) / 1000);
      spinner.text = `${step.title}  ${paint.cyan(bar(percentage))} ${percentage.toFixed(1)} %  ${paint.dim(took)}`;
    },
    end(well) {
      if (!step) return;
      const took = duration((Date.now() - step.sinceMs) / 1000);
      const symbol = well ? paint.green('✔') : paint.red('✖');
      spinner.stopAndPersist({ symbol, text: `${step.title}  ${paint.dim(took)}` });
      step = undefined;
    },
    pause: () => void spinner.stop(),
    resume: () => {
      if (step) spinner.start();
    },
  };
}
