// A package index that asks for a user and a password, on the loopback.
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWheel } from './installing.js';
import { onTestFinished } from './jest/test-end.js';

export interface PrivateIndex {
  /** `127.0.0.1:<port>/simple/` */
  place: string;
  user: string;
  password: string;
  /** With user and password. */
  url: string;
}

/** It has packages of version 1.0, each with a module whose TEXT this is, and no others. */
export async function servePrivateIndex(packages: Record<string, string>, host = '127.0.0.1'): Promise<PrivateIndex> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-index-'));
  for (const [name, text] of Object.entries(packages)) writeWheel(folder, name, text);
  const [user, password] = ['reader', 'index-password-9f3'];
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="index"' }).end();
      return;
    }
    const wheels = readdirSync(folder);
    const [, wheel] = /^\/files\/([\w.-]+\.whl)$/.exec(path) ?? [];
    if (wheel !== undefined && wheels.includes(wheel)) {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream' }).end(readFileSync(join(folder, wheel)));
      return;
    }
    const [, name] = /^\/simple\/([\w-]+)\/$/.exec(path) ?? [];
    const links = wheels.filter((file) => file.startsWith(`${name?.replaceAll('-', '_') ?? ''}-`));
    if (name === undefined || links.length === 0) {
      response.writeHead(404).end();
      return;
    }
    const page = links.map((file) => `<a href="/files/${file}">${file}</a>`).join('\n');
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<!DOCTYPE html><html><body>${page}</body></html>`);
  });
  const place = `${host}:${await portOf(server, host)}/simple/`;
  return { place, user, password, url: `http://${user}:${password}@${place}` };
}

async function portOf(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
