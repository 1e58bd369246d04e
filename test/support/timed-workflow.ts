// A workflow whose commands depend on the time of the task in which a signal arrives.
import { condition, defineQuery, defineSignal, setHandler, sleep, upsertMemo } from '@temporalio/workflow';

export const pushSignal = defineSignal('push');
export const startedQuery = defineQuery<boolean>('started');

export async function timed(): Promise<void> {
  const startedMs = Date.now();
  let isPushed = false;
  setHandler(pushSignal, () => void (isPushed = true));
  setHandler(startedQuery, () => true);
  await condition(() => isPushed);
  if (Date.now() > startedMs) upsertMemo({ later: true });
  else await sleep(1);
}
