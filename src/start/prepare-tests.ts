// Before the tests: the same tools that `npm start` gets, so that `npm test` alone sets up a fresh machine.
import { createPythons, pythonPlacesOf } from '../activities/ports/python-port.js';
import { readConfig } from '../config.js';
import { SlipwayError } from '../contract/errors.js';
import { runProcess } from '../process-life.js';
import { getTemporal } from './get-temporal.js';
import { getUv } from './get-uv.js';

await runProcess(async () => {
  const config = readConfig();
  const [python] = await createPythons(pythonPlacesOf(config.hostEnvironment)).list();
  if (!python) throw new SlipwayError('start_failed', { text: 'start_failed.python' });
  if (config.temporal.address === undefined) await getTemporal(config);
  await getUv(config, python.path);
});
