// Temporal's Web UI in a browser: opened by a link that works once or by the admin key, and closed to everybody else.
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { browserMissing, startBrowser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { embeddedMissing } from '../support/foreign-temporal.js';
import { callHttp } from '../support/http.js';
import { itUnless } from '../support/jest/conditions.js';
import { onTestFailed, onTestFinished } from '../support/jest/test-end.js';
import { Slipway } from '../support/slipway.js';
import { temporal } from '../support/temporal-cli.js';

const it = itUnless(browserMissing ?? embeddedMissing);

let slipway: Slipway;
let browser: Browser;
beforeAll(async () => {
  [slipway, browser] = await Promise.all([Slipway.start(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await slipway.remove();
});

/** A browser of its own, without anything stored. `faults` gets what a person would see in its console. */
async function openPage(faults: string[] = []): Promise<Page> {
  const context = await browser.newContext({ locale: 'zh-TW' });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  const pending = new Set<string>();
  const failed: string[] = [];
  page.on('request', (request) => pending.add(request.url()));
  page.on('requestfinished', (request) => pending.delete(request.url()));
  page.on('requestfailed', (request) => failed.push(`${request.failure()?.errorText} ${request.url()}`));
  onTestFailed(() => {
    process.stderr.write(`${[page.url(), ...faults, 'failed', ...failed, 'pending', ...pending].join('\n')}\n`);
  });
  return page;
}

const loginLink = async (): Promise<string> =>
  (await slipway.call<{ login_url: string }>('/api/login-codes', { body: {} })).body.login_url;
const ui = (path = '/'): string => `${slipway.url}/temporal${path}`;

it('a login link opens Temporal’s Web UI and shows the workflow of a deployment', async () => {
  expect(slipway.output).toContain(`Web UI       ${ui()} (a login link: npx slipway temporal-ui)`);
  const link = await loginLink();
  const { deployment_id: id } = await slipway.deploy(slipway.app('answers-200'));
  await slipway.ended(id);
  const faults: string[] = [];
  const page = await openPage(faults);
  await page.goto(link);
  await page.getByRole('link', { name: id }).first().waitFor();
  await page.getByRole('link', { name: id }).first().click();
  await page.getByRole('heading', { name: 'Event History' }).waitFor();
  await page.getByText('Completed').first().waitFor();
  expect(faults).toEqual([]);
});

it('a login link works once', async () => {
  const link = await loginLink();
  const first = await openPage();
  await first.goto(link);
  await first.getByRole('link', { name: 'gate' }).first().waitFor();
  const second = await openPage();
  await second.goto(link);
  await second.getByText('登入連結無效').waitFor();
  await second.goto(ui('/namespaces/default/workflows'), { waitUntil: 'commit' });
  await second.getByLabel('Admin key').waitFor();
});

it('the login page accepts the admin key and shows an error for a wrong key', async () => {
  const page = await openPage();
  await page.goto(ui(), { waitUntil: 'commit' });
  await page.getByLabel('Admin key').fill('slipway_wrong');
  await page.getByRole('button').click();
  await page.getByText('金鑰').last().waitFor();
  await page.getByLabel('Admin key').fill(slipway.adminKey);
  await page.getByRole('button').click();
  await page.getByRole('link', { name: 'gate' }).first().waitFor();
});

it('a Web UI session ends when its key is revoked', async () => {
  const { body } = await slipway.call<{ id: string; key: string }>('/api/keys', { body: { role: 'admin' } });
  const page = await openPage();
  await page.goto(ui('/login'));
  await page.getByLabel('Admin key').fill(body.key);
  await page.getByRole('button').click();
  await page.getByRole('link', { name: 'gate' }).first().waitFor();
  await slipway.call(`/api/keys/${body.id}`, { method: 'DELETE' });
  await page.reload({ waitUntil: 'commit' });
  await page.getByLabel('Admin key').waitFor();
});

/** A page as an app, or a stranger, may serve it on another port of the same host. */
async function foreignPage(script: string): Promise<{ url: string; server: Server; heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((req, res) => {
    heard.push(`${req.method ?? ''} ${req.url ?? ''} ${JSON.stringify(req.headers)}`);
    res.setHeader('Content-Type', 'text/html').end(`<title>foreign</title><script>${script}</script>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server, heard };
}

it('a page on another port of the host can’t read or use a Web UI session', async () => {
  const page = await openPage();
  await page.goto(await loginLink());
  await page.getByRole('link', { name: 'gate' }).first().waitFor();
  const start = JSON.stringify({ workflowType: { name: 'deployment' }, taskQueue: { name: 'slipway' } });
  const target = ui('/api/v1/namespaces/default/workflows/attack');
  const { url, heard } = await foreignPage(`
    fetch(${JSON.stringify(target)}, { method: 'POST', body: ${JSON.stringify(start)}, credentials: 'include',
      headers: { 'Content-Type': 'text/plain' } }).finally(() => document.title = 'tried');`);
  await page.goto(url);
  await eventually(async () => (await page.title()) === 'tried');
  expect(await page.evaluate('Object.keys(localStorage)')).toEqual([]);
  expect(heard.join('\n')).not.toMatch(/cookie|authorization|slipway_/i);
  expect(await temporal(slipway, 'workflow', 'list')).not.toContain('attack');
});

it('a Web UI request with a foreign host name is refused', async () => {
  for (const path of ['/', '/login', '/api/v1/cluster-info', '/_app/version.json']) {
    const { status } = await callHttp(ui(path), {
      headers: { host: 'evil.example', authorization: `Bearer ${slipway.adminKey}` },
    });
    expect([path, status]).toEqual([path, 403]);
  }
});

it('an HTTP/1.0 request without a host name is refused', async () => {
  const socket = connect(Number(new URL(slipway.url).port), '127.0.0.1');
  socket.write('GET /temporal/login HTTP/1.0\r\n\r\n');
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

it('a Web UI file returns 429 during too many stalled downloads, and the API keeps answering', async () => {
  const stalled = Array.from({ length: 70 }, () => connect(Number(new URL(slipway.url).port), '127.0.0.1'));
  onTestFinished(() => {
    for (const socket of stalled) socket.destroy();
  });
  const path = '/temporal/_app/immutable/workers/ts.worker-DYiuc-42.js'; // 6 MB: far more than sockets buffer
  for (const socket of stalled) socket.pause().write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await eventually(async () => (await callHttp(`${slipway.url}${path}`, {})).status === 429);
  expect((await slipway.call('/api/services')).status).toBe(200);
  for (const socket of stalled) socket.destroy();
  await eventually(async () => (await callHttp(`${slipway.url}${path}`, {})).status === 200);
});

it('clients that disconnect before the Web UI sends their file don’t block later downloads', async () => {
  const { pids } = slipway.ready;
  process.kill(pids.api, 'SIGKILL');
  await eventually(() => slipway.ready.pids.api !== pids.api, { timeoutMs: 30_000 });
  await slipway.waitReady();
  const path = '/temporal/favicon.ico'; // the archive is opened for the first of these
  await Promise.all(Array.from({ length: 70 }, () => leaveAtOnce(path)));
  await eventually(async () => (await callHttp(`${slipway.url}${path}`, {})).status === 200);
  const answers = await Promise.all(Array.from({ length: 20 }, () => callHttp(`${slipway.url}${path}`, {})));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});

function leaveAtOnce(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(slipway.url).port), '127.0.0.1');
    socket.once('error', reject);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`, () => {
      socket.destroy();
      resolve();
    });
  });
}

it('the Web UI’s history download contains every event of a workflow', async () => {
  const { deployment_id: id } = await slipway.deploy(slipway.app('answers-200', { service: 'downloaded' }));
  await slipway.ended(id);
  const base = `/temporal/api/v1/namespaces/default/workflows/${id}`;
  const described = await slipway.call<{
    workflowExecutionInfo: { execution: { runId: string }; historyLength: string };
  }>(base);
  const { execution, historyLength } = described.body.workflowExecutionInfo;
  const { text } = await slipway.call(`${base}/run/${execution.runId}/history.json`);
  const events = JSON.parse(text) as { eventType: string }[];
  expect(events).toHaveLength(Number(historyLength));
  expect(events[0]?.eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_STARTED');
  const none = `${base}/run/00000000-0000-4000-8000-000000000000/history.json`;
  expect((await slipway.call(none)).status).toBe(404);
});

it('the Web UI’s render page shows HTML as text without running scripts', async () => {
  const page = await openPage();
  await page.goto(
    `${slipway.url}/render?content=${encodeURIComponent('<script>document.title="ran"</script> 準備來源')}`,
  );
  expect(await page.textContent('body')).toContain('<script>document.title="ran"</script> 準備來源');
  expect(await page.title()).toBe('');
});

it('Web UI requests to Temporal need an admin key, and changes are recorded in the audit log', async () => {
  const { body: reader } = await slipway.call<{ key: string }>('/api/keys', { body: { role: 'read' } });
  const list = '/temporal/api/v1/namespaces/default/workflows';
  expect((await slipway.call(list, { key: reader.key })).status).toBe(403);
  expect((await slipway.call(list)).text).toContain('gate');
  const input = { workflowType: { name: 'none' }, taskQueue: { name: 'none' }, workflowExecutionTimeout: '1s' };
  expect((await slipway.call(`${list}/from-the-ui`, { body: input })).status).toBe(200);
  const trail = (await slipway.call('/api/audit?limit=20')).text;
  expect(trail).toContain('/workflows/from-the-ui');
});
