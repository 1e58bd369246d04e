// npm run fuzz -- --examples N --seed S: every call of the API as its description tells it, with right and with wrong
// input, on a Slipway of its own: no 5xx, no status and no body that is not described, no call that hangs.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Slipway } from '../test/support/slipway.js';

const VERSION = '4.32.5';
const HOOKS = fileURLToPath(new URL('fuzz_hooks.py', import.meta.url));
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'ignored_auth',
];

/** The API itself gives up after 6 s. How fast it is, `npm run bench` measures. */
const HANGS_AFTER_S = 10;

/** What tells of a Slipway that is busy may be 503 by its contract. */
const SETTINGS = `[[operations]]
include-operation-id = ["getHealth", "getDeploymentsHealth", "getReadiness"]
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", 503]
`;

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
});

const program = schemathesis();
const slipway = await Slipway.start();
try {
  writeFileSync(join(slipway.home, 'schemathesis.toml'), SETTINGS);
  const args = [
    ...['run', `${slipway.url}/api/openapi.json`, '--header', `Authorization: Bearer ${slipway.adminKey}`],
    ...['--checks', CHECKS.join(','), '--max-response-time', String(HANGS_AFTER_S)],
    ...['--phases', 'examples,coverage,fuzzing', '--max-examples', values.examples, '--seed', values.seed],
    '--continue-on-failure',
    '--no-color',
  ];
  const env = { ...process.env, SCHEMATHESIS_HOOKS: HOOKS };
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: slipway.home, env });
  // A generated address may be 16 KiB long.
  for (const line of `${stdout}${stderr}`.split('\n')) console.log(line.slice(0, 300));
  process.exitCode = status ?? 1;
} finally {
  await slipway.remove();
}

/** In the cache folder, got with pip where it is not there yet. */
function schemathesis(): string {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'slipway', `schemathesis-${VERSION}`);
  const found = join(folder, 'bin', 'schemathesis');
  if (existsSync(found)) return found;
  run('python3', ['-m', 'venv', folder]);
  run(join(folder, 'bin', 'pip'), ['install', '--quiet', `schemathesis==${VERSION}`]);
  return found;
}

function run(file: string, args: string[]): void {
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} failed: ${stderr}`);
}
