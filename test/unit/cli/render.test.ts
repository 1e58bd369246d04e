import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { CliError, Refused } from '../../../src/cli/errors.js';
import { failureLines } from '../../../src/cli/failure.js';
import { inOrder } from '../../../src/cli/in-order.js';
import { bar, bytes, duration, facts, paintOf, status, table } from '../../../src/cli/render.js';
import { inTerminal } from '../../../src/cli/terminal-words.js';
import { LANGUAGES } from '../../../src/contract/states.js';
import { catalogOf, hint, translate, type TextKey } from '../../../src/contract/texts.js';

const plain = paintOf(false);
const PROBLEM = {
  type: 'urn:slipway:problem:invalid',
  title: 'invalid',
  status: 422,
  detail: 'The request is not valid: config.port: must be at most 65535',
  instance: '/api/deployments',
  code: 'invalid',
  error: 'DeploymentError',
} as const;

it('table columns are aligned below CJK headings, and lines have no trailing spaces', () => {
  expect(
    table(
      ['服務', 'X'],
      [
        ['a', '1'],
        ['部署服務', ''],
      ],
      plain,
    ),
  ).toBe('服務      X\na         1\n部署服務');
});

it('table columns that don’t fit are moved to an indented second line within the width of the terminal', () => {
  const id = 'fallback_20261126_100000_a1b2c3d4';
  const rows = [
    [id, 'bot', 'failed', '2026-11-29 19:00:00+08:00', '61.0 s', 'health_check_failed'],
    [id, 'shop', 'completed', '2026-11-29 19:00:00+08:00', '2.0 s', ''],
  ];
  const shown = table(['ID', 'SERVICE', 'STATUS', 'STARTED', 'DURATION', 'REASON'], rows, plain, 80).split('\n');
  for (const line of shown) expect(line.length).toBeLessThanOrEqual(80);
  expect(shown).toEqual([
    'ID                                 SERVICE  STATUS     STARTED',
    '  DURATION  REASON',
    `${id}  bot      failed     2026-11-29 19:00:00+08:00`,
    '  61.0 s    health_check_failed',
    `${id}  shop     completed  2026-11-29 19:00:00+08:00`,
    '  2.0 s',
  ]);
});

it('facts without a value are omitted', () => {
  expect(
    facts(
      [
        ['A', '1'],
        ['LONG', ''],
        ['B', undefined],
      ],
      plain,
    ),
  ).toBe('A  1');
});

it('colors are used only if they are enabled', () => {
  expect(status('failed', plain)).toBe('failed');
  expect(status('failed', paintOf(true))).toBe('\u001b[31mfailed\u001b[39m');
});

it.each([
  [0.04, '0.0 s'],
  [59.96, '60.0 s'],
  [61.2, '1 min 1 s'],
  [3725, '1 h 2 min'],
])('a duration of %d s is displayed as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it('sizes are displayed with units, and progress bars are limited to their width', () => {
  expect([bytes(443), bytes(2048), bytes(3 * 1024 ** 2)]).toEqual(['443 B', '2.0 KiB', '3.0 MiB']);
  expect([bar(0), bar(50), bar(140)].map((text) => text.replaceAll('░', ''))).toEqual([
    '',
    '█'.repeat(10),
    '█'.repeat(20),
  ]);
});

it('a refused request is displayed with one line per invalid field and a hint', () => {
  const errors = [
    { path: 'config.port', message: 'must be at most 65535' },
    { path: 'mode', message: 'must be one of …' },
  ];
  expect(failureLines(new Refused({ ...PROBLEM, errors }), 'en', plain)).toEqual([
    '✖ The request is not valid:',
    '    config.port  must be at most 65535',
    '    mode         must be one of …',
    '  Fix the fields named above',
  ]);
  const lines = failureLines(new Refused({ ...PROBLEM, detail: '併發限制', hint: 'Wait' }), 'en', plain);
  expect(lines).toEqual(['✖ 併發限制', '  Wait']);
});

