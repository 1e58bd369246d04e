// The checks of access to the host that no other check covers: key files, the engine, Temporal, and apps outside
// containers.
import { existsSync, lstatSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Config } from '../config.js';
import type { RootOnHost } from '../contract/engine-root.js';
import { layout } from '../contract/layout.js';
import type { Finding } from './doctor.js';
import { engineDoor, engineRoot, isOpenToAll, type EngineDoor } from './host-facts.js';

const FOR_OTHERS = 0o077;
const LOOPBACK = /^(127\.|localhost$|\[?::1\]?$)/;

/** Checks the files that give their reader the permissions of Slipway or its operator. */
export function secretFilesOf({ dataDir }: Pick<Config, 'dataDir'>): Finding[] {
  if (!existsSync(dataDir)) return [];
  const { adminKey, callbackSecret, keys, secretKey, temporalDatabase, temporalFiles } = layout(dataDir);
  const files = [adminKey, callbackSecret, keys, secretKey, temporalDatabase, temporalFiles];
  const open = isForOthers(dataDir) ? files.filter(isForOthers) : [];
  return open.length === 0
    ? [{ check: 'keys', status: 'ok', text: 'secrets_closed', params: { path: dataDir } }]
    : [{ check: 'keys', status: 'lacks', text: 'secrets_open', params: { paths: open.join(' ') } }];
}

function isForOthers(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && (stats.mode & FOR_OTHERS) !== 0;
}

/** Checks the access to the engine, because access to the engine means root on its host. */
export function engineOf({ engine }: Pick<Config, 'engine'>): Finding[] {
  const door = engineDoor(engine);
  switch (door.kind) {
    case 'socket': {
      const { path } = door;
      if (!existsSync(path)) return [];
      return isOpenToAll(path)
        ? [{ check: 'engine', status: 'lacks', text: 'engine_open_socket', params: { path } }]
        : [{ check: 'engine', status: 'ok', text: 'engine_socket', params: { path } }];
    }
    case 'tcp':
      return [{ check: 'engine', status: 'lacks', text: 'engine_tcp', params: { address: door.address } }];
    case 'protected':
      return [];
  }
}

/**
 * Checks root in containers, which is root on the host unless the engine maps it: see docs/explanation/security.md,
 * "Containers".
 */
export async function rootOf({
  engine,
  isolation,
  appUser,
  modes,
  containerRoot,
}: Pick<Config, 'engine' | 'isolation' | 'appUser' | 'modes' | 'containerRoot'>): Promise<Finding[]> {
  if (!modes.includes('docker')) return [];
  try {
    const text = rootText(await engineRoot(engine), engineDoor(engine));
    if (text === 'root_mapped') return [{ check: 'containers', status: 'ok', text, params: {} }];
    if (containerRoot === 'mapped') {
      const isOnlyMode = isolation === 'container' || modes.every((mode) => mode === 'docker');
      return [{ check: 'containers', status: isOnlyMode ? 'missing' : 'lacks', text: 'root_refused', params: {} }];
    }
    const isMeant = isolation === 'container' || appUser !== undefined;
    return [{ check: 'containers', status: isMeant ? 'lacks' : 'note', text, params: {} }];
  } catch {
    return []; // the `docker` check reports why the engine doesn't answer
  }
}

function rootText(root: RootOnHost, door: EngineDoor): 'root_mapped' | 'root_not_mapped' | 'root_is_own_user' {
  if (root !== 'engine_user') return root === 'mapped' ? 'root_mapped' : 'root_not_mapped';
  const isOwn = door.kind !== 'socket' || statSync(door.path).uid === process.getuid?.();
  return isOwn ? 'root_is_own_user' : 'root_mapped';
}

/** Checks the access to Temporal, because a server without authentication lets anybody start deployments. */
export function temporalDoorOf({ temporal }: Pick<Config, 'temporal'>): Finding[] {
  const { address, tls, apiKey } = temporal;
  if (address === undefined || apiKey !== undefined || tls?.clientCertPath !== undefined) return [];
  const status = LOOPBACK.test(address) ? 'note' : 'lacks';
  return [{ check: 'temporal door', status, text: 'temporal_open', params: { address } }];
}

/** Checks which user the code of projects runs as. */
export function isolationOf(
  { isolation, appUser, modes }: Pick<Config, 'isolation' | 'appUser' | 'modes'>,
  outside: readonly string[],
): Finding {
  if (isolation === 'container' && outside.length > 0)
    return { check: 'isolation', status: 'lacks', text: 'isolation_left', params: { services: outside.join(', ') } };
  if (isolation === 'container') return { check: 'isolation', status: 'ok', text: 'isolation_container', params: {} };
  const user = appUser ?? userInfo().username;
  const text = modes.includes('docker') ? 'isolation_any' : 'isolation_processes';
  return { check: 'isolation', status: 'note', text, params: { user } };
}
