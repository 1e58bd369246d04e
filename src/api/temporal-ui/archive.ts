// The files of Temporal's Web UI, read from the archive they come in: of its 13,000 files a visit takes about a hundred.
import { buffer } from 'node:stream/consumers';
import { openPromise, type Entry } from 'yauzl';
import { RecentMap } from '../recent-map.js';

/** Where the files are in the archive, which is the source of a Go module: `<module>@<version>/…`. */
const FOLDER = '/ui/assets/local/';
/** Some 10 MB: all but two files are below 700 KB, and most below 20 KB. */
const MOST_KEPT = 300;

export interface UiArchive {
  /** Undefined when there is no such file. `path` is relative, as in `index.html`. All who ask share one buffer. */
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

  /** Read to its end, whoever waits for it: the library can't be stopped in the middle of a file. */
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
        kept.delete(name); // the next try may go well
      });
      return content;
    },
  };
}
