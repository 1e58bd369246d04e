// Slipway's image and stand-ins for those of others, built without pulling any: on the engine's own Python image.
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { readConfig } from '../../src/config.js';
import { findProgram } from '../../src/programs.js';
import { getTemporalServer } from '../../src/start/temporal/server-program.js';
import { builtWithGo, COMPOSE, TEMPORAL_SERVER } from '../support/built-with-go.js';
import { BASE_IMAGE as PYTHON_IMAGE, engineMissing } from '../support/engine.js';
import { PROJECT } from '../support/slipway.js';

const HERE = join(PROJECT, 'test/production');
export const SYSTEMD_IMAGE = 'slipway-test/systemd';
export const SLIPWAY_IMAGE = 'slipway-test/slipway';
/** What the image is built on, and what it is compared with. */
export const BASE_IMAGE = 'slipway-test/base';

const config = readConfig({ ...process.env, TEMPORAL_ADDRESS: undefined });

export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await execa('docker', args);
  return stdout;
}

/** The project's Dockerfile, on a base with this machine's own Node. */
export async function buildSlipwayImage(): Promise<void> {
  const missing = await engineMissing();
  if (missing !== undefined)
    throw new Error(`${missing}: these tests need an engine, and scripts/docker-base-image.sh`);
  await inFolder(async (folder) => {
    const npm = dirname(dirname(realpathSync((await findProgram('npm', config))!)));
    copyFileSync(process.execPath, join(folder, 'node'));
    cpSync(npm, join(folder, 'npm'), { recursive: true });
    // A machine behind a proxy that signs for itself has told Node so.
    const authorities = process.env['NODE_EXTRA_CA_CERTS'];
    mkdirSync(join(folder, 'ca'));
    if (authorities) copyFileSync(authorities, join(folder, 'ca/extra.crt'));
    const lines = [
      `FROM ${PYTHON_IMAGE}`,
      'COPY node /usr/local/bin/',
      'COPY npm /usr/local/lib/node_modules/npm',
      'COPY ca /usr/local/share/extra-ca',
      'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm',
      ...(authorities ? ['ENV NODE_EXTRA_CA_CERTS=/usr/local/share/extra-ca/extra.crt'] : []),
    ];
    writeFileSync(join(folder, 'Dockerfile'), lines.join('\n'));
    await build(folder, BASE_IMAGE);
  });
  // A stage without a tag would be left dangling.
  const { stdout: proxy } = await execa('go', ['env', 'GOPROXY']);
  const settings = [`--build-arg=BASE=${BASE_IMAGE}`, `--build-arg=GOPROXY=${proxy}`];
  await build(PROJECT, `${SLIPWAY_IMAGE}-build`, '--target=build', ...settings);
  await build(PROJECT, SLIPWAY_IMAGE, ...settings);
}

export async function buildStandIns(): Promise<void> {
  const server = await builtWithGo(config, TEMPORAL_SERVER);
  await inFolder(async (folder) => {
    const files = [
      join(server, 'temporal-server'),
      join(server, 'temporal-sql-tool'),
      (await findProgram('temporal', config))!,
      join(HERE, 'postgres.sh'),
    ];
    for (const file of files) copyFileSync(file, join(folder, file.split('/').at(-1)!));
    copyFileSync(join(HERE, 'stand-ins.Dockerfile'), join(folder, 'Dockerfile'));
    for (const target of ['postgres', 'server', 'admin-tools'])
      await build(folder, `slipway-test/${target}`, `--target=${target}`, `--build-arg=BASE=${PYTHON_IMAGE}`);
  });
}
/** Slipway's image as a host with systemd. */
export async function buildSystemdImage(): Promise<void> {
  await inFolder(async (folder) => {
    copyFileSync((await findProgram('temporal', config))!, join(folder, 'temporal'));
    copyFileSync((await getTemporalServer(config)).path, join(folder, 'slipway-temporal'));
    cpSync(join(PROJECT, 'deploy'), join(folder, 'deploy'), { recursive: true });
    cpSync(join(PROJECT, 'test/fixtures/apps/answers-200'), join(folder, 'app'), { recursive: true });
    copyFileSync(join(HERE, 'systemd.Dockerfile'), join(folder, 'Dockerfile'));
    const temporal = ['[Service]', 'ExecStart=/usr/local/bin/temporal server start-dev --headless'];
    writeFileSync(join(folder, 'temporal.service'), temporal.join('\n'));
    await build(folder, SYSTEMD_IMAGE);
  });
}

/** The compose command of this machine, or one that is built for it. */
export async function getCompose(): Promise<[string, ...string[]]> {
  const { exitCode } = await execa('docker', ['compose', 'version'], { reject: false });
  if (exitCode === 0) return ['docker', 'compose'];
  return [join(await builtWithGo(config, COMPOSE), 'docker-compose')];
}

/** On the host's network, as registries may be reachable there alone. What had the tag before goes. */
async function build(folder: string, tag: string, ...args: string[]): Promise<void> {
  const before = await imageId(tag);
  await execa('docker', ['build', '--quiet', '--network=host', `--tag=${tag}`, ...args, folder]);
  if (before !== '' && before !== (await imageId(tag)))
    await execa('docker', ['image', 'rm', before], { reject: false }); // another run may use it still
}

const imageId = (tag: string): Promise<string> => docker('image', 'ls', '--quiet', '--no-trunc', tag);

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-images-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
