// A git host on loopback: `git http-backend` behind a small server that can ask for a token.
import { execFileSync, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFiles } from './activity-host.js';
import { onTestFinished } from './jest/test-end.js';

export interface GitServer {
  url: string;
  /** Status codes to answer the next requests with, instead of serving them. */
  failWith: number[];
  /** Takes requests and never answers them. */
  hangs?: boolean;
  /** Where requests to `/elsewhere/…` are sent on to. */
  redirectTo?: string;
  /** `Authorization` headers seen, in order. */
  authorizations: (string | undefined)[];
}

const run = (cwd: string, ...args: string[]): string =>
  execFileSync(
    'git',
    ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'init.defaultBranch=main', ...args],
    {
      cwd,
      encoding: 'utf8',
    },
  ).trim();

/** Makes a repository with one commit on `main`; `commit` adds more. */
export async function makeRepository(folder: string, files: Record<string, string>) {
  await writeFiles(folder, files);
  run(folder, 'init', '--quiet');
  const commit = async (more: Record<string, string>, message = 'more'): Promise<string> => {
    await writeFiles(folder, more);
    run(folder, 'add', '--all', '--force');
    run(folder, 'commit', '--quiet', '--allow-empty', '-m', message);
    return run(folder, 'rev-parse', 'HEAD');
  };
  return { folder, first: await commit({}), commit, git: (...args: string[]) => run(folder, ...args) };
}

/** Serves the repositories of a folder; with a token, only to those who send it as a password. */
export async function serveGit(root: string, token?: string, user = 'x-access-token'): Promise<GitServer> {
  const state: GitServer = { url: '', failWith: [], authorizations: [] };
  const server = createServer((request, response) => {
    state.authorizations.push(request.headers.authorization);
    if (state.hangs) return;
    const failure = state.failWith.shift();
    if (failure !== undefined) return void response.writeHead(failure).end();
    if (state.redirectTo && request.url?.startsWith('/elsewhere/')) {
      return void response
        .writeHead(302, { location: state.redirectTo + request.url.slice('/elsewhere'.length) })
        .end();
    }
    if (token !== undefined && !isUser(request, user, token)) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    }
    serve(root, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  state.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return state;
}

function isUser(request: IncomingMessage, user: string, token: string): boolean {
  const [, encoded = ''] = (request.headers.authorization ?? '').split(' ');
  return Buffer.from(encoded, 'base64').toString('utf8') === `${user}:${token}`;
}

function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.on('close', () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf('\r\n\r\n');
    const headers = output
      .subarray(0, end)
      .toString('utf8')
      .split('\r\n')
      .map((line) => line.split(': '));
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
    for (const [name = '', value = ''] of headers) if (name !== 'Status') response.setHeader(name, value);
    response.writeHead(Number.parseInt(status, 10)).end(output.subarray(end + 4));
  });
}
