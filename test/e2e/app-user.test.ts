import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { releaseDir, serviceData, serviceHome, environmentDir, layout } from '../../src/contract/layout.js';
import type { StatusBody } from '../../src/contract/views.js';
import { uvProgram } from '../support/activity-host.js';
import { eventually } from '../support/eventually.js';
import { about } from '../support/jest/about.js';
import { describeIf } from '../support/jest/conditions.js';
import { readProc, Slipway } from '../support/slipway.js';

const missing = process.getuid?.() === 0 ? undefined : 'only root can run apps as another user';
if (missing !== undefined) process.stdout.write(`The tests of SLIPWAY_APP_USER are skipped: ${missing}\n`);

const NOBODY = 65_534;

/** Says at each start what it could read of what it kept. */
const KEEPER_OF_NOTES = `
import os, time
with open("notes/starts.txt", "a+") as file:
    file.write("a start as %d\\n" % os.getuid())
time.sleep(3600)
`;

/** Builds a module that says as whom it was built; first it waits for the file that go.txt names, where there is one. */
const BACKEND = `
import os, pathlib, time, zipfile

INFO = "prober-1.0.dist-info"

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    files = {
        "built.py": "BY = %d\\nHOME = %r\\n" % (os.getuid(), os.environ["HOME"]),
        INFO + "/METADATA": "Metadata-Version: 2.1\\nName: prober\\nVersion: 1.0\\n",
        INFO + "/entry_points.txt": "[console_scripts]\\nprober = built:main\\n",
        INFO + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: backend\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files[INFO + "/RECORD"] = "".join(path + ",,\\n" for path in [*files, INFO + "/RECORD"])
    pathlib.Path("building").touch()
    go = pathlib.Path("go.txt")
    while go.exists() and not os.path.exists(go.read_text()):
        time.sleep(0.02)
    name = "prober-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name
`;

/** Tries what it should not be able to, and what it must; then puts links in the place of what is its own. */
const PROBER = `
import json, os, shutil, time
import built

def tried(work, *args):
    try:
        work(*args)
        return "done"
    except OSError as error:
        return error.strerror

def read(path):
    os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1)

def write(path):
    with open(path, "a") as file:
        file.write("prober\\n")

orders = json.loads(os.environ["ORDERS"])
environment = os.environ["VIRTUAL_ENV"]
report = {
    "user": [os.getuid(), os.getgid()],
    "built": [built.BY, built.HOME],
    "read": {path: tried(read, path) for path in orders["read"]},
    "changed": {
        "file": tried(write, built.__file__),
        "folder": tried(write, environment + "/planted"),
        "mode": tried(os.chmod, environment, 0o777),
    },
    "own": {path: tried(write, path) for path in ["here.txt", os.environ["HOME"] + "/home.txt", "state.json", "/dev/stdout"]},
}
os.remove("state.json")
os.symlink(orders["key"], "state.json")
if not os.path.islink("pack"):
    shutil.rmtree("pack")
    os.symlink(os.path.dirname(orders["key"]), "pack")
with open("report.new", "w") as file:
    json.dump(report, file)
os.rename("report.new", "report.json")
time.sleep(3600)
`;

const PROBER_FILES = {
  'pyproject.toml':
    '[project]\nname = "prober"\nversion = "1.0"\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
  'backend.py': BACKEND,
  'main.py': PROBER,
  'state.json': 'brought\n',
  'pack/admin.key': 'mine\n',
};

interface Report {
  user: number[];
  built: [number, string];
  read: Record<string, string>;
  changed: Record<string, string>;
  own: Record<string, string>;
}

let slipway: Slipway;
let tools: string;
let victim: StatusBody;
let prober: StatusBody;
let report: Report;

const at = () => layout(slipway.dataDir);
const inRelease = (service: string, { release }: StatusBody, name: string): string =>
  join(releaseDir(at(), service, release!), name);

async function write(folder: string, files: Record<string, string>): Promise<string> {
  await Promise.all(
    Object.entries(files).map(async ([path, text]) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }),
  );
  return folder;
}

async function deploy(
  service: string,
  mode: string,
  files: Record<string, string>,
  config: object = {},
): Promise<StatusBody> {
  const source = { type: 'directory', path: await write(join(slipway.sources, service), files) };
  const ended = await slipway.run({ mode, config: { source, service, health_check: { min_uptime: 0.3 }, ...config } });
  about(JSON.stringify(ended.error), () => {
    expect(ended).toMatchObject({ status: 'completed', active_mode: mode });
  });
  return ended;
}

async function restart(service: string): Promise<void> {
  const { body: accepted } = await slipway.call<{ command_id: string; events_url: string }>(
    `/api/services/${service}/restart`,
    { body: {} },
  );
  await eventually(
    async () => {
      const { body } = await slipway.call<{ event_type: string; metadata: { command_id?: string } }[]>(
        accepted.events_url,
      );
      return body.some(
        (event) => event.event_type === 'command_completed' && event.metadata.command_id === accepted.command_id,
      );
    },
    { timeoutMs: 30_000 },
  );
}

