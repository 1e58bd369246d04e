// The commands for keys, permissions, the audit trail, and Slipway's health.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { GRANTABLE } from '../../contract/permissions.js';
import { ROLES, type Role } from '../../contract/states.js';
import { AUDIT_RESULTS, TRAILS } from '../../contract/keys.js';
import type { AuditBody, AuditCheckBody, HealthBody, KeyBody, NewKeyBody, PermissionBody } from '../bodies.js';
import { part } from '../client.js';
import { act, command, several, wholeNumber } from '../command.js';
import { EXIT } from '../errors.js';
import { showHealth } from '../health-lines.js';
import { copyJsonLines } from '../output.js';
import { clock, timeWanted } from '../times.js';

export function health(): Command {
  return act(command('health', 'Show the health of Slipway', ['health', 'health --json']), async (context) => {
    const body = await context.client.send<HealthBody>('/deployment/health', { alsoGood: [503] });
    if (context.isJson) context.printJson(body);
    else showHealth(body, context);
    return body.api_status === 'error' ? EXIT.failed : EXIT.done;
  });
}

interface NewKeyOptions {
  role: Role;
  expires?: string;
  policy?: string;
  name?: string;
  scope?: string[];
  service?: string[];
  perHour?: number;
  inFlight?: number;
}

const UNIT_MS = { h: 3_600_000, d: 24 * 3_600_000 } as const;

