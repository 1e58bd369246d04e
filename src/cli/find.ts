// Which Slipway to speak to: the one that is named, else the one whose data folder is nearest.
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { layout } from '../contract/layout.js';
import { CliError, reasonOf } from './errors.js';

export interface Wanted {
  url?: string;
  key?: string;
  dataDir?: string;
  cwd: string;
}

export interface Place {
  /** Without a slash at its end. */
  url: string;
  key: string;
  /** Of a local one. */
  dataDir?: string;
}

export function findSlipway({ url, key, dataDir, cwd }: Wanted): Place {
  if (url !== undefined) return named(url, key);
  const folder = dataDir ?? nearestDataFolder(cwd);
  if (folder === undefined) throw new CliError('not_found_here', { cwd });
  const at = layout(folder);
  const ready = readIfThere(at.readyFile);
  if (ready === undefined) throw new CliError('not_running', { dataDir: folder });
  return { url: apiUrlOf(at.readyFile, ready), key: key ?? keyOf(at.adminKey), dataDir: folder };
}

/** What the local one signs callbacks with; another's is nowhere here. */
export function callbackSecretOf({ url, dataDir, cwd }: Wanted): string {
  const folder = url === undefined ? (dataDir ?? nearestDataFolder(cwd)) : undefined;
  if (folder === undefined) throw new CliError('no_secret');
  return keyOf(layout(folder).callbackSecret);
}

function named(text: string, key: string | undefined): Place {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw new CliError('bad_url', { url: text });
  const url = text.replace(/\/+$/, '').replace(/\/api$/, '');
  if (key === undefined) throw new CliError('no_key', { url });
  return { url, key };
}

/** `.slipway` in the working folder, or in the nearest of those above it. */
function nearestDataFolder(cwd: string): string | undefined {
  const folder = join(cwd, '.slipway');
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  return dirname(cwd) === cwd ? undefined : nearestDataFolder(dirname(cwd));
}

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
