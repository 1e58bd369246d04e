import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StatusBody } from '../../src/contract/views.js';
import { layout, releaseDir, serviceData } from '../../src/contract/layout.js';
import { DockerStage, missing, type Project } from '../support/docker-stage.js';
import { BASE_IMAGE } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { about } from '../support/jest/about.js';
import { itIf } from '../support/jest/conditions.js';
import type { Slipway } from '../support/slipway.js';
import { startByHand } from '../support/temporal-cli.js';

/** Counts its starts in a database with a journal, in a file that it replaces, and in a file of a folder. */
const BOT = `
import json, os, sqlite3, time

url = os.environ["DATABASE_URL"]
database = sqlite3.connect(url.split("///")[1].split("?")[0], isolation_level=None)
assert database.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
database.execute("CREATE TABLE IF NOT EXISTS starts (at REAL)")
database.execute("INSERT INTO starts VALUES (?)", (time.time(),))
state = json.load(open("state.json")) if os.path.exists("state.json") else {"starts": 0}
with open("state.json.tmp", "w") as file:
    json.dump({"starts": state["starts"] + 1}, file)
os.replace("state.json.tmp", "state.json")
assert not os.path.islink("state.json")
with open("notes/starts.txt", "a") as file:
    file.write("a start\\n")
print("up", open("words/greeting.txt").read().strip(), flush=True)
time.sleep(3600)
`;
const CONFIG = {
  persist: ['state.json', 'notes/', './words'],
  environment_variables: { DATABASE_URL: 'sqlite+aiosqlite:///./bot.db?timeout=5' },
  health_check: { min_uptime: 0.5 },
};

let stage: DockerStage;
let slipway: Slipway;
let bot: Project;
beforeAll(async () => {
  stage = await DockerStage.open();
  ({ slipway } = stage);
  bot = stage.project({ 'main.py': BOT, 'requirements.txt': '', 'words/greeting.txt': 'hello' });
});
afterAll(() => stage.close());

const dataOf = (service: string): string => serviceData(layout(slipway.dataDir), service);

/** All three counters of the bot; the database is read with what its journal holds. */
function starts(service: string): number[] {
  const data = dataOf(service);
  const count =
    'import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM starts").fetchone())';
  const lines = readFileSync(join(data, 'notes/starts.txt'), 'utf8').trim().split('\n').length;
  return [Number(execFileSync('python3', ['-c', count, join(data, 'bot.db')], { encoding: 'utf8' })), lines];
}
const replacedCount = (service: string): number =>
  (JSON.parse(readFileSync(join(dataOf(service), 'state.json'), 'utf8')) as { starts: number }).starts;

let version = 0;
async function deploy(project: Project, mode: string, config: object = CONFIG): Promise<StatusBody> {
  version += 1;
  writeFileSync(join(slipway.sources, project.name, 'version.txt'), `${version}`);
  const ended = await slipway.run({ mode, config: { source: project.source, service: project.name, ...config } });
  about(JSON.stringify(ended.error), () => {
    expect(ended).toMatchObject({ status: 'completed', active_mode: mode });
  });
  return ended;
}

async function command(service: string, name: string, body: object = {}): Promise<void> {
  const { body: accepted } = await slipway.call<{ command_id: string; events_url: string }>(
    `/api/services/${service}/${name}`,
    { body },
  );
  const event = await eventually(
    async () =>
      (await slipway.call<{ event_type: string; metadata: { command_id?: string } }[]>(accepted.events_url)).body.find(
        ({ metadata }) => metadata.command_id === accepted.command_id,
      ),
    { timeoutMs: 60_000 },
  );
  expect(event.event_type).toBe('command_completed');
}

/** The count of what the app replaces is the data's once it has ended: it is one behind while the app runs. */
async function expectStarts(count: number): Promise<void> {
  await eventually(() => starts(bot.name).every((seen) => seen === count));
  await command(bot.name, 'stop');
  expect([...starts(bot.name), replacedCount(bot.name)]).toEqual([count, count, count]);
}

