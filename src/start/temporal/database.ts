// The embedded server's database: which version wrote it, and one that a killed first start left half made.
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { Layout } from '../../contract/layout.js';
import { SlipwayError } from '../../contract/errors.js';
import { ifThere } from '../../files.js';

/** Beside the database file, as SQLite names them. */
const SQLITE_FILES = ['', '-wal', '-shm'];

/**
 * Before the server starts. Refuses a database of another server version: each version reads only its own. The server makes
 * the tables of a new database one by one, and takes a database that has some for one that has all. So a database that
 * never served is marked, and begun again.
 */
export async function prepareDatabase(at: Layout, serverVersion: string): Promise<void> {
  const stamp = (await ifThere(readFile(at.temporalVersion, 'utf8')))?.trim();
  if (stamp !== undefined && stamp !== serverVersion) {
    const params = { stamped: stamp, found: serverVersion };
    throw new SlipwayError('start_failed', { text: 'start_failed.version', params });
  }
  if (await isThere(at.temporalUnfinished)) await removeDatabase(at);
  else if (!(await isThere(at.temporalDatabase))) {
    await writeFile(at.temporalUnfinished, '', { mode: 0o600, flush: true });
  }
}

/** Once the server has served on it: the database is whole, and belongs to this version. */
export async function stampDatabase(at: Layout, serverVersion: string): Promise<void> {
  await writeFile(at.temporalVersion, `${serverVersion}\n`, { mode: 0o600, flush: true });
  await rm(at.temporalUnfinished, { force: true });
}

/** As the program itself tells it, for example `1.29.1`. */
export async function versionOf(program: string): Promise<string> {
  const { stdout } = await execa(program, ['--version']);
  return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? stdout.trim();
}

async function removeDatabase({ temporalDatabase }: Layout): Promise<void> {
  for (const suffix of SQLITE_FILES) await rm(`${temporalDatabase}${suffix}`, { force: true });
}

const isThere = async (path: string): Promise<boolean> => (await ifThere(stat(path))) !== undefined;
