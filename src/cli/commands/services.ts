// The commands for services: list, events, releases, commands, and registration.
import { Argument, Option, type Command } from 'commander';
import { runsOutside } from '../../contract/runs-outside.js';
import { ISOLATIONS, SERVICE_KINDS, SERVICE_TYPES, type ServiceKind, type ServiceType } from '../../contract/states.js';
import { allServices } from '../all-services.js';
import type { EventBody, ReleaseBody, ServiceBody, ServiceRowBody } from '../bodies.js';
import { part } from '../client.js';
import { act, command, several, wholeNumber } from '../command.js';
import { isConfirmed } from '../confirmation.js';
import type { Context } from '../context.js';
import { EXIT, isRefused } from '../errors.js';
import { status as coloured } from '../render.js';
import { inTerminal } from '../terminal-words.js';
import { clock } from '../times.js';
import { operate } from './operate.js';

export function services(): Command {
  const declared = command('services', 'List services, or show a service', [
    'services',
    'services bot --json',
  ]).argument('[name]', 'service to show');
  return act(declared, async (context, _options, name: string | undefined) => {
    const { client, isJson, printJson } = context;
    const body =
      name === undefined ? await allServices(client) : await client.get<ServiceBody>(`/services/${part(name)}`);
    if (isJson) printJson(body);
    else if (Array.isArray(body)) showAll(body, context);
    else showOne(body, context);
  });
}

function showAll(rows: readonly ServiceRowBody[], { printTable, paint }: Context): void {
  printTable(
    ['service', 'kind', 'status', 'health', 'release', 'url'],
    rows.map(({ name, kind, status, health, active_release: release, url, health_url: healthUrl }) => [
      name,
      kind,
      coloured(status, paint),
      coloured(health, paint),
      release ?? '',
      url ?? healthUrl ?? '',
    ]),
    'no_services',
  );
}

function showOne(body: ServiceBody, { printFacts, print, line, paint }: Context): void {
  printFacts([
    ['service', body.name],
    ['kind', body.kind],
    ['type', body.type],
    ['status', coloured(body.status, paint)],
    ['health', coloured(body.health, paint)],
    ['message', body.message && inTerminal(body.message)],
    ['hint', body.hint && inTerminal(body.hint)],
    ['release', body.active_release ?? undefined],
    ['mode', body.mode],
    ['url', body.url ?? body.health_url],
    ['environment', body.environment ?? undefined],
    ['depends_on', body.depends_on.join(', ')],
    ['isolation', body.isolation],
    ['persist', body.persist?.join(', ')],
    ['restarts', String(body.restarts)],
    ['host', body.host ?? undefined],
    ['created', clock(body.created_at)],
  ]);
  if (body.stale) print(paint.yellow(line('stale')));
}

export function events(): Command {
  const declared = command('events', 'Show the events of a service', ['events bot --limit 10'])
    .argument('<name>', 'name of the service')
    .option('-n, --limit <count>', 'number of events, 1-500 (default: 50)', wholeNumber(1, 500));
  return act<{ limit?: number }>(declared, async ({ client, isJson, printJson, printTable }, { limit }, name = '') => {
    const eventBodies = await client.get<EventBody[]>(`/services/${part(name)}/events`, { limit });
    if (isJson) printJson(eventBodies);
    else
      printTable(
        ['time', 'event', 'message'],
        eventBodies.map((event) => [clock(event.timestamp), event.event_type, event.message]),
        'no_events',
      );
  });
}

export function releases(): Command {
  const declared = command('releases', 'List the kept releases of a service', ['releases bot']).argument(
    '<name>',
    'name of the service',
  );
  return act(declared, async ({ client, isJson, printJson, printTable, word }, _options, name = '') => {
    const kept = await client.get<ReleaseBody[]>(`/services/${part(name)}/releases`);
    if (isJson) printJson(kept);
    else
      printTable(
        ['release', 'mode', 'created', 'revision', 'deployed_by', 'active'],
        kept.map(
          ({ release, mode, created_at: at, revision = '', deployed_by: by = '', active, rolled_back: isLeft }) => [
            release,
            mode,
            clock(at),
            revision.slice(0, 12),
            by,
            active ? word('yes') : isLeft ? word('rolled_back') : '',
          ],
        ),
        'no_releases',
      );
  });
}

const SUMMARIES = { restart: 'Restart a service', stop: 'Stop a service until you start it again' } as const;

