// A container that a real systemd runs in, with Slipway in /opt/slipway.
import { execa } from 'execa';
import { eventually } from '../support/eventually.js';
import { buildSlipwayImage, buildSystemdImage, docker, SYSTEMD_IMAGE } from './images.js';

/** What systemd needs to mount control groups (its own, none of the machine's), and to hand secrets over by a mount. */
const FLAGS = [
  '--cap-add=SYS_ADMIN',
  '--cap-add=SYS_PTRACE', // a host's root has it, and SLIPWAY_APP_USER needs it
  '--security-opt=seccomp=unconfined',
  '--security-opt=apparmor=unconfined',
  '--tmpfs=/sys/fs/cgroup:rw,mode=755',
  '--tmpfs=/run',
  '--tmpfs=/tmp',
];
/** On the first version of control groups: leave the second one, and how the machine mounted it, alone. */
const LEGACY = ['systemd.unified_cgroup_hierarchy=0', 'systemd.legacy_systemd_cgroup_controller=1'];

export interface SystemdHost {
  /** Runs a command in /opt/slipway, as root. */
  inside: (...command: string[]) => Promise<string>;
  shell: (script: string) => Promise<string>;
  /** The processes of apps, as `pid instance`. */
  apps: () => Promise<string[]>;
  killApps: () => Promise<void>;
  remove: () => Promise<void>;
}

export async function startSystemdHost(): Promise<SystemdHost> {
  await buildSlipwayImage();
  await buildSystemdImage();
  const version = await docker('info', '--format={{.CgroupVersion}}');
  const init = ['mount --make-rshared / && exec /sbin/init', ...(version === '1' ? LEGACY : [])].join(' ');
  const id = await docker('run', '--detach', ...FLAGS, SYSTEMD_IMAGE, 'sh', '-c', init);
  const inside = (...command: string[]): Promise<string> => docker('exec', '--workdir=/opt/slipway', id, ...command);
  const shell = (script: string): Promise<string> => inside('bash', '-ec', script);
  // The command exits with 1 while the system is starting; only its output counts.
  await eventually(async () => (await shell('systemctl is-system-running || true')) === 'running', {
    timeoutMs: 60_000,
  });
  const apps = async (): Promise<string[]> => {
    // A process may be gone before its environment is read: the others count.
    const instances =
      'for p in /proc/[0-9]*; do tr "\\0" "\\n" <$p/environ 2>/dev/null | sed -n "s#^SLIPWAY_INSTANCE=#${p#/proc/} #p"; done || true';
    return (await shell(instances)).split('\n').filter((line) => line !== '');
  };
  /** A process may end by itself between the list and its kill. */
  const killApps = async (): Promise<void> => {
    for (const app of await apps()) await shell(`kill -9 ${app.split(' ')[0]!} || true`);
  };
  const remove = async (): Promise<void> => {
    await execa('docker', ['rm', '--force', '--volumes', id], { reject: false });
  };
  return { inside, shell, apps, killApps, remove };
}
