// Containers of an engine in which root is another user on the host.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { dataFiles, layout, serviceData } from '../../src/contract/layout.js';
import type { StatusBody } from '../../src/contract/views.js';
import { DockerStage, type Project } from '../support/docker-stage.js';
import { BASE_IMAGE } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { about } from '../support/jest/about.js';
import { itIf } from '../support/jest/conditions.js';
import { MAPPED_ROOT, MappedEngine, missing } from '../support/mapped-engine.js';
import type { Slipway } from '../support/slipway.js';

const NOBODY = 65_534;
/** Notes its user number in its data. A process that passes it an open folder over its socket gets a file read by it. */
const APP = `
import array, os, socket
for name in ("notes/starts.txt", "notes/cache/starts.txt"):
    is_new = not os.path.exists(name)
    with open(name, "a") as file: file.write("%d\\n" % os.getuid())
    if is_new: os.chmod(name, 0o600)
if os.path.exists("notes/helper"): os.unlink("notes/helper")
server = socket.socket(socket.AF_UNIX)
server.bind("notes/helper")
os.chmod("notes/helper", 0o777)
server.listen()
print("up", flush=True)
while True:
    connection, _ = server.accept()
    path, ancillary, _, _ = connection.recvmsg(4096, 4096)
    folder = array.array("i", ancillary[0][2])[0]
    try:
        result = os.read(os.open(path, os.O_RDONLY, dir_fd=folder), 4096)
    except OSError as error:
        result = error.strerror.encode()
    connection.sendall(result)
    connection.close()
`;
/** A process of the host that hands an app of a container the root folder. */
const HELPER = `
import array, os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
folder = array.array("i", [os.open("/", os.O_RDONLY)])
connection.sendmsg([sys.argv[2].lstrip("/").encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, folder)])
print(connection.recv(4096).decode(), end="")
`;
const DOCKERFILE = `FROM ${BASE_IMAGE}
WORKDIR /app
COPY main.py .
COPY cache notes/cache
VOLUME /app/notes/cache
CMD ["python3", "main.py"]
`;

const mapped = new MappedEngine();
let stage: DockerStage;
let slipway: Slipway;
let app: Project;

beforeAll(async () => {
  if (missing !== undefined) return;
  await mapped.start();
  stage = await DockerStage.open({ PATH: '/usr/bin:/bin', SLIPWAY_ISOLATION: 'container' });
  ({ slipway } = stage);
  app = stage.project({ 'main.py': APP, 'cache/.keep': '', 'requirements.txt': '', Dockerfile: DOCKERFILE });
}, 120_000);
afterAll(async () => {
  if (missing !== undefined) return;
  await stage.close();
  await mapped.remove();
});

const dataOf = (name: string): string => join(serviceData(layout(slipway.dataDir), app.name), name);
const starts = (name = 'notes/starts.txt'): string => readFileSync(dataOf(name), 'utf8');

async function startAgainWith(env: Record<string, string>): Promise<void> {
  await slipway.down();
  delete slipway.env['SLIPWAY_ISOLATION'];
  delete slipway.env['SLIPWAY_CONTAINER_ROOT'];
  Object.assign(slipway.env, env);
  await slipway.up();
}

/** As the API knows them: a new worker's are learned within seconds. */
async function untilManagers(wanted: Record<string, string>): Promise<void> {
  await eventually(async () => {
    const { body } = await slipway.call<{ deployment_managers: Record<string, { status: string }> }>(
      '/api/deployments/health',
    );
    return Object.entries(wanted).every(([mode, status]) => body.deployment_managers[mode]?.status === status);
  });
}

const request = (mode = 'docker'): object => ({
  mode,
  force_rebuild: true,
  config: { source: app.source, service: app.name, persist: ['notes/'], health_check: { min_uptime: 0.3 } },
});

async function deployed(mode?: string): Promise<StatusBody> {
  const ended = await slipway.run(request(mode));
  about(JSON.stringify(ended.error), () => {
    expect(ended).toMatchObject({ status: 'completed' });
  });
  return ended;
}

/** What the app reads of a file of the host for a process of the host that works with it. */
async function readByApp(path: string): Promise<string> {
  const socket = join(dataFiles(layout(slipway.dataDir), app.name), 'notes/helper');
  const helper = spawn('python3', ['-c', HELPER, socket, path]);
  const [output] = await Promise.all([text(helper.stdout), once(helper, 'exit')]);
  return output;
}

const adminKeyFile = (): string => layout(slipway.dataDir).adminKey;

itIf(missing === undefined)(
  'a start with container isolation warns about an engine that runs containers as the host’s root',
  async () => {
    expect(slipway.output).toContain("Warning: SLIPWAY_ISOLATION=container doesn't protect this host fully");
    await deployed();
    expect(starts()).toBe('0\n');
    expect(statSync(dataOf('notes/starts.txt')).uid).toBe(0);
    expect(await readByApp(adminKeyFile())).toBe(readFileSync(adminKeyFile(), 'utf8'));
  },
);

itIf(missing === undefined)(
  'SLIPWAY_CONTAINER_ROOT=mapped refuses deployments to an engine without mapped root, and the app keeps running',
  async () => {
    await startAgainWith({ SLIPWAY_CONTAINER_ROOT: 'mapped' });
    await untilManagers({ docker: 'unavailable' });
    const refused = await slipway.call('/api/deployments', { body: request() });
    expect(refused).toMatchObject({
      status: 503,
      body: { code: 'engine_unavailable', hint: expect.stringContaining('userns-remap') },
    });
    expect(await slipway.service(app.name)).toMatchObject({ status: 'running' });
  },
);

itIf(missing === undefined)(
  'an app keeps its data in an engine with mapped root, and can’t read Slipway’s files',
  async () => {
    await slipway.call(`/api/services/${app.name}/stop`, { body: {} });
    const isStopped = async () => (await slipway.service(app.name)).status === 'stopped';
    await eventually(isStopped, { timeoutMs: 30_000 }); // Python as the first process heeds no SIGTERM
    await startAgainWith({
      SLIPWAY_CONTAINER_ROOT: 'mapped',
      SLIPWAY_ISOLATION: 'container',
      DOCKER_HOST: mapped.address,
    });
    expect(slipway.output).not.toContain('has a hole');
    await untilManagers({ docker: 'available' });
    await deployed();
    await deployed();
    for (const name of ['notes/starts.txt', 'notes/cache/starts.txt']) expect(starts(name)).toBe('0\n0\n0\n');
    expect(await readByApp(adminKeyFile())).toBe('Permission denied');
    expect(statSync(dataOf('notes/helper')).uid).toBe(MAPPED_ROOT);
  },
);

itIf(missing === undefined)(
  'an app in an engine with mapped root shares its data with processes that run as SLIPWAY_APP_USER',
  async () => {
    await startAgainWith({ SLIPWAY_APP_USER: 'nobody', DOCKER_HOST: mapped.address });
    await untilManagers({ docker: 'available', fallback: 'available' });
    for (const mode of ['fallback', 'docker', 'fallback']) await deployed(mode);
    expect(starts()).toBe(`0\n0\n0\n${NOBODY}\n0\n${NOBODY}\n`);
    expect(execFileSync('stat', ['-c', '%a', join(layout(slipway.dataDir).data, `${app.name}.data`)]).toString()).toBe(
      '750\n',
    );
  },
);
