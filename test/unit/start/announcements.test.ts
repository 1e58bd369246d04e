import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readConfig } from '../../../src/config.js';
import { layout, type Layout } from '../../../src/contract/layout.js';
import { announcementsFor, isNewDataFolder, markAnnounced } from '../../../src/start/announcements.js';

let at: Layout;
beforeEach(() => {
  at = layout(mkdtempSync(join(tmpdir(), 'slipway-announced-')));
});
afterEach(() => {
  rmSync(at.root, { recursive: true });
});

it('a new installation gets no announcements', async () => {
  expect(await isNewDataFolder(at)).toBe(true);
  expect(await announcementsFor(readConfig({}), at, true)).toEqual([]);
});

it('an installation of an earlier version gets announcements about changes once', async () => {
  writeFileSync(at.hostId, 'box-1');
  expect(await isNewDataFolder(at)).toBe(false);
  const config = readConfig({ PIP_INDEX_URL: 'https://a/', UV_PUBLISH_TOKEN: 't' });
  const sentences = await announcementsFor(config, at, false);
  expect(sentences.join('\n')).toContain(`TEMPORAL_CONFIG_FILE=${at.temporalProfile}`);
  expect(sentences.join('\n')).toContain('Builds no longer get UV_PUBLISH_TOKEN.');
  await markAnnounced(at);
  expect(await announcementsFor(config, at, false)).toEqual([]);
});

it('announcements about changes that don’t affect the installation are omitted', async () => {
  const config = readConfig({ SLIPWAY_MODES: 'uv', TEMPORAL_ADDRESS: 'temporal.example.com:7233' });
  const text = (await announcementsFor(config, at, false)).join('\n');
  expect(text).not.toMatch(/containers|certificate|Builds/);
});
