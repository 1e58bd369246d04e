// The Python client as its users have it: built as a package, and installed into an environment of its own.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { PROJECT, Slipway } from '../support/slipway.js';

let slipway: Slipway;
let folder: string;
const python = (): string => join(folder, 'venv/bin/python');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-client-'));
  cpSync(join(PROJECT, 'clients/python'), join(folder, 'client'), { recursive: true }); // a build writes beside its source
  await execa('python3', ['-m', 'venv', join(folder, 'venv')]);
  const quiet = ['--quiet', '--disable-pip-version-check'];
  await execa(python(), ['-m', 'pip', 'wheel', ...quiet, '--no-deps', '--wheel-dir', folder, join(folder, 'client')]);
  const wheel = 'slipway_client-1.0.0-py3-none-any.whl';
  await execa(python(), ['-m', 'pip', 'install', ...quiet, join(folder, wheel), 'mypy==1.18.2']);
  slipway = await Slipway.start();
});
afterAll(async () => {
  await slipway.remove();
  rmSync(folder, { recursive: true, force: true });
});

const source = (name: string) => join(slipway.sources, name);

/** One of the scripts, as a user runs it. */
function run(script: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
  return runWith({ SLIPWAY_DATA_DIR: slipway.dataDir }, script, ...args);
}

function runWith(
  env: Record<string, string>,
  script: string,
  ...args: string[]
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(python(), [join(PROJECT, 'examples/python', script), ...args], {
      cwd: slipway.home,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...env },
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('close', (code) => {
      resolve({ code, output });
    });
  });
}

it('start.py starts a deployment, and monitor.py follows the deployment to its end', async () => {
  const { code, output } = await run('start.py', source('answers-200'), 'py-web');
  expect(output).toMatch(/^部署已開始: auto_\d{8}_\d{6}_\w{8}, about \d+ s$/m);
  expect(code).toBe(0);
  const [, id = ''] = /monitor\.py (\S+)/.exec(output) ?? [];
  const followed = await run('monitor.py', id);
  expect(followed.output).toMatch(/%\s+啟動服務/);
  expect(followed.output).toMatch(/^completed after [\d.]+ s$/m);
  expect(followed.output).toMatch(/^ {2}http:\/\/127\.0\.0\.1:\d+$/m);
  expect(followed.code).toBe(0);
});

it('start.py prints why a request was refused, and monitor.py prints the error of a failed deployment', async () => {
  const refused = await run('start.py', '/etc');
  expect(refused.output).toMatch(/^refused: .*\n {2}config\.source\.path: /m);
  expect(refused.code).toBe(1);
  const { output } = await run('start.py', source('exits-at-once'), 'py-fails');
  const failed = await run('monitor.py', /monitor\.py (\S+)/.exec(output)![1]!);
  expect(failed.output).toMatch(/^DeploymentError app_exited: /m);
  expect(failed.code).toBe(1);
});

