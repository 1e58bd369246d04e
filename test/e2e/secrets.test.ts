import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readProc, Slipway } from '../support/slipway.js';
import { eventually } from '../support/eventually.js';
import { temporal } from '../support/temporal-cli.js';

const SECRET = 'S3cr3t-0123456789-planted';
const CALLBACK = 'https://hooks.example.org/t/c4llb4ck-t0ken-planted';

let slipway: Slipway;
let id: string;
beforeAll(async () => {
  slipway = await Slipway.start();
  const config = {
    service: 'printer',
    environment_variables: { API_TOKEN: SECRET, PLAIN: 'short' },
    release_command: 'echo "release $API_TOKEN"; printenv',
    health_check: { min_uptime: 1 },
  };
  const ended = await slipway.run({ ...slipway.app('prints-secrets', config), callback_url: CALLBACK });
  expect(ended.status).toBe('completed');
  id = ended.deployment_id;
  await eventually(async () =>
    (await slipway.call('/api/services/printer/logs', { headers: { Accept: 'text/plain' } })).text.includes('end'),
  );
});
afterAll(() => slipway.remove());

/** Files below a folder that hold the text, in clear or as base64 (as Temporal's tools print payloads). */
function filesWith(text: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

describe.each([SECRET, CALLBACK, 'c4llb4ck-t0ken'])('the planted secret %s', (secret) => {
  it('a secret is in no file of the data folder, including Temporal’s database', () => {
    expect(filesWith(secret, slipway.dataDir)).toEqual([]);
  });

  it('a secret is in no output of Slipway and in no API response, including logs', async () => {
    expect(slipway.output).not.toContain(secret);
    const paths = [
      `/api/deployments/${id}`,
      `/api/deployments/${id}/progress`,
      `/api/deployments/${id}/callbacks`,
      '/api/deployments',
      '/api/services',
      '/api/services/printer',
      `/api/deployments/${id}/logs`,
      '/api/services/printer/logs',
      '/api/deployment/health',
    ];
    for (const path of paths) expect((await slipway.call(path)).text).not.toContain(secret);
  });

  it('a secret is in no command line of a process', () => {
    const lines = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readProc(Number(pid), 'cmdline'));
    expect(lines.filter((line) => line.includes(secret))).toEqual([]);
  });

  it('a secret is in no workflow history', async () => {
    for (const workflow of [id, `callbacks:${id}`, 'gate', 'registry', 'service:printer']) {
      const history = await temporal(slipway, 'workflow', 'show', '--workflow-id', workflow, '-o', 'json');
      const payloads = [...history.matchAll(/"data":\s*"([^"]+)"/g)].map(([, data]) =>
        Buffer.from(data!, 'base64').toString('utf8'),
      );
      expect(history).not.toContain(secret);
      expect(payloads.filter((payload) => payload.includes(secret))).toEqual([]);
    }
  });
});

it('logs mask a secret that is printed at once or in two halves', async () => {
  const { text } = await slipway.call('/api/services/printer/logs', { headers: { Accept: 'text/plain' } });
  expect(text).toMatch(/whole: \*{8}/);
  expect(text).toMatch(/halves: \*{8}/);
  expect(await slipway.logs(id)).toMatch(/release \*{8}/);
});

it('an app’s environment contains only its own variables and a fixed list of other variables', () => {
  const [pid] = slipway.appProcesses('printer');
  const names = readProc(pid!, 'environ')
    .split('\0')
    .map((entry) => entry.split('=')[0]);
  expect(names).toContain('API_TOKEN');
  for (const name of names) {
    expect(
      name === '' ||
        /^(API_TOKEN|PLAIN|PATH|HOME|LANG|TZ|TMPDIR|VIRTUAL_ENV|UV_PROJECT_ENVIRONMENT|UV_NO_SYNC|PYTHONUNBUFFERED|PWD|SLIPWAY_(SERVICE|RELEASE|DEPLOYMENT_ID|INSTANCE|ENVIRONMENT|MARK))$/.test(
          name!,
        ),
    ).toBe(true);
  }
});

it('the data folder and the key files are readable only for their owner', () => {
  const mode = (path: string) => execFileSync('stat', ['-c', '%a', path], { encoding: 'utf8' }).trim();
  expect(mode(slipway.dataDir)).toBe('700');
  for (const file of ['admin.key', 'secret.key', 'callback.key', 'keys/key_admin.json'])
    expect(mode(join(slipway.dataDir, file))).toBe('600');
});
