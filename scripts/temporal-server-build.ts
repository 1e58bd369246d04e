// The real Temporal server and its schema tool, built once with Go and kept among the tools.
import { mkdirSync, mkdtempSync, renameSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Config } from '../src/config.js';
import { findProgram, toolsDir } from '../src/programs.js';
import { withProgress } from '../src/start/say.js';

/** As in docker-compose.yml. */
const VERSION = '1.29.1';
const MODULE = 'go.temporal.io/server/cmd';

/** The folder that holds `temporal-server` and `temporal-sql-tool`. */
export async function getTemporalServer(config: Config): Promise<string> {
  const folder = join(toolsDir(config), `temporal-server-${VERSION}`);
  if (existsSync(folder)) return folder;
  const go = await findProgram('go', config);
  if (go === undefined)
    throw new Error(`Temporal's server is built with Go, which is not on PATH: install it, then try again`);
  mkdirSync(toolsDir(config), { recursive: true });
  const made = mkdtempSync(join(toolsDir(config), 'building-'));
  await withProgress(`Building Temporal's server ${VERSION} with Go (once, about 2 minutes)`, () =>
    execa(go, ['install', '-ldflags=-s -w', `${MODULE}/server@v${VERSION}`, `${MODULE}/tools/sql@v${VERSION}`], {
      env: { GOBIN: made },
    }),
  );
  renameSync(join(made, 'server'), join(made, 'temporal-server'));
  renameSync(join(made, 'sql'), join(made, 'temporal-sql-tool'));
  renameSync(made, folder);
  return folder;
}