it('the Python examples print an error for a missing argument, an unknown id and a missing Slipway', async () => {
  expect((await run('start.py')).output).toMatch(/python3 start\.py PATH/);
  const unknown = await runWith({ SLIPWAY_DATA_DIR: slipway.dataDir, SLIPWAY_LANGUAGE: 'en' }, 'monitor.py', 'nosuch');
  expect(unknown).toMatchObject({
    code: 1,
    output: expect.stringMatching(/^nosuch doesn't exist here\. Check .*\n$/),
  });
  const lost = await runWith({ SLIPWAY_DATA_DIR: '/nowhere' }, 'start.py', '/etc');
  expect(lost).toMatchObject({
    code: 1,
    output: expect.stringMatching(/^There is no running Slipway in .*npm start/),
  });
});

it('limit.py reports the limit, and all of its deployments complete', async () => {
  const { code, output } = await run('limit.py', source('setsid-child'), '4');
  expect(output).toContain('併發限制');
  expect(output.match(/^setsid-child-\d: completed$/gm)).toHaveLength(5);
  expect(code).toBe(0);
}, 120_000);

it('fallback.py prints the mode that works, or that no mode works', async () => {
  const { code, output } = await run('fallback.py', source('unresolvable'));
  expect(output).toMatch(/^uv: available$/m);
  expect(output).toMatch(/^no mode worked: /m);
  expect(code).toBe(1);
  const works = await run('fallback.py', source('answers-200'));
  expect(works.output).toMatch(/^it runs with uv$/m);
  expect(works.code).toBe(0);
});

it('batch.py deploys two services, and services.py registers, finds and restarts services', async () => {
  const batch = await run('batch.py', source('setsid-child'), source('answers-200'));
  expect(batch.output).toMatch(/^ {2}batch-setsid-child: completed$/m);
  expect(batch.output).toMatch(/^ {2}batch-answers-200: completed$/m);
  expect(batch.code).toBe(0);
  const services = await run('services.py', 'batch-setsid-child');
  expect(services.output).toMatch(/^deployment_services: DeploymentServiceAPI$/m);
  expect(services.output).toMatch(/^sub_bot_services: music-bot$/m);
  expect(services.output).toMatch(/^command_completed: /m);
  expect(services.output).toMatch(/^has_dependants: /m);
  expect(services.code).toBe(0);
}, 120_000);

it('the client and the examples pass the strict type check of mypy with the installed types', async () => {
  const { stdout } = await execa(python(), ['-m', 'mypy', '--strict', '--package', 'slipway_client'], { cwd: folder });
  expect(stdout).toContain('no issues found');
  const examples = join(PROJECT, 'examples/python');
  const checked = await execa(python(), ['-m', 'mypy', '--strict', '--cache-dir', join(folder, 'cache'), examples], {
    cwd: folder,
    env: { MYPYPATH: examples },
  });
  expect(checked.stdout).toContain('no issues found');
}, 120_000);

it('a mistake in the use of the client fails the type check', async () => {
  const mistake = join(folder, 'mistake.py');
  writeFileSync(
    mistake,
    'from slipway_client import get_sync_deployment_api\nget_sync_deployment_api().get_service(42)["nmae"]\n',
  );
  const { exitCode, stdout } = await execa(python(), ['-m', 'mypy', '--strict', mistake], {
    cwd: folder,
    reject: false,
  });
  expect({ exitCode, stdout }).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/arg-type[^]*typeddict-item/),
  });
}, 120_000);

it('a script uses the same calls without a loop, and gets typed errors', async () => {
  const script = join(folder, 'script.py');
  writeFileSync(
    script,
    `import sys
from slipway_client import ApiError, DeploymentRequest, get_sync_deployment_api

api = get_sync_deployment_api(language="en")
config = {"service": "sync", "source": {"type": "directory", "path": sys.argv[1]}}
started = api.start_deployment(DeploymentRequest(mode="uv", config=config), idempotency_key="once")
assert api.start_deployment(DeploymentRequest(mode="uv", config=config), idempotency_key="once").deployment_id == started.deployment_id
print(started.message_en, api.wait_for(started.deployment_id, every=0.2)["status"], api.get_service("sync")["status"])
print(api.wait_for_command(api.command_service("sync", "restart"), every=0.2)["event_type"])
batch = api.start_batch([DeploymentRequest(mode="uv", config=config)])
print(api.wait_for_batch(batch["batch_id"], every=0.2)["status"])
try:
    api.get_service("a/../b")
except ApiError as error:
    print(type(error).__name__, error.code, error.status)
api.unregister_service("sync")
`,
  );
  const { stdout } = await execa(python(), [script, source('answers-200')], {
    env: { SLIPWAY_DATA_DIR: slipway.dataDir },
  });
  expect(stdout.split('\n')).toEqual([
    'The deployment has started completed running',
    'command_completed',
    'completed',
    expect.stringMatching(/^DeploymentError not_found 404$/),
  ]);
}, 120_000);
