// Finds the Slipway to call: the configured one, else the one with the nearest data folder. A folder that was found may
// belong to somebody else, so the key is sent only to an address of this host.
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import type { DescribedSetting } from '../config.js';
import { layout } from '../contract/layout.js';
import { CliError, reasonOf } from './errors.js';

export interface Wanted {
  url?: string;
  key?: string;
  dataDir?: string;
  cwd: string;
  /** The data folder of an installed Slipway, which is used if there is no nearer one. */
  homeDataDir?: string;
}

export interface Place {
  /** Without a trailing slash. */
  url: string;
  key: string;
  /** Set for a local Slipway. */
  dataDir?: string;
}

export function findSlipway({ url, key, dataDir, cwd, homeDataDir }: Wanted): Place {
  if (key === '') throw new CliError('empty_key');
  if (url !== undefined) return named(url, key);
  if (dataDir !== undefined) return localIn(dataDir, key);
  const folder = nearestDataFolder(cwd, homeDataDir);
  if (folder === undefined) throw new CliError('not_found_here', { cwd });
  mustBeOwn(folder);
  if (key !== undefined) throw new CliError('key_without_url', { dataDir: folder });
  const place = localIn(folder);
  if (!isThisHost(place.url)) throw new CliError('folder_elsewhere', { dataDir: folder, url: place.url });
  return place;
}

export interface RunningSettings {
  dataDir: string;
  /** As `describeSettings` recorded them at the start, if the running version does so. */
  settings: DescribedSetting[];
}

/** Returns the settings of the Slipway that runs in the configured or nearest data folder, or undefined. */
export function runningSettings({ dataDir, cwd, homeDataDir }: Wanted): RunningSettings | undefined {
  const nearest = dataDir === undefined ? nearestDataFolder(cwd, homeDataDir) : undefined;
  if (nearest !== undefined) mustBeOwn(nearest);
  const folder = dataDir ?? nearest;
  const text = folder === undefined ? undefined : readIfThere(layout(folder).readyFile);
  if (folder === undefined || text === undefined) return undefined;
  const { settings, pids } = JSON.parse(text) as { settings?: DescribedSetting[]; pids?: { start?: number } };
  return settings && isUp(pids?.start) ? { dataDir: folder, settings } : undefined;
}

function isUp(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // the process of another user
  }
}

/**
 * Returns the secret with which the local Slipway signs callbacks. The secret of a remote Slipway isn't available here.
 */
export function callbackSecretOf({ url, dataDir, cwd, homeDataDir }: Wanted): string {
  const nearest = url === undefined && dataDir === undefined ? nearestDataFolder(cwd, homeDataDir) : undefined;
  if (nearest !== undefined) mustBeOwn(nearest);
  const folder = url === undefined ? (dataDir ?? nearest) : undefined;
  if (folder === undefined) throw new CliError('no_secret');
  return keyOf(layout(folder).callbackSecret);
}

function localIn(dataDir: string, key?: string): Place {
  const at = layout(dataDir);
  const ready = readIfThere(at.readyFile);
  if (ready === undefined) throw new CliError('not_running', { dataDir });
  return { url: apiUrlOf(at.readyFile, ready), key: key ?? keyOf(at.adminKey), dataDir };
}

/**
 * Checks the owner and mode of a folder that was found. Anybody can put a folder of this name into a repository or into
 * `/tmp`.
 */
function mustBeOwn(folder: string): void {
  const stats = lstatSync(folder);
  if (stats.uid !== process.getuid?.()) throw new CliError('folder_of_another', { dataDir: folder });
  if (!stats.isDirectory() || !OWN_MODES.includes(stats.mode & 0o777))
    throw new CliError('folder_open', { dataDir: folder });
}
/** 711 if apps have their own user, which must pass through the folder. */
const OWN_MODES = [0o700, 0o711];

function isThisHost(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host === hostname()) return true;
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(host) === 0) return false;
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return UNSPECIFIED.includes(host) || LOOPBACK.check(host, family) || own.some(({ address }) => address === host);
}
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');
/** The addresses if Slipway listens on all addresses. */
const UNSPECIFIED = ['0.0.0.0', '::'];

function named(text: string, key: string | undefined): Place {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw new CliError('bad_url', { url: text });
  const url = text.replace(/\/+$/, '').replace(/\/api$/, '');
  if (key === undefined) throw new CliError('no_key', { url });
  return { url, key };
}

/** Returns `.slipway` in the working folder or in the nearest folder above, else in the home folder. */
function nearestDataFolder(cwd: string, homeDataDir: string | undefined): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (isFolder(join(folder, '.slipway'))) return join(folder, '.slipway');
    if (dirname(folder) === folder) return homeDataDir !== undefined && isFolder(homeDataDir) ? homeDataDir : undefined;
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function apiUrlOf(path: string, text: string): string {
  const { api_url: url } = JSON.parse(text) as { api_url?: unknown };
  if (typeof url !== 'string') throw new CliError('unreadable', { path, reason: 'api_url' });
  return url;
}

function keyOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new CliError('unreadable', { path, reason: reasonOf(error) }, error);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CliError('unreadable', { path, reason: reasonOf(error) }, error);
  }
}
