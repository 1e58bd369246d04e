// Finds the Temporal server on PATH or among the tools, or builds it with Go from `temporal-server/`.
import type { Config } from '../../config.js';
import { SlipwayError } from '../../contract/errors.js';
import { builtProgram, findProgram, TEMPORAL_SERVER, TEMPORAL_SERVER_SOURCE } from '../../programs.js';
import { buildWithGo } from './go-build.js';
import { versionOf } from './database.js';

export interface ServerProgram {
  path: string;
  version: string;
}

/**
 * Returns the server program. A program on PATH is used unchanged: `prepareDatabase` rejects a version that did not
 * write the database.
 */
export async function getTemporalServer(config: Config): Promise<ServerProgram> {
  const onPath = await findProgram(TEMPORAL_SERVER.as, config);
  if (onPath !== undefined) return { path: onPath, version: await versionOf(onPath) };
  const { version } = TEMPORAL_SERVER;
  const built = await builtProgram(config, TEMPORAL_SERVER);
  if (built !== undefined) return { path: built, version };
  if (!config.installTools) throw missing('SLIPWAY_INSTALL_TOOLS=0 forbids getting it');
  try {
    const what = 'Building the Temporal server (once, about 2 minutes)';
    return { path: await buildWithGo(config, TEMPORAL_SERVER, TEMPORAL_SERVER_SOURCE, what), version };
  } catch (error) {
    throw missing(error instanceof Error ? error.message : String(error), error);
  }
}

function missing(reason: string, cause?: unknown): SlipwayError {
  const { as: program } = TEMPORAL_SERVER;
  const params = { reason, program, source: TEMPORAL_SERVER_SOURCE };
  return new SlipwayError('start_failed', { text: 'start_failed.temporal', params, cause });
}
