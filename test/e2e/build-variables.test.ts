// What a deployment gives to its builds: in images, and in what everybody can see.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DockerStage, missing, request, type Project } from '../support/docker-stage.js';
import { BASE_IMAGE, docker } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { describeIf } from '../support/jest/conditions.js';
import { servePrivateIndex } from '../support/private-index.js';
import type { Slipway } from '../support/slipway.js';

const TOKEN = 'planted-token-of-the-build';
const ARGUMENT = 'planted-argument-of-the-build';
/** Tells what the build left and what the app was given, and stays. */
const TELLS = `
import os, pathlib, time
print("built with", pathlib.Path("/built").read_text().strip(), flush=True)
print("given", os.environ.get("TOKEN"), os.environ.get("REVISION"), flush=True)
time.sleep(3600)
`;
const TAKES = [
  `FROM ${BASE_IMAGE}`,
  'ARG REVISION',
  'RUN --mount=type=secret,id=TOKEN \\',
  '    (cat /run/secrets/TOKEN; echo " $REVISION") | tr a-z A-Z > /built && cat /run/secrets/TOKEN',
  'WORKDIR /app',
  'COPY . .',
  'CMD ["python3", "-u", "main.py"]',
  '',
].join('\n');
const WORKER = { health_check: { min_uptime: 0 } };
/** The host's address there: the first of the network where the engine doesn't name it. */
const bridge = async (): Promise<string> => {
  const { IPAM } = await docker.getNetwork('bridge').inspect();
  const { Gateway, Subnet = '' } = IPAM!.Config![0]!;
  return Gateway ?? Subnet.replace(/0\/\d+$/, '1');
};