/** Parses an expiry time. Hours and days count from now. */
function expiry(text: string): string {
  const [, count, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(Date.now() + Number(count) * UNIT_MS[unit as 'h' | 'd']).toISOString();
  if (Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('Write a time such as 2027-01-01T00:00:00Z, or 12h, or 90d.');
  return text;
}

function budgetText({ deployments_per_hour: perHour, in_flight: inFlight }: KeyBody['budget'] = {}): string {
  const limits = Object.entries({ per_hour: perHour, in_flight: inFlight });
  return limits.flatMap(([name, most]) => (most === undefined ? [] : [`${name}=${most}`])).join(',');
}

export function keys(): Command {
  const create = command('create', 'Create a key, and show it once', [
    'keys create --role read',
    'keys create --role admin --expires 90d --name "CI of roas" \\',
    '    --scope deploy --scope status --scope progress --scope logs \\',
    '    --service "roas-*"',
  ])
    .addOption(new Option('-r, --role <role>', 'role of the key').choices(ROLES).makeOptionMandatory())
    .option('--expires <time>', 'end of the key: 2027-01-01T00:00:00Z, or 12h, 90d', expiry)
    .option('--policy <name>', 'policy that binds the key to people')
    .option('--name <text>', 'name for people')
    .option('--scope <action>', `allow only this action (repeatable): ${GRANTABLE.join(', ')}`, several)
    .option('--service <name>', 'allow only this service, or prefix-* (repeatable)', several)
    .option('--per-hour <count>', "limit of the key's deployments in an hour", wholeNumber(1, 10_000))
    .option('--in-flight <count>', "limit of the key's unfinished deployments", wholeNumber(1, 1000));
  const list = command('list', 'List keys without their secrets', ['keys list']);
  const revoke = command('revoke', 'Revoke a key', ['keys revoke key_0123456789ab']).argument('<id>', 'id of the key');
  act<NewKeyOptions>(create, async (context, options) => {
    const { scope: scopes, service: services, perHour, inFlight, ...rest } = options;
    const budget = { deployments_per_hour: perHour, in_flight: inFlight };
    const hasBudget = perHour !== undefined || inFlight !== undefined;
    const { client, isJson, printJson, print, note, line } = context;
    const made = await client.send<NewKeyBody>('/keys', {
      method: 'POST',
      body: { ...rest, ...(scopes && { scopes }), ...(services && { services }), ...(hasBudget && { budget }) },
    });
    if (isJson) {
      printJson(made);
      return;
    }
    note(line('key_created', { id: made.id, role: made.role }));
    print(made.key); // the only output on stdout, for `KEY=$(slipway keys create …)`
  });
  act(list, async ({ client, isJson, printJson, printTable }) => {
    const all = await client.get<KeyBody[]>('/keys');
    if (isJson) printJson(all);
    else
      printTable(
        ['id', 'name', 'role', 'scopes', 'services', 'policy', 'budget', 'created', 'expires', 'used'],
        all.map((key) => [
          key.id,
          key.name ?? '',
          key.role,
          (key.scopes ?? []).join(','),
          (key.services ?? []).join(','),
          key.policy ?? '',
          budgetText(key.budget),
          clock(key.created_at),
          clock(key.expires_at),
          clock(key.last_used_at),
        ]),
        'no_keys',
      );
  });
  act(revoke, async ({ client, isJson, printJson, print, line }, _options, id = '') => {
    await client.send(`/keys/${part(id)}`, { method: 'DELETE' });
    if (isJson) printJson(null);
    else print(line('key_revoked', { id }));
  });
  return command('keys', 'Create, list and revoke keys', ['keys list', 'keys create --role read'])
    .addCommand(create)
    .addCommand(list)
    .addCommand(revoke);
}

export function audit(): Command {
  const declared = auditFilters(
    command('audit', 'Show the audit trail, latest first', [
      'audit --limit 20',
      'audit --service roas-bot --result refused',
      'audit verify',
    ]),
  )
    .option('-n, --limit <count>', 'number of lines, 1-1000 (default: 50)', wholeNumber(1, 1000))
    .addCommand(auditExport())
    .addCommand(auditVerify());
  return act<AuditOptions & { limit?: number }>(declared, async (context, { limit, keyId: key, ...filter }) => {
    const { client, isJson, printJson, printTable } = context;
    const lines = await client.get<AuditBody[]>('/audit', { limit, key, ...filter });
    if (isJson) printJson(lines);
    else
      printTable(
        ['time', 'key', 'user', 'guild', 'action', 'service', 'target', 'call', 'answer', 'address'],
        lines.map((row) => [
          clock(row.at),
          row.key_name ?? row.key_id,
          row.user_id ?? '',
          row.guild_id ?? '',
          row.action,
          row.target?.service ?? '',
          row.target?.deployment ?? row.target?.batch ?? row.target?.key ?? row.target?.isolation ?? '',
          `${row.method} ${row.path}`,
          String(row.status ?? ''),
          row.address,
        ]),
        'no_calls',
      );
  });
}

interface AuditOptions {
  since?: string;
  until?: string;
  service?: string;
  keyId?: string;
  result?: string;
}

function auditFilters(declared: Command): Command {
  return declared
    .option('--since <time>', 'show calls since: 2h, 7d, or "2027-01-01 09:00"', (text: string) => timeWanted(text))
    .option('--until <time>', 'show calls before this time', (text: string) => timeWanted(text))
    .option('--service <name>', 'show calls about this service')
    .option('--key-id <id>', 'show calls with this key id')
    .addOption(new Option('--result <result>', 'show calls with this result').choices(AUDIT_RESULTS));
}

function auditExport(): Command {
  const declared = auditFilters(
    command('export', 'Print a trail as JSON lines, oldest first', ['audit export > audit.ndjson']),
  ).addOption(new Option('--trail <trail>', 'trail to read').choices(TRAILS).default('changes'));
  return act<AuditOptions & { trail: string }>(declared, async ({ client }, { keyId: key, ...filter }) => {
    const answer = await client.open('/audit', { query: { key, ...filter, format: 'ndjson' } });
    if (answer.body) await copyJsonLines(answer.body, process.stdout);
  });
}

function auditVerify(): Command {
  const declared = command('verify', 'Check that no line of the trail was changed', ['audit verify']);
  return act(declared, async ({ client, isJson, printJson, printTable, print, line }) => {
    const check = await client.get<AuditCheckBody>('/audit/verify');
    if (isJson) printJson(check);
    else {
      const trails = Object.entries(check.trails) as [string, AuditCheckBody['trails']['changes']][];
      printTable(
        ['trail', 'lines', 'torn', 'since', 'head'],
        trails.map(([name, { lines, torn, first_at: since, head }]) => [
          name,
          String(lines),
          String(torn),
          clock(since),
          head ?? '',
        ]),
      );
      for (const [name, { breaks }] of trails)
        for (const { file, line: number, reason } of breaks) print(line('audit_break', { name, file, number, reason }));
      print(line(check.whole ? 'audit_whole' : 'audit_broken'));
    }
    return check.whole ? EXIT.done : EXIT.failed;
  });
}

export function permissions(): Command {
  const declared = command('permissions', 'Check the permission of a Discord user', [
    'permissions --user 123 --guild 456 --action deploy --service my-bot',
  ])
    .requiredOption('--user <id>', 'id of the Discord user')
    .requiredOption('--guild <id>', 'id of the Discord guild')
    .requiredOption('--action <action>', 'action: deploy, cancel, restart, status, …')
    .option('--policy <name>', "policy (default: the key's own)")
    .option('--service <name>', 'service (default: any)');
  return act<{ user: string; guild: string; action: string; policy?: string; service?: string }>(
    declared,
    async (context, options) => {
      const { client, isJson, printJson, print, line } = context;
      const { user, guild, action, policy, service } = options;
      const query = { user_id: user, guild_id: guild, action, policy, service };
      const { allowed, reason } = await client.get<PermissionBody>('/permissions/check', query);
      if (isJson) printJson({ allowed, reason });
      else print(allowed ? line('allowed') : line('not_allowed', { reason }));
      return allowed ? EXIT.done : EXIT.failed;
    },
  );
}