const modes = missing === undefined ? ['uv', 'docker'] : ['uv'];

describe('persisted paths of a bot', () => {
  it('persisted files survive deployments and a rollback', async () => {
    const first = await deploy(bot, 'uv');
    expect((await slipway.service(bot.name)).persist).toEqual(['bot.db', 'notes', 'state.json', 'words']);
    expect(readFileSync(join(dataOf(bot.name), 'words/greeting.txt'), 'utf8')).toBe('hello');
    await deploy(bot, 'uv');
    await command(bot.name, 'rollback', { release: first.deployment_id });
    await expectStarts(3);
    expect(readdirSync(dataOf(bot.name)).filter((name) => name.includes('slipway'))).toEqual([]);
  });

  it('a deployment without the persisted paths of its service is refused with an error that lists the paths', async () => {
    const config = { service: bot.name, environment_variables: { BOT_URL: 'sqlite:///bot.db' } };
    const paths = 'notes, state.json, words';
    const refused = await slipway.call<{ errors: object[] }>('/api/deployments', {
      body: { mode: 'uv', config },
      headers: { 'Accept-Language': 'en' },
    });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'config.persist' }] } });
    expect(refused.text).toContain(paths);
    const batch = await slipway.call('/api/deployments/batch', { body: { deployments: [{ mode: 'uv', config }] } });
    expect(batch).toMatchObject({ status: 422, body: { errors: [{ path: 'deployments.0.config.persist' }] } });
    await startByHand(slipway, 'forgetful', { mode: 'uv', config: { service: bot.name } });
    const { error } = await slipway.ended('forgetful');
    expect(error).toMatchObject({ code: 'invalid', message: expect.stringContaining('bot.db, ') });
    expect((await slipway.service(bot.name)).persist).toContain('notes');
  });

  it('a later release doesn’t replace a persisted file', async () => {
    writeFileSync(join(slipway.sources, bot.name, 'words/greeting.txt'), 'good evening');
    await deploy(bot, 'uv');
    expect(readFileSync(join(dataOf(bot.name), 'words/greeting.txt'), 'utf8')).toBe('hello');
    await expectStarts(4);
  });

  it('persisted files survive a change of the mode', async () => {
    await deploy(bot, 'fallback');
    await expectStarts(5);
  });

  itIf(missing === undefined)('persisted files survive a change to containers and back', async () => {
    await deploy(bot, 'docker');
    await expectStarts(6);
    await command(bot.name, 'start');
    await deploy(bot, 'docker');
    await expectStarts(8);
    await deploy(bot, 'uv');
    await expectStarts(9);
  });

  it('redeploying the kept source is a no-op, and a path that is no longer persisted gets the file of the source', async () => {
    await deploy(bot, 'uv');
    const again = await slipway.run({ mode: 'uv', config: { service: bot.name, ...CONFIG } });
    expect(again).toMatchObject({ status: 'completed', changed: false });
    const forced = await slipway.run({ mode: 'uv', force_rebuild: true, config: { service: bot.name, ...CONFIG } });
    expect(forced).toMatchObject({ status: 'completed', changed: true });
    const other = await slipway.run({
      mode: 'uv',
      config: { service: bot.name, ...CONFIG, persist: ['notes', 'state.json'] },
    });
    about(JSON.stringify(other.error), () => {
      expect(other).toMatchObject({ status: 'completed', changed: true });
    });
    const words = join(releaseDir(layout(slipway.dataDir), bot.name, other.deployment_id), 'words/greeting.txt');
    expect(readFileSync(words, 'utf8')).toBe('good evening');
  });

  const moments = modes.flatMap((mode) =>
    (['prepare', 'configure', 'start'] as const).map((step) => [mode, step] as const),
  );
  it.each(moments)('persisted files survive a kill of the worker (mode %s, step %s)', async (mode, step) => {
    await command(bot.name, 'stop');
    const [before] = starts(bot.name);
    writeFileSync(join(slipway.sources, bot.name, 'version.txt'), `${mode} ${step}`);
    const { deployment_id: id } = await slipway.deploy({
      mode,
      config: { source: bot.source, service: bot.name, ...CONFIG, release_command: 'sleep 1' },
    });
    await slipway.untilStep(id, step);
    process.kill(slipway.ready.pids.worker, 'SIGKILL');
    expect(await slipway.ended(id)).toMatchObject({ status: 'completed' });
    await eventually(() => starts(bot.name)[0]! > before!);
    await command(bot.name, 'stop');
    const [inDatabase, inFolder] = starts(bot.name);
    expect([inFolder, replacedCount(bot.name)]).toEqual([inDatabase, inDatabase]);
  });
});

