import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { CallbackSecretBody, DeliveryBody } from '../bodies.js';
import { part } from '../client.js';
import { act, command } from '../command.js';
import type { Context } from '../context.js';
import { CliError, reasonOf } from '../errors.js';
import { callbackSecretOf } from '../find.js';
import { status as coloured } from '../render.js';
import { clock } from '../times.js';

interface VerifyOptions {
  secret?: string;
  id: string;
  timestamp: string;
  signature: string;
}

export function callbacks(): Command {
  const list = command('list', "Show a deployment's callbacks, and what became of each", [
    'callbacks list uv_20261126_100000_a1b2c3d4',
  ]).argument('<id>', 'id of the deployment');
  act(list, async ({ client, isJson, printJson, printTable, paint }, _options, id = '') => {
    const all = await client.get<DeliveryBody[]>(`/deployments/${part(id)}/callbacks`);
    if (isJson) printJson(all);
    else
      printTable(
        ['time', 'event', 'status', 'attempts', 'answer', 'url', 'error'],
        all.map((row) => [
          clock(row.timestamp),
          row.event_type,
          coloured(row.status, paint),
          String(row.attempts),
          String(row.last_status ?? ''),
          row.url ?? '',
          row.last_error ?? '',
        ]),
        'no_callbacks',
      );
  });
  return command('callbacks', 'Show callbacks, or verify a received one', [
    'callbacks uv_20261126_100000_a1b2c3d4',
    'callbacks verify --help',
  ])
    .usage('<id>')
    .addCommand(list, { isDefault: true })
    .addCommand(verify())
    .addCommand(secret());
}

function secret(): Command {
  const declared = command('secret', 'Print the secret that signs callbacks to a URL', [
    'callbacks secret https://hooks.example.com/bot',
  ]).argument('<url>', 'callback URL of the deployments');
  return act(declared, async ({ client, isJson, printJson, print }, _options, url = '') => {
    const made = await client.send<CallbackSecretBody>('/callbacks/secret', { method: 'POST', body: { url } });
    if (isJson) printJson(made);
    else print(made.secret);
  });
}

/** Uses the same library as receivers. */
function verify(): Command {
  const declared = command('verify', "Check a callback's signature (Standard Webhooks)", [
    'callbacks verify --id uv_….1 --timestamp 1764151200 \\',
    '    --signature "v1,…" body.json',
  ])
    .argument('[file]', 'file with the received body (default: stdin)')
    .option('--secret <whsec>', 'secret (default: SLIPWAY_CALLBACK_SECRET, or the local callback.key)')
    .requiredOption('--id <id>', 'header webhook-id')
    .requiredOption('--timestamp <seconds>', 'header webhook-timestamp')
    .requiredOption('--signature <signature>', 'header webhook-signature');
  return act<VerifyOptions>(declared, async (context, options, file?: string) => {
    const { isJson, printJson, print, line, paint } = context;
    const { Webhook } = await import('standardwebhooks');
    const headers = {
      'webhook-id': options.id,
      'webhook-timestamp': options.timestamp,
      'webhook-signature': options.signature,
    };
    const secret = options.secret ?? (await secretHere(context));
    const body = readBody(file, context);
    try {
      new Webhook(secret).verify(body, headers);
    } catch (error) {
      throw new CliError('bad_signature', { reason: reasonOf(error) }, error);
    }
    if (isJson) printJson({ valid: true });
    else print(`${paint.green('✔')} ${line('signature_good')}`);
  });
}

/** Returns the secret that the worker on this host uses. */
async function secretHere({ config, wanted }: Context): Promise<string> {
  const { readConfig } = await import('../../config.js');
  return readConfig(config.environment).callbackSecret ?? callbackSecretOf(wanted);
}

function readBody(file: string | undefined, { word }: Context): string {
  try {
    return readFileSync(file ?? 0, 'utf8');
  } catch (error) {
    throw new CliError('unreadable', { path: file ?? word('stdin'), reason: reasonOf(error) }, error);
  }
}
