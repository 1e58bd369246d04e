// The guides to Compose and systemd agree with docker-compose.yml and the units. test/production runs their commands.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../../src/config.js';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const COMPOSE_PAGE = read('docs/how-to/run-with-compose.md');
const SYSTEMD_PAGE = read('docs/how-to/run-with-systemd.md');
const COMPOSE = read('docker-compose.yml');

/** From the line of this key to the next empty line. */
const block = (key: string): string => COMPOSE.slice(COMPOSE.indexOf(`\n${key}:`)).split('\n\n')[0]!;

/** Names in the table of `.env`, of the rows that are settings of Slipway's own. */
function promised(): string[] {
  const rows = COMPOSE_PAGE.split('\n').filter((line) => line.startsWith('| `'));
  const own = rows.filter((row) => row.includes('as in [configuration]') || row.includes('_PROXY`'));
  return own.flatMap((row) => [...row.split(' | ')[0]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
}

describe('the guide to Compose', () => {
  it('each setting that the guide lists for .env is passed to the worker container', () => {
    const worker = `${block('x-settings')}\n${block('  worker')}`;
    const settings = promised();
    expect(settings).toEqual(expect.arrayContaining(['SLIPWAY_RETENTION_DAYS', 'SLIPWAY_PYTHON_IMAGE', 'NO_PROXY']));
    expect(settings.filter((name) => !new RegExp(`^ +${name}:( \\$\\{${name}:-|$)`, 'm').test(worker))).toEqual([]);
  });

  it('each secret of docker-compose.yml is created by the commands of the guide', () => {
    const files = [...COMPOSE.matchAll(/file: \$\{SLIPWAY_SECRETS:-\.\/deploy\/secrets\}\/(\w+)/g)].map(
      ([, name]) => name!,
    );
    expect(files).toContain('slipway_secret_keys_old');
    for (const name of files) expect(COMPOSE_PAGE).toMatch(new RegExp(`^(touch|.* >) deploy/secrets/${name}$`, 'm'));
  });
});

it('the socket unit listens on the default address and port', () => {
  const { apiHost, apiPort } = readConfig({});
  expect(read('deploy/systemd/slipway-api.socket')).toContain(`\nListenStream=${apiHost}:${apiPort}\n`);
});

describe.each(['slipway-api', 'slipway-worker'])('the unit %s', (name) => {
  const unit = read(`deploy/systemd/${name}.service`);

  it('the systemd unit loads its secrets from files that the commands of the guide create', () => {
    const named = [...unit.matchAll(/SLIPWAY_\w+_FILE=%d\/(\w+)/g)].map(([, credential]) => credential!);
    expect(named).toEqual(['secret_key', 'secret_keys_old']);
    for (const credential of named) {
      expect(unit).toContain(`LoadCredential=${credential}:/etc/slipway/${credential}\n`);
      expect(SYSTEMD_PAGE).toMatch(new RegExp(`install -m 0600 /dev/(stdin|null) /etc/slipway/${credential}$`, 'm'));
    }
  });
});
