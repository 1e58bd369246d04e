// For Slipway's image: `node fetch-temporal-ui.mjs CACHE_FOLDER` gets the files of Temporal's Web UI, a Go module, without Go, and
// checks them by the sum that src/programs.ts pins. GOPROXY names a proxy of Go modules, as Go itself has it. Where the
// files can't be had, a line says so, and the page is not served.
import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Buffer } from 'node:buffer';
import { fromBufferPromise } from 'yauzl';
import { TEMPORAL_UI, temporalUiArchive } from '../dist/programs.js';

const { AbortSignal, fetch } = globalThis;
const [cacheDir] = process.argv.slice(2);
const file = temporalUiArchive({ cacheDir });
const [proxy] = (process.env.GOPROXY ?? '').split(/[,|]/);
const url = `${proxy}/${TEMPORAL_UI.module}/@v/v${TEMPORAL_UI.version}.zip`;
/** 46 MB on a slow line. */
const DOWNLOADS_WITHIN_MS = 300_000;

const archive = await download().catch((error) => {
  console.error(`Temporal's Web UI will not be served: ${url} can't be had (${error.cause?.message ?? error.message})`);
});
if (archive !== undefined) {
  const sum = await sumOf(archive);
  if (sum !== TEMPORAL_UI.sum) throw new Error(`${url} is not what was pinned (${sum}, not ${TEMPORAL_UI.sum})`);
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.new`;
  await writeFile(temporary, archive);
  await rename(temporary, file);
}

async function download() {
  if (proxy === '') throw new Error('GOPROXY names no proxy of Go modules');
  const answer = await fetch(url, { signal: AbortSignal.timeout(DOWNLOADS_WITHIN_MS) });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** As Go computes it (golang.org/x/mod/sumdb/dirhash, Hash1): over the digests of all files, in the order of their names. */
async function sumOf(buffer) {
  const zip = await fromBufferPromise(buffer, { lazyEntries: true, autoClose: false });
  const lines = new Map();
  for await (const entry of zip.eachEntry()) {
    const digest = createHash('sha256');
    for await (const chunk of await zip.openReadStreamPromise(entry)) digest.update(chunk);
    lines.set(entry.fileName, `${digest.digest('hex')}  ${entry.fileName}\n`);
  }
  const names = [...lines.keys()].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  const whole = createHash('sha256');
  for (const name of names) whole.update(lines.get(name));
  return `h1:${whole.digest('base64')}`;
}
