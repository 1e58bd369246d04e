// Reads the files of Temporal's Web UI from their archive. A visit uses about a hundred of its 13,000 files.
import { buffer } from 'node:stream/consumers';
import { openPromise, type Entry } from 'yauzl';
import { RecentMap } from '../recent-map.js';

/** The folder of the files in the archive, which is the source of a Go module: `<module>@<version>/…`. */
const FOLDER = '/ui/assets/local/';
/** The maximum number of cached files, about 10 MB. All but two files are below 700 KB, and most are below 20 KB. */
const MOST_KEPT = 300;

export interface UiArchive {
  /**
   * Returns a file, or undefined if there is none. `path` is relative, for example `index.html`. All callers share one
   * buffer.
   */
  read(path: string): Promise<Buffer | undefined>;
}

export async function openUiArchive(path: string): Promise<UiArchive> {
  const zip = await openPromise(path, { autoClose: false, lazyEntries: true });
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    const at = entry.fileName.indexOf(FOLDER);
    if (at !== -1) entries.set(entry.fileName.slice(at + FOLDER.length), entry);
  }
  const kept = new RecentMap<Promise<Buffer>>(MOST_KEPT);

  /**
   * Reads a file to its end, even if no caller waits any more, because the library can't stop in the middle of a file.
   */
  const readWhole = async (entry: Entry): Promise<Buffer> => buffer(await zip.openReadStreamPromise(entry));

  return {
    read(name) {
      const entry = entries.get(name);
      if (!entry) return Promise.resolve(undefined);
      const before = kept.get(name);
      if (before) return before;
      const content = readWhole(entry);
      kept.set(name, content);
      content.catch(() => {
        kept.delete(name); // the next attempt may succeed
      });
      return content;
    },
  };
}
