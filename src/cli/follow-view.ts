// Shows a running deployment: as JSON lines, as plain lines, or with a progress bar in a terminal.
import { STEPS, type Step } from '../contract/states.js';
import { stepText } from '../contract/texts.js';
import type { LogLine, ProgressBody, ServiceBody, StartedBody, StatusBody } from './bodies.js';
import type { Context } from './context.js';
import { inOrder } from './in-order.js';
import { outcomeLines, serviceLines } from './outcome.js';
import { bar, duration } from './render.js';
import { inTerminal } from './terminal-words.js';

export interface FollowView {
  accepted: (body: StartedBody) => void;
  /** Called when the log is open, or will not be shown. */
  begin: () => void;
  progress: (body: ProgressBody) => void;
  log: (line: LogLine) => void;
  note: (text: string) => void;
  ended: (body: StatusBody) => void;
  /** Shows the state of the service after a failed or cancelled deployment. */
  service: (body: ServiceBody) => void;
  /** Called when the deployment continues without being watched. */
  left: () => void;
  /** Pauses the output while a question is shown. */
  hold: () => void;
  release: () => void;
}

export async function followView(context: Context): Promise<FollowView> {
  if (context.isJson) return jsonView(context);
  if (!process.stdout.isTTY) return linesView(context, plainStage(context));
  return linesView(context, await terminalStage(context));
}

/**
 * Prints one `{"event":…,"data":…}` per line: the response of the start, then each event, then the status at the end.
 */
function jsonView({ printJson, note }: Context): FollowView {
  const printEvent = (event: string) => (data: unknown) => {
    printJson({ event, data });
  };
  const nothing = (): void => undefined;
  return {
    accepted: printEvent('accepted'),
    progress: printEvent('progress'),
    log: printEvent('log'),
    ended: printEvent('end'),
    note,
    begin: nothing,
    service: nothing,
    left: nothing,
    hold: nothing,
    release: nothing,
  };
}

/** Prints lines and the current step. */
interface Stage {
  print: (text: string) => void;
  begin: (title: string) => void;
  tick: (percentage: number) => void;
  /** Ends the current step. */
  end: (well: boolean) => void;
  pause: () => void;
  resume: () => void;
}

function linesView(context: Context, stage: Stage): FollowView {
  const { line, paint, language } = context;
  const order = inOrder();
  let mode: string | null = null;
  let step: Step | null = null;
  let isWaiting = false;

  function waits(text: string): void {
    if (!isWaiting) stage.print(paint.dim(text));
    isWaiting = true;
  }

  function show(body: ProgressBody): void {
    if (body.status === 'queued') waits(line('waiting'));
    if (body.active_mode !== mode && body.active_mode !== null) {
      if (step !== null) stage.end(false);
      step = null;
      mode = body.active_mode;
      stage.print(paint.bold(line('with_mode', { mode })));
    }
    if (body.step !== step && body.step !== null) {
      if (step !== null) stage.end(true);
      step = body.step;
      stage.begin(`${STEPS.indexOf(step) + 1}/${STEPS.length}  ${stepText(step, language)}`);
    }
    stage.tick(body.progress_percentage);
  }

  return {
    accepted: ({ deployment_id: id, service, queue_position: position, warnings = [] }) => {
      stage.print(paint.bold(service === null ? line('accepted', { id }) : line('accepted_service', { id, service })));
      for (const { message } of warnings) stage.print(paint.yellow(line('warning', { message: inTerminal(message) })));
      if (position !== undefined) waits(line('queued', { position }));
    },
    begin: order.begin,
    progress: (body) => {
      order.add(body.last_update, () => {
        show(body);
      });
    },
    log: ({ ts, line: text }) => {
      order.add(ts, () => {
        stage.print(paint.dim(indented(text)));
      });
    },
    note: (text) => {
      order.add(new Date().toISOString(), () => {
        stage.print(paint.yellow(text));
      });
    },
    ended: (body) => {
      order.flush();
      if (step !== null) stage.end(body.status === 'completed');
      for (const text of outcomeLines(body, context)) stage.print(text);
    },
    service: (body) => {
      for (const text of serviceLines(body, context)) stage.print(text);
    },
    left: () => {
      order.flush();
      stage.pause();
    },
    hold: () => {
      order.hold();
      stage.pause();
    },
    release: () => {
      stage.resume();
      order.release();
    },
  };
}

const indented = (text: string): string => text.trimEnd().replace(/^/gm, '     ');

function plainStage({ print }: Context): Stage {
  const nothing = (): void => undefined;
  return { print, begin: (title) => print(`  ${title}`), tick: nothing, end: nothing, pause: nothing, resume: nothing };
}

/** Shows a line with a progress bar below the printed lines. A finished step stays as a line. */
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
    print, // ora makes room for other output itself
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
