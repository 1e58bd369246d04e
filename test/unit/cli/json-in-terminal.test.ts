import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { createProgram } from '../../../src/cli/program.js';

const LINE = { at: '2026-12-01T00:00:00Z', path: '/api/\u009b2J\u202ex', line: '\u0085部署' };
const STORED = JSON.stringify(LINE);

let server: Server;
/** Each call returns the same line, in the form that the path has. */
beforeAll(async () => {
  server = createServer((req, res) => {
    const isArray = req.url === '/api/audit';
    res.writeHead(200, { 'Content-Type': isArray ? 'application/json' : 'application/x-ndjson' });
    res.end(isArray ? `[${STORED}]` : `${STORED}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
});

const given = process.stdout.isTTY;
let written: Buffer[];
beforeEach(() => {
  written = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk, ...rest) => {
    written.push(Buffer.from(chunk as string));
    const done = rest.at(-1);
    if (typeof done === 'function') done();
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.stdout.isTTY = given;
});

async function printed(args: readonly string[], isTTY: boolean): Promise<string> {
  process.stdout.isTTY = isTTY;
  const { port } = server.address() as AddressInfo;
  const place = ['--url', `http://127.0.0.1:${port}`, '--key', 'k'];
  await createProgram('1', 80).parseAsync([...args, ...place], { from: 'user' });
  process.exitCode = undefined;
  return Buffer.concat(written).toString();
}

const CALLS = [
  [['audit', 'export'], `${STORED}\n`],
  [['audit', '--json'], `[${STORED}]\n`],
  [['logs', 'bot', '--json'], `${STORED}\n`],
] as const;

it.each(CALLS)('in a terminal, slipway %j escapes control characters and keeps the values', async (args, stored) => {
  const shown = await printed(args, true);
  expect(shown).toBe(stored.replace('\u009b', '\\u009b').replace('\u202e', '\\u202e').replace('\u0085', '\\u0085'));
  expect(JSON.parse(shown)).toEqual(JSON.parse(stored));
});

it.each(CALLS)('without a terminal, slipway %j prints the stored bytes', async (args, stored) => {
  expect(await printed(args, false)).toBe(stored);
});
