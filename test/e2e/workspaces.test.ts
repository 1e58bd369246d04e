// Members of a uv workspace, as an app lives: where it runs, what it keeps, and what is told from another.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { layout, serviceData } from '../../src/contract/layout.js';
import { writeFiles } from '../support/activity-host.js';
import { eventually } from '../support/eventually.js';
import { Slipway } from '../support/slipway.js';
import { workspaceFiles } from '../support/workspace.js';

const COUNTS = `import os, pathlib, shared, time
state = pathlib.Path("state.txt")
runs = state.read_text() if state.exists() else ""
state.write_text(runs + "x")
print("told", shared.TEXT, os.path.basename(os.getcwd()), len(runs), flush=True)
time.sleep(3600)
`;

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

it('a workspace member runs and persists files in its own folder, and another member replaces it as a different app', async () => {
  const path = join(slipway.sources, 'mono');
  await writeFiles(path, { ...workspaceFiles(), 'services/bot/main.py': COUNTS });
  const deploy = (subdirectory: string, more: object = {}) =>
    slipway.run({
      mode: 'uv',
      config: {
        service: 'member',
        source: { type: 'directory', path, subdirectory },
        command: 'python main.py',
        persist: ['state.txt'],
        health_check: { min_uptime: 0 },
        ...more,
      },
    });
  const logOf = async (): Promise<string> => (await slipway.call('/api/services/member/logs')).text;

  const first = await deploy('services/bot');
  expect(first).toMatchObject({ status: 'completed' });
  await eventually(async () => (await logOf()).includes('told first bot 0'));
  expect(await deploy('services/bot')).toMatchObject({ status: 'completed', changed: false });

  await writeFiles(path, { 'packages/shared/src/shared/__init__.py': 'TEXT = "second"\n' });
  expect(await deploy('services/bot')).toMatchObject({ status: 'completed' });
  await eventually(async () => (await logOf()).includes('told second bot 1'));
  expect(existsSync(join(serviceData(layout(slipway.dataDir), 'member'), 'state.txt'))).toBe(true);

  const rolled = await slipway.call('/api/services/member/rollback', { method: 'POST', body: {} });
  expect(rolled.status).toBe(202);
  await eventually(async () => (await logOf()).includes('told first bot 2'));

  const other = await deploy('services/other', { persist: [], command: 'python main.py && sleep 3600' });
  expect(other).toMatchObject({ status: 'completed' });
  await eventually(async () => (await logOf()).includes('other'));
});
