// node-tar unpacks only names that are text. A name that isn't UTF-8, or has a line break, is unpacked under a random
// name. It gets its own name after the whole tree is unpacked.
import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { pathBelow, shownName } from '../../file-names.js';
import { ifThere } from '../../files.js';
import { mustBeShallow, withFolder, type FolderEntry } from './open-folder.js';
import type { StandIn } from './tar-names.js';

export class StandIns {
  /** Makes the stand-ins of this copy unpredictable, so that no file can have such a name. */
  readonly #salt = randomUUID();
  /** The original names by stand-in. */
  readonly #names = new Map<string, Buffer>();

  readonly of: StandIn = (name) => {
    const hash = createHash('sha256').update(this.#salt).update(name).digest('hex');
    const standIn = `.slipway-${hash.slice(0, 32)}`; // short, because a path can have many of them
    this.#names.set(standIn, Buffer.from(name));
    return standIn;
  };

  /** Returns a path with its original names, escaped for people. */
  readonly shown = (path: string): string => shownName(this.#bytesOf(path));

  /** Restores the names in a folder that no other process uses yet, and in the targets of links. */
  async replaceIn(folder: string | Buffer, depth = 0): Promise<void> {
    if (this.#names.size === 0) return;
    mustBeShallow(depth);
    await withFolder(folder, async ({ fd }, entries) => {
      for await (const entry of entries) {
        await this.replaceIn(entry.at, depth + 1);
        await this.#replaceTarget(entry);
        const name = this.#names.get(entry.name.toString());
        if (name) await moveInto(entry.at, pathBelow(`/proc/self/fd/${fd}`, name));
      }
    });
  }

  async #replaceTarget({ at }: FolderEntry): Promise<void> {
    if (!(await fs.lstat(at)).isSymbolicLink()) return;
    const read = await fs.readlink(at);
    const target = this.#bytesOf(read);
    if (target.equals(Buffer.from(read))) return;
    await fs.unlink(at);
    await fs.symlink(target, at);
  }

  #bytesOf(path: string): Buffer {
    const names = path.split('/').map((name) => this.#names.get(name) ?? Buffer.from(name));
    return Buffer.from(names.map((name) => name.toString('latin1')).join('/'), 'latin1'); // each character is a byte
  }
}

/**
 * Moves an entry. The target folder can exist already, because a tar has short paths with a line break in their
 * headers.
 */
async function moveInto(from: Buffer, to: Buffer): Promise<void> {
  if (!(await ifThere(fs.lstat(to)))?.isDirectory()) return fs.rename(from, to);
  await withFolder(from, async (_folder, entries) => {
    for await (const { name, at } of entries) await moveInto(at, pathBelow(to, name));
  });
  await fs.rmdir(from);
}
