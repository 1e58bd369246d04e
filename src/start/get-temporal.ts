// Finding or getting the Temporal CLI, which holds the dev server (architecture §2): PATH, tools folder, download, build.
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { execa } from 'execa';
import type { Config } from '../config.js';
import { SlipwayError } from '../contract/errors.js';
import { findProgram, toolsBin, toolsDir } from '../programs.js';
import { withProgress } from './say.js';

/** The last release that `go install` takes: later ones carry a replace directive. Its server is 1.29.1. */
const PINNED = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
/** Where nothing answers, a download hangs: then there are other ways. */
const DOWNLOAD_MS = 10_000;

/** One way to get the program: puts it among the tools, or returns why it could not. */
type Way = (config: Config) => Promise<string | undefined>;

/** In this order, until one of them has put the program there. */
export async function getTemporal(config: Config, ways: readonly Way[] = [download, buildWithGo]): Promise<string> {
  const found = await findProgram('temporal', config);
  if (found) return found;
  if (!config.installTools) throw missing('SLIPWAY_INSTALL_TOOLS=0 forbids fetching it');
  await mkdir(toolsBin(config), { recursive: true });
  const reasons: string[] = [];
  for (const way of ways) {
    const reason = await way(config);
    const got = await findProgram('temporal', config);
    if (got) return got;
    reasons.push(reason ?? 'it was fetched, but is not there');
  }
  throw missing(reasons.join('; '));
}

async function download(config: Config): Promise<string | undefined> {
  const downloadDir = `${toolsDir(config)}/download`;
  await mkdir(downloadDir, { recursive: true });
  try {
    await withProgress('Downloading Temporal', () => inTime(downloadBySdk(downloadDir)));
    const [name] = (await readdir(downloadDir)).filter((file) => file.startsWith('temporal'));
    if (name === undefined) return 'the download left nothing';
    await rename(`${downloadDir}/${name}`, `${toolsBin(config)}/temporal`);
    return undefined;
  } catch (error) {
    return `the download failed (${innermostCause(messageOf(error))})`;
  } finally {
    await rm(downloadDir, { recursive: true, force: true });
  }
}

/** The SDK downloads the program only in order to start it. Loaded here alone: all else of that package is heavy. */
async function downloadBySdk(downloadDir: string): Promise<void> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir } },
  });
  await environment.teardown();
}

async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${DOWNLOAD_MS / 1000} s`));
    }, DOWNLOAD_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export async function buildWithGo(config: Config): Promise<string | undefined> {
  const go = await findProgram('go', config);
  if (!go) return 'Go is not on PATH';
  try {
    await withProgress('Building Temporal with Go (once, about 4 minutes)', () =>
      execa(go, ['install', '-ldflags=-s -w', PINNED], { env: { GOBIN: toolsBin(config) }, all: true }),
    );
    return undefined;
  } catch (error) {
    return `go install failed (${messageOf(error).trim().split('\n').at(-1) ?? ''})`;
  }
}

/** The SDK tells it as one line, from the outside in, with the whole address in each part. */
const innermostCause = (message: string): string =>
  (message.split('\n')[0] ?? '').split(': ').at(-1)?.replace(/\)+$/, '') ?? '';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function missing(reason: string): SlipwayError {
  return new SlipwayError('start_failed', { text: 'start_failed.temporal', params: { reason, pinned: PINNED } });
}