export const operations = (): Command[] =>
  (['restart', 'stop'] as const).map((name) => {
    const declared = command(name, SUMMARIES[name], [`${name} bot`, `${name} bot --no-wait`])
      .argument('<name>', 'name of the service')
      .option('--no-wait', 'return without waiting for the end');
    return act<{ wait: boolean }>(declared, (context, { wait }, service = '') =>
      operate(context, service, name, {}, wait),
    );
  });

export function rollback(): Command {
  const declared = command('rollback', 'Roll back to an earlier release', [
    'rollback bot',
    'rollback bot uv_20261126_100000_a1b2c3d4',
  ])
    .argument('<name>', 'name of the service')
    .argument('[release]', 'release (default: the previous one)')
    .option('--no-wait', 'return without waiting for the end');
  return act<{ wait: boolean }>(declared, (context, { wait }, service = '', release?: string) =>
    operate(context, service, 'rollback', { release }, wait),
  );
}

export function isolation(): Command {
  const declared = command('isolation', 'Choose where a service can run', [
    'isolation bot container',
    'isolation bot any',
    'isolation bot container --register',
  ])
    .argument('<name>', 'name of the service')
    .addArgument(new Argument('<rule>', "any: the host's setting decides").choices(ISOLATIONS))
    .option('--register', "register the service if it doesn't exist yet");
  return act<{ register?: true }>(declared, async (context, { register }, name = '', wanted = '') => {
    const { client, isJson, printJson } = context;
    const body = { isolation: wanted };
    const registered = await client
      .send<ServiceBody>(`/services/${part(name)}`, { method: 'PATCH', body })
      .catch((error: unknown) => {
        if (!register || !isRefused(error, 'not_found')) throw error;
        return client.send<ServiceBody>('/services', { method: 'POST', body: { name, ...body } });
      });
    if (isJson) printJson(registered);
    else showOne(registered, context);
    if (!isJson && wanted === 'container' && runsOutside(registered))
      context.note(context.line('outside_until_deployed'));
  });
}

export function register(): Command {
  const declared = command('register', 'Register a service', [
    'register bot --kind worker --type sub_bot --depends-on db',
    'register db --kind external --health-url http://10.0.0.5:8080/health',
  ])
    .argument('<name>', 'name of the service')
    .addOption(
      new Option('--kind <kind>', 'kind of app (default: decided by its first release)').choices(SERVICE_KINDS),
    )
    .addOption(new Option('--type <type>', 'what it is for (default: other)').choices(SERVICE_TYPES))
    .option('--depends-on <name>', 'service that it depends on (repeatable)', several)
    .option('--health-url <url>', 'page that Slipway requests of an external service');
  return act<RegisterOptions>(declared, async (context, { kind, type, dependsOn, healthUrl }, name = '') => {
    const { client, isJson, printJson } = context;
    const body = { name, kind, type, depends_on: dependsOn, health_url: healthUrl };
    const registered = await client.send<ServiceBody>('/services', { method: 'POST', body });
    if (isJson) printJson(registered);
    else showOne(registered, context);
  });
}

interface RegisterOptions {
  kind?: ServiceKind;
  type?: ServiceType;
  dependsOn?: string[];
  healthUrl?: string;
}

interface UnregisterOptions {
  force?: true;
  purge?: true;
  yes?: true;
}

export function unregister(): Command {
  const declared = command('unregister', 'Stop and remove a service; keep its data', [
    'unregister bot',
    'unregister bot --force --purge',
    'unregister bot --purge --yes',
  ])
    .argument('<name>', 'name of the service')
    .option('--force', 'unregister even if other services depend on it')
    .option('--purge', 'remove its data too, also after an earlier unregister')
    .option('-y, --yes', 'purge without a confirmation')
    .addHelpText(
      'after',
      "\n--purge asks for the service's name. Without a terminal it wants --yes, and\nelse changes nothing and exits with 2.",
    );
  return act<UnregisterOptions>(declared, async (context, { force, purge, yes }, service = '') => {
    const { client, isJson, printJson, print, note, line } = context;
    if (purge && !yes) {
      const answer = await isConfirmed(line('purge_question', { service }), service);
      if (answer !== 'confirmed') {
        note(answer === 'refused' ? line('purge_refused') : line('purge_unasked', { service }));
        return answer === 'refused' ? EXIT.failed : EXIT.usage;
      }
    }
    const query = { force, purge };
    const body = await client.send<object | undefined>(`/services/${part(service)}`, { method: 'DELETE', query });
    if (isJson) printJson(body ?? null);
    else print(line(body ? 'unregistering' : 'unregistered', { service }));
    return EXIT.done;
  });
}
