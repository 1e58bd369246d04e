// Names of no text, by way of a program that takes text alone: each has a stand-in, which nobody else would choose, until
// the tree is there.
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { pathBelow, shownName } from '../../file-names.js';
import { mustBeShallow, withFolder, type FolderEntry } from './open-folder.js';
import type { StandIn } from './tar-names.js';

export class StandIns {
  /** By stand-in; and stand-ins by the name's bytes, one letter for each. */
  readonly #names = new Map<string, Buffer>();
  readonly #known = new Map<string, string>();

  readonly of: StandIn = (name) => {
    const letters = name.toString('latin1');
    const standIn = this.#known.get(letters) ?? `.slipway-${randomUUID()}`;
    this.#known.set(letters, standIn);
    this.#names.set(standIn, Buffer.from(name));
    return standIn;
  };

  /** A path that has stand-ins in it, for people to read. */
  readonly shown = (path: string): string => shownName(this.#bytesOf(path));

  /** Of a folder that nobody else sees yet: what is in it gets its own names, and what links lead to. */
  async replaceIn(folder: string | Buffer, depth = 0): Promise<void> {
    if (this.#names.size === 0) return;
    mustBeShallow(depth);
    await withFolder(folder, async ({ fd }, entries) => {
      for await (const entry of entries) {
        await this.replaceIn(entry.at, depth + 1);
        await this.#replaceTarget(entry);
        const name = this.#names.get(entry.name.toString());
        if (name) await fs.rename(entry.at, pathBelow(`/proc/self/fd/${fd}`, name));
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
    const [first = Buffer.alloc(0), ...below] = path
      .split('/')
      .map((name) => this.#names.get(name) ?? Buffer.from(name));
    return below.reduce((above, name) => pathBelow(above, name), first);
  }
}
