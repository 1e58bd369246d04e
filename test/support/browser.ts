// Headless Chromium, as an operator's browser: what it shows, and what it says to the console.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

/** Why there can be no browser here; undefined when there can. CI has one. */
export const browserMissing =
  CHROMIUM === undefined && process.env['CI'] === undefined ? 'there is no Chromium on this machine' : undefined;

/** It reaches nobody but who a test names. */
export async function startBrowser(): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-browser-'));
  const preloaded = join(folder, 'without-netlink.so');
  const source = fileURLToPath(new URL('without-netlink.c', import.meta.url));
  if (existsSync('/usr/bin/gcc')) execFileSync('gcc', ['-shared', '-fPIC', '-o', preloaded, source, '-ldl']);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    env: { ...process.env, ...(existsSync(preloaded) && { LD_PRELOAD: preloaded }) },
    args: [
      '--no-sandbox', // it runs as root in CI
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  browser.once('disconnected', () => {
    rmSync(folder, { recursive: true });
  });
  return browser;
}