/** Saves its visits by a rename, and shows what it began with. */
const PAGE = `
import json, os
from http.server import BaseHTTPRequestHandler, HTTPServer

begun = json.load(open("visits.json")) if os.path.exists("visits.json") else 0
visits = begun

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        global visits
        if self.path == "/visit":
            visits += 1
            with open("visits.tmp", "w") as file:
                json.dump(visits, file)
            os.replace("visits.tmp", "visits.json")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(begun).encode())

HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
`;

describe('persisted files of a web app', () => {
  it.each(modes)('a new instance gets the file that the old instance replaced by a rename (%s)', async (mode) => {
    const page = stage.project({ 'main.py': PAGE, 'requirements.txt': '' });
    const config = { process: 'web', command: 'python main.py', persist: ['visits.json'] };
    const first = await deploy(page, mode, config);
    for (let visit = 0; visit < 3; visit += 1) await fetch(`${first.url!}/visit`);
    const second = await deploy(page, mode, config);
    expect(await (await fetch(second.url!)).text()).toBe('3');
    await fetch(`${second.url!}/visit`);
    await command(page.name, 'restart');
    const { url } = await slipway.service(page.name);
    expect(await (await fetch(url!)).text()).toBe('4');
  });
});

itIf(missing === undefined)(
  'a persisted folder that the image declares as a volume keeps its files across deployments',
  async () => {
    const app = stage.project({
      'main.py':
        'import time\nfor name in ("data/x", "data/deep/x", "files/cache/x"): open(name, "a").write("s")\nprint("up", flush=True)\ntime.sleep(3600)',
      Dockerfile: `FROM ${BASE_IMAGE}\nWORKDIR /app\nCOPY main.py .\nRUN mkdir -p data/deep files/cache && touch data/brought\nVOLUME /app/data /app/data/deep/ /app/files/cache\nCMD ["python3", "main.py"]\n`,
    });
    const config = { persist: ['data', 'files'], health_check: { min_uptime: 0.5 } };
    await deploy(app, 'docker', config);
    await deploy(app, 'docker', { ...config, environment_variables: { AGAIN: '1' } });
    for (const name of ['data/x', 'data/deep/x', 'files/cache/x'])
      expect(readFileSync(join(dataOf(app.name), name), 'utf8')).toBe('ss');
    expect(readdirSync(join(dataOf(app.name), 'data'))).toEqual(['brought', 'deep', 'x']);
  },
);

/** At its second start it puts a link in the place of its volume; at a third one it says where that has led. */
const INTRUDER = `
import os, time
if os.path.exists("data/etc"):
    open("/slipway/data/escaped", "w").close()
elif os.path.exists("data/attack"):
    os.rename("/slipway/data/data", "/slipway/data/moved")
    os.symlink("/", "/slipway/data/data")
    raise SystemExit(1)
print("up", flush=True)
while not os.path.exists("data/attack"):
    time.sleep(0.05)
raise SystemExit(1)
`;

