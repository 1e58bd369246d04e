// Step 4 of the modes that run processes: the release command, between install and start.
import { SlipwayError } from '../contract/errors.js';
import { appDir, deploymentLock } from '../contract/layout.js';
import type { ConfigureInput } from '../contract/steps.js';
import { maskList, openVariables, secretValuesOf } from '../secrets.js';
import { appEnvironment } from './app-environment.js';
import { createAppFolders } from './app-folders.js';
import { onDisk } from './disk-errors.js';
import { heartbeating } from './heartbeating.js';
import { mustBeIsolated } from './isolation.js';
import type { Ports } from './ports/index.js';
import type { HeldLock } from './ports/tools.js';
import { processUserOf } from './ports/service-group.js';
import { createServiceData, type DataPorts } from './persist/service-data.js';
import { logTailOf, runLogged } from './run-logged.js';
import type { HostSettings } from './settings.js';

export function createConfigure(ports: Pick<Ports, 'logs'> & DataPorts, settings: HostSettings) {
  const { layout, secrets, toolEnvironment } = settings;
  const folders = createAppFolders(ports.disk, settings);
  const serviceData = createServiceData(ports, settings);
  return {
    /**
     * Runs the release command in the release's folder with `sh -c` and the app's environment, as the app will run. If
     * the worker dies meanwhile, the command runs again, but never twice at the same time. So these commands must be
     * repeatable, as migrations are.
     */
    configureRelease({ spec, releaseCommand, isolation }: ConfigureInput): Promise<void> {
      return heartbeating((signal) =>
        onDisk(async () => {
          const { service, deploymentId } = spec;
          mustBeIsolated(settings, { service, mode: spec.mode, isolation });
          await folders.openHome(service);
          if (releaseCommand === undefined) return;
          const variables = openVariables(secrets, service, spec.variables);
          const log = {
            deploymentId,
            step: 'configure',
            masked: maskList(secretValuesOf(variables, spec.plainVariables)),
          } as const;
          const env = appEnvironment({ spec, variables, layout, host: toolEnvironment, uv: settings.uv });
          const user = processUserOf(settings, service);
          const cwd = appDir(layout, spec);
          const run = async (lock: HeldLock): ReturnType<typeof runLogged> => {
            // Under the lock, so the command of an earlier attempt has ended.
            await serviceData.forProcess(spec, signal);
            await folders.openRelease(spec);
            return runLogged(ports, log, ['/bin/sh', '-c', releaseCommand], { cwd, env, user, signal, lock });
          };
          const { exitCode, tail } = await ports.tools.withLock(deploymentLock(layout, deploymentId), run, signal);
          if (exitCode === 0) return;
          throw new SlipwayError('release_command_failed', { params: { exit: exitCode }, logTail: logTailOf(tail) });
        }),
      );
    },
  };
}
