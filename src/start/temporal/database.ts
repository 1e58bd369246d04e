// The embedded server's database: checks which version wrote it, and removes a database that a killed first start left
// incomplete.
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { Layout } from '../../contract/layout.js';
import { SlipwayError } from '../../contract/errors.js';
import { ifThere } from '../../files.js';

/** The suffixes of SQLite's files. */
const SQLITE_FILES = ['', '-wal', '-shm'];

/**
 * Prepares the database before the server starts. Rejects a database of another server version, because each version
 * reads only its own. The server creates the tables of a new database one by one, and accepts a database with only some
 * of them. So a new database is marked until the server has used it, and a marked database is removed first.
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

/** Records that the server has used the database: it is complete, and belongs to this version. */
export async function stampDatabase(at: Layout, serverVersion: string): Promise<void> {
  await writeFile(at.temporalVersion, `${serverVersion}\n`, { mode: 0o600, flush: true });
  await rm(at.temporalUnfinished, { force: true });
}

/** Returns the version that the program prints, for example `1.29.1`. */
export async function versionOf(program: string): Promise<string> {
  const { stdout } = await execa(program, ['--version']);
  return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? stdout.trim();
}

async function removeDatabase({ temporalDatabase }: Layout): Promise<void> {
  for (const suffix of SQLITE_FILES) await rm(`${temporalDatabase}${suffix}`, { force: true });
}

const isThere = async (path: string): Promise<boolean> => (await ifThere(stat(path))) !== undefined;