it.each(LANGUAGES)('an error of a persist field is displayed with CLI options (%s)', (language) => {
  const message = translate('field.persist_dropped', { service: 'bot', paths: 'bot.db' }, language);
  const refused = new Refused({ ...PROBLEM, errors: [{ path: 'config.persist', message }] });
  const text = failureLines(refused, language, plain).join('\n');
  expect(text).toMatch(/bot\.db.*--persist\b.*--no-persist/s);
  expect(text).not.toContain('persist: []');
});

it.each(LANGUAGES)('hints about API calls and headers are displayed with CLI commands and options (%s)', (language) => {
  const params = { service: 'bot', name: 'bot', header: 'X-User-Id', limit: 3, dependants: 'web' };
  const said = (key: TextKey): string => inTerminal(hint(key, params, language)!);
  expect(said('service.release_gone')).toContain('`slipway releases bot`');
  expect(said('forbidden.who')).toMatch(/--as-user \S+ --as-guild/);
  expect(said('has_dependants')).toContain('--force');
  expect(said('concurrency_limit')).toContain('--queue');
  expect(said('unauthenticated')).toMatch(/--key .* SLIPWAY_KEY/);
  expect(said('unauthenticated')).not.toContain('Bearer');
  expect(said('app_exited')).toContain('`slipway logs <id>`');
  expect(said('isolation.container')).toContain('--mode docker');
  expect(said('isolation.service')).toContain('--mode docker');
});

it.each(LANGUAGES)('no hint about a deployment names a field that has a CLI option (%s)', (language) => {
  const texts = Object.values(catalogOf(language).deployments);
  const said = texts.map(({ hint: advice }) => inTerminal(advice ?? ''));
  const fields = said.filter((text) => /\b(config|health_check|resources|restart)\.(?!source)/.test(text));
  expect(fields).toEqual([]);
  expect(said.join('\n')).toContain('--health-path');
});

it('text that isn’t a field of a start request is displayed unchanged', () => {
  expect(inTerminal('constructor of config.portable, my.config.port and config.json')).toBe(
    'constructor of config.portable, my.config.port and config.json',
  );
});

it('an error of the CLI is displayed in the language of the user', () => {
  const error = new CliError('no_key', { url: 'http://x' });
  expect(failureLines(error, 'en', plain)[0]).toBe('✖ There is no key for http://x');
  expect(failureLines(error, 'zh-TW', plain)[0]).toBe('✖ 沒有 http://x 的金鑰');
  expect(failureLines(new TypeError('odd'), 'en', plain)[0]).toContain('odd');
});

it('an event that arrives late from another stream is displayed in order of time', async () => {
  const shown: string[] = [];
  const order = inOrder(20);
  order.begin();
  await new Promise<void>((resolve) => {
    order.add('2026-01-01T00:00:02Z', () => shown.push('second'));
    order.add('2026-01-01T00:00:01Z', () => shown.push('first'));
    order.add('2026-01-01T00:00:03Z', resolve);
  });
  expect(shown).toEqual(['first', 'second']);
});

it('no event is displayed until both streams are open', async () => {
  const shown: string[] = [];
  const order = inOrder(10);
  order.add('2026-01-01T00:00:04Z', () => shown.push('step 4'));
  await delay(30);
  expect(shown).toEqual([]);
  order.begin();
  await new Promise<void>((resolve) => {
    order.add('2026-01-01T00:00:01Z', () => shown.push('log of step 1'));
    order.add('2026-01-01T00:00:05Z', resolve);
  });
  expect(shown).toEqual(['log of step 1', 'step 4']);
});

it('events are displayed after a timeout if a stream never opens', async () => {
  await new Promise<void>((resolve) => inOrder(1, 10).add('1', resolve));
});

it('no event is displayed while the output is held, and all events are displayed afterwards', () => {
  const shown: number[] = [];
  const order = inOrder(60_000, 10);
  order.hold();
  order.add('1', () => shown.push(1));
  order.flush();
  expect(shown).toEqual([]);
  order.release();
  order.flush();
  expect(shown).toEqual([1]);
});
