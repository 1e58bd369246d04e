// Caddy's admin interface as a real Caddy has it, on a port and on a socket.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAdmin, type CaddyAdmin } from '../../../../../src/activities/ports/caddy/admin.js';
import { serverOf, serversOf, writeOf } from '../../../../../src/activities/ports/caddy/server.js';
import { readConfig } from '../../../../../src/config.js';
import { Caddy, caddyMissing } from '../../../../support/caddy.js';
import { describeIf } from '../../../../support/jest/conditions.js';
import { freePort } from '../../../../support/slipway.js';

const missing = caddyMissing();

describeIf(missing === undefined).each(['port', 'socket'] as const)('Caddy’s admin interface on a %s', (place) => {
  let caddy: Caddy;
  let admin: CaddyAdmin;
  beforeAll(async () => {
    caddy = await Caddy.start(place);
    admin = createAdmin(readConfig({ SLIPWAY_FRONT_ADMIN: caddy.admin }).front!.admin);
  });
  afterAll(() => caddy.remove());

  it('the configuration of Caddy is read and changed, and a change with an outdated ETag is rejected as stale', async () => {
    const { config, etag } = await admin.read();
    const server = serverOf({ port: await freePort(), upstream: 'nothing' }, '127.0.0.1');
    expect(await admin.write(writeOf(config, 'mine', server), etag)).toBe('written');
    expect(await admin.remove('/config/apps/http/servers/mine', etag)).toBe('stale');
    const now = await admin.read();
    expect(serversOf(now.config)).toEqual({ mine: server });
    expect(await admin.remove('/config/apps/http/servers/mine', now.etag)).toBe('written');
  });

  it('a configuration that Caddy can’t run is refused with Caddy’s reason', async () => {
    const { config, etag } = await admin.read();
    const written = await admin.write(writeOf(config, 'wrong', { listen: ['127.0.0.1:no-port'] }), etag);
    expect(typeof written === 'object' && written.refused).toContain('no-port');
  });
});

describe('SLIPWAY_FRONT_ADMIN', () => {
  it.each([
    ['http://127.0.0.1:2019', { address: 'http://127.0.0.1:2019', socketPath: undefined }],
    ['unix//run/caddy/admin.sock', { address: 'unix//run/caddy/admin.sock', socketPath: '/run/caddy/admin.sock' }],
  ])('the admin address %s is parsed', (value, admin) => {
    expect(readConfig({ SLIPWAY_FRONT_ADMIN: value }).front?.admin).toEqual(admin);
  });

  it.each([
    'https://127.0.0.1:2019',
    'unix/run/caddy/admin.sock',
    'unix:///run/caddy/admin.sock',
    'unix//run/caddy/admin.sock|0660',
    '/run/caddy/admin.sock',
    '127.0.0.1:2019',
  ])('the admin address %s is refused', (value) => {
    expect(() => readConfig({ SLIPWAY_FRONT_ADMIN: value })).toThrow(/SLIPWAY_FRONT_ADMIN: must be a socket such as/);
  });
});