const starts = (): string => readFileSync(join(serviceData(at(), 'victim'), 'notes/starts.txt'), 'utf8');

/** Users of all files below a folder, and of itself. */
function owners(folder: string): number[] {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
    join(entry.parentPath, entry.name),
  );
  return [...new Set([folder, ...paths].map((path) => statSync(path).uid))];
}

describeIf(missing === undefined)('a separate user for apps', () => {
  beforeAll(async () => {
    tools = mkdtempSync(join(tmpdir(), 'slipway-tools-'));
    chmodSync(tools, 0o755);
    copyFileSync(uvProgram(), join(tools, 'uv'));
    slipway = await Slipway.start({ PATH: `/usr/bin:/bin:${tools}` });
    victim = await deploy('victim', 'fallback', { 'main.py': KEEPER_OF_NOTES }, { persist: ['notes/'] });
    await eventually(() => starts() === 'a start as 0\n');
    await slipway.down();
    slipway.env['SLIPWAY_APP_USER'] = 'nobody';
    await slipway.up();
  });
  afterAll(async () => {
    await slipway.remove();
    rmSync(tools, { recursive: true });
  });

  it('a service from before the setting restarts as the app user with its data', async () => {
    await restart('victim');
    await eventually(() => starts() === 'a start as 0\na start as 65534\n');
    expect(owners(releaseDir(at(), 'victim', victim.release!))).toEqual([NOBODY]);
  });

  it('installs, release commands and apps run as the app user and can write their own files', async () => {
    const variables = { TOKEN: 'the-secret-of-another' };
    victim = await deploy(
      'victim',
      'fallback',
      { 'main.py': `${KEEPER_OF_NOTES}#` },
      { persist: ['notes/'], environment_variables: variables },
    );
    const [pid] = await eventually(() => slipway.appProcesses('victim').length > 0 && slipway.appProcesses('victim'));
    expect(readProc(pid!, 'environ')).toContain(variables.TOKEN);
    const { root, adminKey, keys, secretKey, callbackSecret, auditLog, startState, temporalDatabase } = at();
    const { releases, environments, homes, data, temporary, logs, instances, uploads, locks } = at();
    const files = [
      adminKey,
      keys,
      secretKey,
      callbackSecret,
      auditLog,
      startState,
      temporalDatabase,
      `${temporalDatabase}-wal`,
    ];
    const folders = [root, releases, environments, homes, data, temporary, logs, instances, uploads, locks];
    const others = [
      releaseDir(at(), 'victim', victim.release!),
      serviceHome(at(), 'victim'),
      serviceData(at(), 'victim'),
    ];
    const key = readdirSync(environments).filter((name) => (statSync(environmentDir(at(), name)).mode & 0o7) === 0);
    expect(key).toHaveLength(1);
    const read = [
      ...files.filter((path) => existsSync(path)),
      ...folders,
      ...others,
      ...key.map((name) => environmentDir(at(), name)),
      `/proc/${pid}/environ`,
    ];
    prober = await deploy('prober', 'uv', PROBER_FILES, {
      persist: ['state.json'],
      release_command: 'id -u > released.txt',
      environment_variables: { ORDERS: JSON.stringify({ read, key: adminKey }) },
    });
    const told = inRelease('prober', prober, 'report.json');
    await eventually(() => existsSync(told));
    report = JSON.parse(readFileSync(told, 'utf8')) as Report;
    expect(report.user[0]).toBe(NOBODY);
    expect(report.built).toEqual([NOBODY, serviceHome(at(), 'prober')]);
    expect(readFileSync(inRelease('prober', prober, 'released.txt'), 'utf8')).toBe('65534\n');
    about(JSON.stringify(report.own), () => {
      expect(new Set(Object.values(report.own))).toEqual(new Set(['done']));
    });
    expect(Object.keys(report.read)).toEqual(read);
  });

  it('the process that parses projects runs as the app user and can’t gain privileges', () => {
    const { worker } = slipway.ready.pids;
    const children = readFileSync(`/proc/${worker}/task/${worker}/children`, 'utf8').trim().split(' ');
    const parser = children.find((pid) => readProc(Number(pid), 'cmdline').includes('parser/child.js'));
    const status = readProc(Number(parser), 'status');
    expect(status).toMatch(/^Uid:\s+65534\s+65534\s+65534\s+65534$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
  });

  it('an app can’t read the files of Slipway or of other services', () => {
    expect(Object.entries(report.read).filter(([, result]) => result !== 'Permission denied')).toEqual([]);
  });

  it('an app can’t change its environment', () => {
    expect(report.changed).toEqual({
      file: 'Permission denied',
      folder: 'Permission denied',
      mode: 'Operation not permitted',
    });
    expect(readdirSync(at().environments).flatMap((name) => owners(environmentDir(at(), name)))).not.toContain(NOBODY);
  });

  it('symlinks that an app creates in place of its own files don’t expose the admin key', async () => {
    await restart('prober');
    await slipway.run({
      mode: 'uv',
      force_rebuild: true,
      config: { service: 'prober', persist: ['state.json'], health_check: { min_uptime: 0.3 } },
    });
    const secret = slipway.adminKey;
    const folders = [at().releases, at().data, at().homes, at().environments, at().temporary];
    const files = folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    );
    expect(files.filter((path) => readFileSync(path, 'utf8').includes(secret))).toEqual([]);
    expect(readFileSync(join(serviceData(at(), 'prober'), 'state.json'), 'utf8')).toMatch(/^brought\nprober\n/);
    expect(statSync(at().adminKey).uid).toBe(0);
  });

  it('deployments complete without leftovers after the worker is killed during an install and during a change of file owner', async () => {
    const begin = async (service: string, files: Record<string, string>): Promise<string> => {
      const source = { type: 'directory', path: await write(join(slipway.sources, service), files) };
      const config = { source, service, command: 'sleep 600', health_check: { min_uptime: 0.3 } };
      return (await slipway.deploy({ mode: 'uv', config })).deployment_id;
    };
    const go = join(slipway.home, 'go');
    const installing = await begin('slow', { ...PROBER_FILES, 'go.txt': go });
    await eventually(() => isBuilding('slow'));
    const handedOver = await begin('many', {
      'main.py': '',
      ...Object.fromEntries(Array.from({ length: 12_000 }, (_, index) => [`many/${index}.py`, ''])),
    });
    await eventually(isHandedOver, { timeoutMs: 30_000, mostMs: 5 });
    process.kill(slipway.ready.pids.worker, 'SIGKILL');
    writeFileSync(go, '');
    for (const id of [handedOver, installing]) {
      const ended = await slipway.ended(id);
      about(JSON.stringify(ended.error), () => {
        expect(ended).toMatchObject({ status: 'completed' });
      });
      expect(owners(releaseDir(at(), ended.service!, ended.release!))).toEqual([NOBODY]);
    }
    expect(readdirSync(at().temporary)).toEqual([]);
    expect(readdirSync(at().environments).flatMap((name) => owners(environmentDir(at(), name)))).not.toContain(NOBODY);
  });

  it.each(['fallback', 'uv'])(
    'in mode %s, a second deployment reuses the environment, and a cancelled deployment keeps the environment of the active release',
    async (mode) => {
      const service = `twice-${mode}`;
      const go = join(slipway.home, `go-${mode}`);
      writeFileSync(go, '');
      const files = { ...PROBER_FILES, 'main.py': KEEPER_OF_NOTES, 'go.txt': go };
      const config = { persist: ['notes/'], environment_variables: { COUNT: { value: 'one', secret: false } } };
      await deploy(service, mode, files, config);
      config.environment_variables.COUNT.value = 'two';
      const second = await deploy(service, mode, files, config);
      const log = await slipway.logs(second.deployment_id);
      expect(log).toContain('the environment is there already');
      expect(log).not.toContain('made again');

      const environment = environmentOf(service);
      moveScripts(environment);
      rmSync(go);
      config.environment_variables.COUNT.value = 'three';
      const source = { type: 'directory', path: join(slipway.sources, service) };
      const { deployment_id: third } = await slipway.deploy({ mode, config: { source, service, ...config } });
      await eventually(() => isBuilding(service), { timeoutMs: 60_000 });
      await slipway.call(`/api/deployments/${third}/cancel`, { body: {} });
      expect(await slipway.ended(third)).toMatchObject({ status: 'cancelled' });
      expect(await slipway.logs(third)).toContain('is left alone, and not used');
      expect(existsSync(environment)).toBe(true);
      await restart(service);
    },
  );

  it('folders of a service are closed to all other users', () => {
    const open = [at().releases, at().homes, at().data].flatMap((folder) =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => !entry.isSymbolicLink()) // one to data leads through the folder that closes it
        .map(({ name }) => join(folder, name))
        .filter((path) => (statSync(path).mode & 0o7) !== 0),
    );
    expect(open).toEqual([]);
  });
});

/** The build backend has begun. */
const isBuilding = (service: string): boolean =>
  readdirSync(at().temporary).some((attempt) => existsSync(join(at().temporary, attempt, service, 'building')));

/** Of its running app. */
function environmentOf(service: string): string {
  const [pid] = slipway.appProcesses(service);
  const entries = readProc(pid!, 'environ').split('\0');
  return entries.find((entry) => entry.startsWith('VIRTUAL_ENV='))!.slice('VIRTUAL_ENV='.length);
}

/** As after a move of the data folder: its scripts name an interpreter that is elsewhere. */
function moveScripts(environment: string): void {
  const bin = join(environment, 'bin');
  for (const entry of readdirSync(bin, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(bin, entry.name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(environment, `/moved/${basename(environment)}`));
  }
}

/** Some of a release is the user's, and the release itself is not yet. */
function isHandedOver(): boolean {
  const releases = join(at().releases, 'many');
  if (!existsSync(releases)) return false;
  return readdirSync(releases).some((name) => {
    const many = join(releases, name, 'many');
    if (!existsSync(many)) return false;
    const [first = ''] = readdirSync(many); // the first that changes hands
    return statSync(join(many, first)).uid === NOBODY && statSync(join(releases, name)).uid === 0;
  });
}