itIf(missing === undefined)(
  'an app can’t get a host folder into its container through a symlink in place of a volume',
  async () => {
    const app = stage.project({
      'main.py': INTRUDER,
      Dockerfile: `FROM ${BASE_IMAGE}\nWORKDIR /app\nCOPY main.py .\nRUN mkdir data\nVOLUME /app/data\nCMD ["python3", "main.py"]\n`,
    });
    await deploy(app, 'docker', { persist: ['data'], health_check: { min_uptime: 0.5 } });
    writeFileSync(join(dataOf(app.name), 'data/attack'), '');
    const types = async (): Promise<string[]> =>
      (await slipway.call<{ event_type: string }[]>(`/api/services/${app.name}/events`)).body.map(
        (event) => event.event_type,
      );
    const recoveries = async (): Promise<number> =>
      (await types()).filter((type) => type === 'recovery_started').length;
    await eventually(() => lstatSync(join(dataOf(app.name), 'data')).isSymbolicLink(), { timeoutMs: 60_000 });
    const planted = await recoveries();
    const escaped = join(dataOf(app.name), 'escaped');
    const isTriedAgain = async (): Promise<boolean> =>
      (await recoveries()) >= planted + 2 || (await types()).includes('recovery_gave_up');
    await eventually(async () => existsSync(escaped) || (await isTriedAgain()), { timeoutMs: 50_000 });
    expect(existsSync(escaped)).toBe(false);
    await command(app.name, 'stop');
  },
);

/** Replaces the links to its data: by a folder with a link in it that leads away, and by a FIFO. */
const REPLACER = `
import os, time
if os.path.islink("data"):
    os.unlink("data")
    os.mkdir("data")
    os.symlink("/etc", "data/away")
    open("data/saved", "w").write("saved")
    os.unlink("pipe.txt")
    os.mkfifo("pipe.txt")
print("up", flush=True)
time.sleep(3600)
`;

itIf(missing === undefined)(
  'symlinks and a FIFO in persisted folders of a container are left out, and starts and stops complete',
  async () => {
    const app = stage.project({
      'main.py': REPLACER,
      Dockerfile: `FROM ${BASE_IMAGE}\nWORKDIR /app\nCOPY main.py .\nRUN mkdir data && ln -s /usr data/usr && ln -s ../../etc data/out && echo x > data/brought\nCMD ["python3", "main.py"]\n`,
    });
    await deploy(app, 'docker', { persist: ['data', 'pipe.txt'], health_check: { min_uptime: 0.5 } });
    expect(readdirSync(join(dataOf(app.name), 'data'))).toEqual(['brought']);
    await command(app.name, 'stop');
    expect(readdirSync(join(dataOf(app.name), 'data'))).toEqual(['saved']);
    await command(app.name, 'start');
  },
);

/** Replaces the link to its data by a folder, and goes on in there. */
const hoarder = (work: string): string => `
import os, time
if os.path.islink("/app/data"):
    os.unlink("/app/data")
    os.mkdir("/app/data")
    open("/app/data/saved", "w").write("saved")
    os.chdir("/app/data")
${work.replaceAll(/^/gm, '    ')}
print("up", flush=True)
time.sleep(3600)
`;
const DEEP = 'for _ in range(1500):\n    os.mkdir(b"d\\xff")\n    os.chdir(b"d\\xff")';
/** 15 TiB: a file system takes no larger file. */
const HOLE = 'open("hole", "w").truncate(15 << 40)';
const hoarderOf = (work: string): Project =>
  stage.project({
    'main.py': hoarder(work),
    Dockerfile: `FROM ${BASE_IMAGE}\nWORKDIR /app\nCOPY main.py .\nRUN mkdir data && cd data && for i in $(seq 900); do mkdir d; cd d; done\nCMD ["python3", "main.py"]\n`,
  });

