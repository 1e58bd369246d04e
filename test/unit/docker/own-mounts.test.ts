import { expect, it } from '@jest/globals';
import { containerIdIn, outsidePath } from '../../../src/activities/ports/docker/own-mounts.js';

const ID = 'a'.repeat(64);

it.each<[string, string, string | undefined]>([
  [
    'is read from the mounts of a docker container',
    `712 690 8:1 /var/lib/docker/containers/${ID}/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw`,
    ID,
  ],
  [
    'is read from the mounts of a podman container',
    `712 690 0:5 /containers/overlay-containers/${ID}/userdata/hosts /etc/hosts rw - tmpfs tmpfs rw`,
    ID,
  ],
  [
    'isn’t found in the mounts of a host',
    '22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n31 22 0:27 / /run rw - tmpfs tmpfs rw',
    undefined,
  ],
])('the id of Slipway’s own container %s', (_engine, mountinfo, id) => {
  expect(containerIdIn(mountinfo)).toBe(id);
});

it('a path is translated to a path on the engine’s host by its innermost mount', () => {
  const mounts = [
    { Destination: '/var/lib', Source: '/outer' },
    { Destination: '/var/lib/slipway', Source: '/var/lib/docker/volumes/slipway_data/_data' },
  ];
  expect(outsidePath('/var/lib/slipway/data/bot', mounts)).toBe('/var/lib/docker/volumes/slipway_data/_data/data/bot');
  expect(outsidePath('/var/lib/slipway-2', mounts)).toBe('/outer/slipway-2');
  expect(outsidePath('/srv/x', mounts)).toBe('/srv/x');
});
