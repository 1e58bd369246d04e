import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { faultOf } from '../../../src/activities/environment-test.js';
import { serviceGroup } from '../../../src/activities/ports/service-group.js';
import { environmentDir, layout } from '../../../src/contract/layout.js';
import { below } from '../../support/odd-names.js';
import { hostIn, makeHost, writeFiles, type ActivityHost } from '../../support/activity-host.js';
import { itIf } from '../../support/jest/conditions.js';
import { onTestFinished } from '../../support/jest/test-end.js';

const NOBODY = { name: 'nobody', uid: 65_534, groups: [65_534] };
const SYSTEM_PYTHON = '/usr/bin/python3';

describe('checks of a built environment', () => {
  const fault = ({ ports, settings }: ActivityHost, environment: string): Promise<string | undefined> =>
    faultOf(ports, settings, { environment, service: 'shop' }, new AbortController().signal);

  /** With a real interpreter, and these scripts. */
  async function madeOn(host: ActivityHost, scripts: Record<string, string> = {}): Promise<string> {
    const environment = environmentDir(host.at, 'uv-hostile');
    mkdirSync(join(environment, 'bin'), { recursive: true });
    symlinkSync(SYSTEM_PYTHON, join(environment, 'bin', 'python'));
    await writeFiles(join(environment, 'bin'), scripts);
    return environment;
  }

  itIf(process.getuid?.() === 0)(
    'an environment is checked as the app user with the group of its service, so an environment of another group is faulty',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'slipway-passed-'));
      onTestFinished(() => {
        rmSync(folder, { recursive: true });
      });
      const host = await hostIn(folder);
      const environment = await madeOn(host);
      for (const passed of [folder, host.at.root, host.at.environments]) chmodSync(passed, 0o711);
      const asNobody = { ...host, settings: { ...host.settings, appUser: NOBODY } };
      await host.ports.disk.guard(environment, 0o750, serviceGroup(layout(host.at.root), 'shop'));
      expect(await fault(asNobody, environment)).toBeUndefined();
      await host.ports.disk.guard(environment, 0o750, serviceGroup(layout(host.at.root), 'another'));
      expect(await fault(asNobody, environment)).toBe('its interpreter does not run');
    },
  );

  test('an environment whose bin folder is a symlink is faulty', async () => {
    const host = await makeHost();
    const environment = await madeOn(host);
    const elsewhere = join(host.folder, 'elsewhere');
    renameSync(join(environment, 'bin'), elsewhere);
    symlinkSync(elsewhere, join(environment, 'bin'));
    expect(await fault(host, environment)).toBe('its bin is no folder');
  });

  test('the check of an environment reads no symlinks or FIFOs and isn’t blocked by large files', async () => {
    const host = await makeHost();
    const foreign = `#!/foreign/uv-hostile/bin/python\n`;
    const outside = join(host.folder, 'outside');
    writeFileSync(outside, foreign);
    const environment = await madeOn(host, { large: '', late: `${'\0'.repeat(64 * 1024)}\n${foreign}` });
    const bin = join(environment, 'bin');
    truncateSync(join(bin, 'large'), 1024 ** 4);
    execFileSync('mkfifo', [join(bin, 'fifo')]);
    writeFileSync(below(bin, Buffer.from([0x21, 0xff])), ''); // a name that is not UTF-8
    symlinkSync('/dev/zero', join(bin, 'zero'));
    symlinkSync(outside, join(bin, 'link'));
    expect(await fault(host, environment)).toBeUndefined();
    await writeFiles(bin, { tool: foreign });
    expect(await fault(host, environment)).toBe('its programs are run by /foreign/uv-hostile/bin/python');
  });
});
