import { asyncLocalStorage, CancelledFailure, Context, type Info } from '@temporalio/activity';

/** Runs an activity as a worker would, with a context to heartbeat in; `cancel` cancels it. */
export function runActivity<T>(activity: () => Promise<T>): { result: Promise<T>; cancel: () => void } {
  const controller = new AbortController();
  const cancelled = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => {
      reject(new CancelledFailure('cancelled'));
    });
  });
  cancelled.catch(() => undefined); // an activity that ends first never looks at it
  const ignore = (): void => undefined;
  const unused = undefined as never; // no activity of ours asks for the client, the metrics or the logger
  const context = new Context({} as Info, cancelled, controller.signal, ignore, unused, unused, unused, {});
  const result = asyncLocalStorage.run(context, activity);
  return {
    result,
    cancel: () => {
      controller.abort(new CancelledFailure('cancelled'));
    },
  };
}

export const act = <T>(activity: () => Promise<T>): Promise<T> => runActivity(activity).result;