itIf(missing === undefined)(
  'starts and stops complete with deeply nested folders in an image and in persisted data',
  async () => {
    const app = hoarderOf(DEEP);
    await deploy(app, 'docker', { persist: ['data'], health_check: { min_uptime: 0.5 } });
    const brought = readdirSync(join(dataOf(app.name), 'data'), { recursive: true });
    expect(brought).toHaveLength(99); // below `data`, which is a level itself
    const other = slipway.deploy(slipway.app('answers-200', {}, { mode: 'fallback' }));
    await command(app.name, 'stop');
    expect((await slipway.ended((await other).deployment_id)).status).toBe('completed');
    const data = join(dataOf(app.name), 'data');
    expect(readFileSync(join(data, 'saved'), 'utf8')).toBe('saved');
    expect(readdirSync(data)).toHaveLength(2);
    await command(app.name, 'start');
  },
);

itIf(missing === undefined)(
  'a persisted file larger than the disk is left out at a stop and doesn’t fill the disk',
  async () => {
    const app = hoarderOf(HOLE);
    await deploy(app, 'docker', { persist: ['data'], health_check: { min_uptime: 0.5 } });
    const { bavail, bsize } = statfsSync(slipway.dataDir);
    await command(app.name, 'stop');
    const after = statfsSync(slipway.dataDir);
    expect(bavail * bsize - after.bavail * after.bsize).toBeLessThan(1024 ** 3); // others write on this disk, too
    expect(readdirSync(join(dataOf(app.name), 'data'))).toEqual(['d']);
    await command(app.name, 'start');
  },
);

itIf(missing === undefined)('a release command in a container uses the same persisted files as the app', async () => {
  const app = stage.project({
    'main.py': 'import time\nassert open("var/ready.txt").read() == "migrated\\n"\ntime.sleep(3600)',
    'requirements.txt': '',
  });
  const migrate = 'test ! -e var/ready.txt || exit 9; echo migrated > var/ready.txt';
  await deploy(app, 'docker', {
    persist: ['var/ready.txt'],
    release_command: migrate,
    health_check: { min_uptime: 0.5 },
  });
  expect(readFileSync(join(dataOf(app.name), 'var/ready.txt'), 'utf8')).toBe('migrated\n');
});

describe('paths to persist', () => {
  it.each<[string, object, string]>([
    ['outside the app', { persist: ['data', '../x'] }, 'config.persist.1'],
    ['that are absolute', { persist: ['/etc'] }, 'config.persist.0'],
    ['that refer to the folder of the app', { persist: ['./'] }, 'config.persist.0'],
    ['that are empty', { persist: [''] }, 'config.persist.0'],
    [
      'of a database outside the app',
      { environment_variables: { DB: 'sqlite:///../bot.db' } },
      'config.environment_variables.DB',
    ],
  ])('paths %s are refused', async (_what, config, path) => {
    const answer = await slipway.call('/api/deployments', { body: slipway.app('answers-200', { ...config }) });
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid', errors: [{ path }] } });
  });

  it('a missing path becomes a folder, or a file if its name has an extension', async () => {
    const app = stage.project({
      'main.py': 'import os, time\nopen("made.txt", "w").write("x")\nassert os.path.isdir("uploads")\ntime.sleep(3600)',
      'requirements.txt': '',
    });
    await deploy(app, 'uv', { persist: ['made.txt', 'uploads'], health_check: { min_uptime: 0.5 } });
    expect(lstatSync(join(dataOf(app.name), 'made.txt')).isFile()).toBe(true);
    expect(lstatSync(join(dataOf(app.name), 'uploads')).isDirectory()).toBe(true);
    expect(statSync(slipway.dataDir).mode & 0o777).toBe(0o700);
  });

  it('a deployment fails with the path of a file that takes the place of a persisted folder', async () => {
    const app = stage.project({
      'main.py': 'import time\ntime.sleep(3600)',
      'requirements.txt': '',
      uploads: 'a file',
    });
    const ended = await slipway.run({ mode: 'uv', config: { source: app.source, persist: ['uploads/pictures'] } });
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'source_invalid' } });
    expect(ended.error?.message).toContain('uploads/pictures');
  });
});
