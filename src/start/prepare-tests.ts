// Gets the tools of `npm start` before the tests, so that `npm test` alone sets up a new machine.
import { createPythons, pythonPlacesOf } from '../activities/ports/python-port.js';
import { readConfig } from '../config.js';
import { SlipwayError } from '../contract/errors.js';
import { findTemporalCli, TEMPORAL_CLI } from '../programs.js';
import { runProcess } from '../process-life.js';
import { getUv } from './get-uv.js';
import { installWithGo } from './temporal/go-build.js';
import { getTemporalServer } from './temporal/server-program.js';
import { getTemporalUi } from './temporal/web-ui.js';

await runProcess(async () => {
  const config = readConfig();
  const [python] = await createPythons(pythonPlacesOf(config.hostEnvironment)).list();
  if (!python) throw new SlipwayError('start_failed', { text: 'start_failed.python' });
  if (config.temporal.address === undefined) await getTemporalServer(config);
  if ((await findTemporalCli(config)) === undefined)
    await installWithGo(config, TEMPORAL_CLI, "Building Temporal's command line (once, about 4 minutes)");
  await getUv(config, python.path);
  await getTemporalUi(config);
});
