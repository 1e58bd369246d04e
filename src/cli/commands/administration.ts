// Keys, what they allow, what was done with them, and how Slipway is.
import { Option, type Command } from 'commander';
import { ROLES, type Role } from '../../contract/states.js';
import type { AuditBody, HealthBody, KeyBody, NewKeyBody, PermissionBody } from '../bodies.js';
import { part } from '../client.js';
import { act, command, wholeNumber } from '../command.js';
import { EXIT } from '../errors.js';
import { showHealth } from '../health-lines.js';
import { clock } from '../render.js';

export function health(): Command {
  return act(command('health', 'Show how Slipway itself is', ['health', 'health --json']), async (context) => {
    const body = await context.client.send<HealthBody>('/deployment/health', { alsoGood: [503] });
    if (context.isJson) context.printJson(body);
    else showHealth(body, context);
    return body.api_status === 'error' ? EXIT.failed : EXIT.done;
  });
}

export function keys(): Command {
  const create = command('create', 'Make a key; it is shown this once', [
    'keys create --role read',
    'keys create --role admin --expires 2027-01-01T00:00:00Z',
  ])
    .addOption(new Option('-r, --role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .option('--expires <time>', 'when it ends, such as 2027-01-01T00:00:00Z')
    .option('--policy <name>', 'the policy it is bound to');
  const list = command('list', 'List keys, without themselves', ['keys list']);
  const revoke = command('revoke', 'Revoke a key at once', ['keys revoke key_0123456789ab']).argument(
    '<id>',
    "the key's id",
  );
  act<{ role: Role; expires?: string; policy?: string }>(create, async (context, options) => {
    const { client, isJson, printJson, print, note, line } = context;
    const made = await client.send<NewKeyBody>('/keys', {
      method: 'POST',
      body: options,
    });
    if (isJson) {
      printJson(made);
      return;
    }
    note(line('key_created', { id: made.id, role: made.role }));
    print(made.key); // alone on stdout, for `KEY=$(slipway keys create …)`
  });
  act(list, async ({ client, isJson, printJson, printTable }) => {
    const all = await client.get<KeyBody[]>('/keys');
    if (isJson) printJson(all);
    else
      printTable(
        ['id', 'role', 'created', 'expires', 'policy'],
        all.map(({ id, role, created_at: at, expires_at: until, policy = '' }) => [
          id,
          role,
          clock(at),
          clock(until),
          policy,
        ]),
        'no_keys',
      );
  });
  act(revoke, async ({ client, isJson, printJson, print, line }, _options, id = '') => {
    await client.send(`/keys/${part(id)}`, { method: 'DELETE' });
    if (isJson) printJson(null);
    else print(line('key_revoked', { id }));
  });
  return command('keys', 'Make, list and revoke keys', ['keys list', 'keys create --role read'])
    .addCommand(create)
    .addCommand(list)
    .addCommand(revoke);
}

export function audit(): Command {
  const declared = command('audit', 'Show who did what, latest first', ['audit --limit 20']).option(
    '-n, --limit <count>',
    'how many, 1-1000 (default: 50)',
    wholeNumber(1, 1000),
  );
  return act<{ limit?: number }>(declared, async ({ client, isJson, printJson, printTable }, { limit }) => {
    const lines = await client.get<AuditBody[]>('/audit', { limit });
    if (isJson) printJson(lines);
    else
      printTable(
        ['time', 'key', 'user', 'action', 'call', 'answer'],
        lines.map((row) => [
          clock(row.at),
          row.key_id,
          row.user_id ?? '',
          row.action,
          `${row.method} ${row.path}`,
          String(row.status),
        ]),
        'no_calls',
      );
  });
}

export function permissions(): Command {
  const declared = command('permissions', 'Tell whether a Discord user may do something', [
    'permissions --user 123 --guild 456 --action deploy --policy roas-bot',
  ])
    .requiredOption('--user <id>', "the user's id")
    .requiredOption('--guild <id>', "the guild's id")
    .requiredOption('--action <action>', 'what to do: deploy, cancel, restart, status, …')
    .option('--policy <name>', "by this policy (default: the key's own)");
  return act<{ user: string; guild: string; action: string; policy?: string }>(declared, async (context, options) => {
    const { client, isJson, printJson, print, line } = context;
    const { user, guild, action, policy } = options;
    const query = { user_id: user, guild_id: guild, action, policy };
    const { allowed, reason } = await client.get<PermissionBody>('/permissions/check', query);
    if (isJson) printJson({ allowed, reason });
    else print(allowed ? line('allowed') : line('not_allowed', { reason }));
    return allowed ? EXIT.done : EXIT.failed;
  });
}
