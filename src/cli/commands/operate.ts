// Sends a command to a service, and waits for its end.
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceCommandName } from '../../contract/states.js';
import type { CommandBody, EventBody } from '../bodies.js';
import { part } from '../client.js';
import type { Context } from '../context.js';
import { EXIT } from '../errors.js';
import { commandLines, serviceLines } from '../outcome.js';
import { serviceNow } from '../service-now.js';

/** The time between two checks for a command's event. */
const LOOK_AGAIN_MS = 300;

/** Returns the exit code. Without `wait`, it returns once Slipway has accepted the command. */
export async function operate(
  context: Context,
  service: string,
  name: ServiceCommandName,
  body: Record<string, unknown>,
  wait: boolean,
): Promise<number> {
  const { client, isJson, printJson, print, note, line } = context;
  const accepted = await client.send<CommandBody>(`/services/${part(service)}/${name}`, { method: 'POST', body });
  const sentence = line('command_accepted', { service, command: name });
  if (!wait) {
    if (isJson) printJson(accepted);
    else print(sentence);
    return EXIT.done;
  }
  if (!isJson) note(sentence);
  const event = await eventOf(context, service, accepted.command_id);
  const isDone = event.event_type === 'command_completed';
  if (isJson) printJson(event);
  else for (const text of commandLines(event, context)) print(text);
  const now = isJson || isDone ? undefined : await serviceNow(context, service);
  if (now) for (const text of serviceLines(now, context)) print(text);
  return isDone ? EXIT.done : EXIT.failed;
}

/** Polls for a command's event, because there is no stream of a service's events. */
async function eventOf({ client }: Context, service: string, commandId: string): Promise<EventBody> {
  for (;;) {
    const eventBodies = await client.get<EventBody[]>(`/services/${part(service)}/events`);
    const event = eventBodies.find(
      ({ event_type: type, metadata }) =>
        metadata['command_id'] === commandId && ['command_completed', 'command_failed'].includes(type),
    );
    if (event) return event;
    await delay(LOOK_AGAIN_MS);
  }
}