describeIf(missing === undefined)('build variables in images', () => {
  let stage: DockerStage;
  let slipway: Slipway;

  beforeAll(async () => {
    stage = await DockerStage.open();
    ({ slipway } = stage);
  });
  afterAll(() => stage.close());

  const logOf = async (service: string): Promise<string> => (await slipway.call(`/api/services/${service}/logs`)).text;
  const deploy = (app: Project, build_variables: object, config: object = {}, rest: object = {}) =>
    slipway.run(request(app, { ...WORKER, build_variables, ...config }, rest));

  it('build variables reach the ARG and the secret mount of the same name, and the app gets only its own variables', async () => {
    const app = stage.project({ 'main.py': TELLS, Dockerfile: TAKES });
    const variables = { TOKEN, REVISION: ARGUMENT, UNUSED: 'nobody-takes-this' };
    const ended = await deploy(app, variables, { environment_variables: { REVISION: 'of-the-app' } });
    expect(ended).toMatchObject({ status: 'completed' });
    await eventually(async () => (await logOf(app.name)).includes('given None'));
    expect(await logOf(app.name)).toContain(`built with ${`${TOKEN} ${ARGUMENT}`.toUpperCase()}`);
    const [container] = await stage.containersOf(app.name);
    const image = docker.getImage(container!.Image);
    const told = JSON.stringify([await image.inspect(), await image.history(), container]);
    expect(told).not.toContain(TOKEN);
    const { text } = await slipway.call(`/api/deployments/${ended.deployment_id}`);
    const log = await slipway.logs(ended.deployment_id);
    for (const seen of [text, log, await logOf(app.name)]) {
      expect(seen).not.toContain(TOKEN);
      expect(seen).not.toContain(ARGUMENT);
    }
    expect(log).toMatch(/takes nothing of build_variables UNUSED/);

    const again = await deploy(app, variables, { environment_variables: { REVISION: 'of-the-app' } });
    expect(again).toMatchObject({ status: 'completed', changed: false });
    const other = { ...variables, TOKEN: 'another-token-of-the-build' };
    const changed = await deploy(app, other, { environment_variables: { REVISION: 'of-the-app' } });
    expect(changed).toMatchObject({ status: 'completed' });
    await eventually(async () => (await logOf(app.name)).includes('ANOTHER-TOKEN-OF-THE-BUILD'));
  });

  it('a service never reuses an image layer that was built with a secret of another service', async () => {
    const taking = (id: string): string =>
      [
        `FROM ${BASE_IMAGE}`,
        `RUN --mount=type=secret,${id},target=/run/c cp /run/c /built || echo clean > /built # ${slipway.hostId}`, // no layer of earlier tests
        `RUN --mount=type=secret,id=CONF,target=/run/other true`,
        'COPY . .',
        'CMD ["python3", "-u", "main.py"]',
        '',
      ].join('\n');
    const planting = (dockerfile: string) =>
      deploy(stage.project({ 'main.py': TELLS, Dockerfile: dockerfile }), { CONF: 'planted' });
    expect(await planting(taking('"id=CONF"'))).toMatchObject({ error: { code: 'source_invalid', step: 'check' } });
    expect(await planting(taking('id=CO\\\nNF'))).toMatchObject({ status: 'completed' });
    const victim = stage.project({ 'main.py': TELLS, Dockerfile: taking('id=CONF') });
    expect(await deploy(victim, {})).toMatchObject({ status: 'completed' });
    await eventually(async () => (await logOf(victim.name)).includes('built with clean'));
  });

  it('a build variable that sets a proxy is refused and doesn’t affect the image of another service', async () => {
    const proxy = createServer((_req, res) => res.end('PLANTED'));
    const host = await bridge();
    await new Promise<void>((resolve) => proxy.listen(0, host, resolve));
    const get = "import urllib.request as u; print(u.urlopen('http://packages.invalid/x', timeout=20).read().decode())";
    const downloading = `FROM ${BASE_IMAGE}\nRUN python3 -c "${get}" > /built || echo clean > /built # ${slipway.hostId}\nCOPY . .\nCMD python3 -u main.py\n`;
    const project = (): Project => stage.project({ 'main.py': TELLS, Dockerfile: downloading });
    const planted = await deploy(project(), { http_proxy: `http://${host}:${(proxy.address() as AddressInfo).port}` });
    proxy.close();
    const victim = project();
    expect(await deploy(victim, {})).toMatchObject({ status: 'completed' });
    await eventually(async () => (await logOf(victim.name)).includes('built with clean'));
    expect(planted.error).toMatchObject({ code: 'invalid', step: 'check' });
    expect(planted.error?.message).toContain('http_proxy');
  });

  it('a failed build logs the name of a secret that the build variables don’t contain', async () => {
    const app = stage.project({ 'main.py': TELLS, Dockerfile: TAKES });
    const ended = await deploy(app, {});
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'build_failed' } });
    expect(await slipway.logs(ended.deployment_id)).toMatch(/mounts secrets that build_variables does not give: TOKEN/);
  });

  it('build variables reach the install of a generated Dockerfile and appear in no image layer', async () => {
    const host = await bridge();
    const { place, user, password } = await servePrivateIndex({ private_greeting: 'HELLO' }, host);
    const options = `--index-url http://\${IDX_USER}:\${IDX_TOKEN}@${place}\n--trusted-host ${host}\n`;
    const app = stage.project({
      'requirements.txt': `${options}private-greeting==1.0\n`,
      'bot.py': 'import private_greeting, time\nprint(private_greeting.TEXT, flush=True)\ntime.sleep(3600)\n',
    });
    const ended = await deploy(app, { IDX_USER: user, IDX_TOKEN: password });
    expect(ended).toMatchObject({ status: 'completed' });
    await eventually(async () => (await logOf(app.name)).includes('HELLO'));
    const [container] = await stage.containersOf(app.name);
    const image = docker.getImage(container!.Image);
    expect(JSON.stringify([await image.inspect(), await image.history(), container])).not.toContain(password);
    expect(await slipway.logs(ended.deployment_id)).not.toContain(password);
    const without = await deploy(app, {});
    expect(without).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('IDX_USER, IDX_TOKEN') },
    });
  });
});

describeIf(missing === undefined)('build variables without BuildKit', () => {
  let stage: DockerStage;

  beforeAll(async () => {
    stage = await DockerStage.open({ DOCKER_BUILDKIT: '0' });
  });
  afterAll(() => stage.close());

  it('an engine without BuildKit builds with ARG, and refuses secret mounts and build variables of a generated Dockerfile', async () => {
    const build_variables = { REVISION: 'r7' };
    const dockerfile = `FROM ${BASE_IMAGE}\nARG REVISION\nRUN echo "$REVISION" > /built\nCOPY . .\nCMD python3 -u main.py\n`;
    const own = stage.project({ 'main.py': TELLS, Dockerfile: dockerfile });
    const ended = await stage.slipway.run(request(own, { ...WORKER, build_variables }));
    expect(ended).toMatchObject({ status: 'completed' });
    const mounting = stage.project({ 'main.py': TELLS, Dockerfile: TAKES });
    const refused = await stage.slipway.run(request(mounting, { ...WORKER, build_variables }));
    expect(refused).toMatchObject({ status: 'failed', error: { code: 'engine_unavailable' } });
    const generated = stage.project({ 'main.py': TELLS, 'requirements.txt': 'six\n' });
    const kept = await stage.slipway.run(request(generated, { ...WORKER, build_variables }));
    expect(kept).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('config.build_variables') },
    });
  });
});
