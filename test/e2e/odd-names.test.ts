// Files that an app gave names of no text: an upload whose name came in Latin-1 is enough.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { layout, serviceData, serviceHome } from '../../src/contract/layout.js';
import { DockerStage, missing } from '../support/docker-stage.js';
import { eventually } from '../support/eventually.js';
import { about } from '../support/jest/about.js';
import { below } from '../support/odd-names.js';
import type { Slipway } from '../support/slipway.js';

const ODD = Buffer.from([0x63, 0xe9, 0xff]);

/** Adds a letter to an upload, and to a file of a folder that it saves whole; the folder takes the place of the link. */
const APP = `
import os, time
ODD = b"c\\xe9\\xff"
home = os.environ["HOME"].encode()
if os.access(home, os.W_OK):
    os.makedirs(home + b"/" + ODD, exist_ok=True)
    open(home + b"/" + ODD + b"/odd\\xff\\xfe", "w").close()
with open(b"uploads/" + ODD, "ab") as upload:
    upload.write(b"s")
saved = open(b"saved/" + ODD, "rb").read() if os.path.exists(b"saved/" + ODD) else b""
os.unlink("saved")
os.mkdir("saved")
with open(b"saved/" + ODD, "wb") as file:
    file.write(saved + b"s")
print("up", flush=True)
time.sleep(3600)
`;
const CONFIG = { persist: ['uploads/', 'saved/'], health_check: { min_uptime: 0.5 } };

let stage: DockerStage;
let slipway: Slipway;
beforeAll(async () => {
  stage = await DockerStage.open();
  ({ slipway } = stage);
});
afterAll(() => stage.close());

let version = 0;
async function deploy({ name, source }: ReturnType<DockerStage['project']>, mode: string): Promise<void> {
  version += 1;
  writeFileSync(join(slipway.sources, name, 'version.txt'), `${version}`);
  const ended = await slipway.run({ mode, config: { source, service: name, ...CONFIG } });
  about(JSON.stringify(ended.error), () => {
    expect(ended).toMatchObject({ status: 'completed', active_mode: mode });
  });
}

async function stopped(service: string): Promise<void> {
  const { status } = await slipway.call(`/api/services/${service}/stop`, { body: {} });
  expect(status).toBe(202);
  await eventually(async () => (await slipway.service(service)).status === 'stopped', { timeoutMs: 60_000 });
}

/** Whole, once the app has ended. */
const kept = (service: string): string[] =>
  ['uploads', 'saved'].map((folder) =>
    readFileSync(below(serviceData(layout(slipway.dataDir), service), folder, ODD), 'utf8'),
  );

describe('file names that aren’t UTF-8', () => {
  it.each(missing === undefined ? ['fallback', 'docker'] : ['fallback'])(
    'files with names that aren’t UTF-8 are persisted across deployments and purged (mode %s)',
    async (mode) => {
      const app = stage.project({ 'main.py': APP, 'requirements.txt': '' });
      await deploy(app, mode);
      await deploy(app, mode);
      await stopped(app.name);
      expect(kept(app.name)).toEqual(['ss', 'ss']);
      await deploy(app, 'fallback');
      await stopped(app.name);
      expect(kept(app.name)).toEqual(['sss', 'sss']);

      const at = layout(slipway.dataDir);
      const left = [serviceHome(at, app.name), serviceData(at, app.name)];
      expect(readdirSync(left[0]!, 'latin1')).toContain(ODD.toString('latin1'));
      const { status } = await slipway.call(`/api/services/${app.name}?purge=true`, { method: 'DELETE' });
      expect([202, 204]).toContain(status);
      await eventually(() => left.every((path) => !existsSync(path)), { timeoutMs: 60_000 });
      await eventually(async () => (await slipway.call(`/api/services/${app.name}`)).status === 404);
    },
  );
});

it('a source with a folder name that isn’t UTF-8 is refused and leaves no temporary files', async () => {
  const app = stage.project({ 'main.py': APP, 'requirements.txt': '' });
  mkdirSync(below(app.source.path, ODD));
  const { error } = await slipway.run({ mode: 'fallback', config: { source: app.source, service: app.name } });
  expect(error).toMatchObject({ code: 'source_invalid', message: expect.stringContaining('c\\xe9\\xff') });
  expect(readdirSync(layout(slipway.dataDir).temporary)).toEqual([]);
});
