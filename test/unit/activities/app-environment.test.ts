import { describe, expect, it } from '@jest/globals';
import { appEnvironment, type AppEnvironmentInput } from '../../../src/activities/app-environment.js';
import { layout } from '../../../src/contract/layout.js';

const input: AppEnvironmentInput = {
  spec: { service: 'shop', deploymentId: 'd1', environment: 'prod', environmentKey: 'uv-1', kind: 'web' },
  variables: { TOKEN: 'geheim' },
  layout: layout('/data'),
  host: { PATH: '/host/bin', LANG: 'C.UTF-8', TZ: 'UTC', PIP_INDEX_URL: 'x', HOME: '/root', SLIPWAY_SECRET_KEY: 'x' },
  instanceId: 'i1',
  port: 5000,
};

describe('the environment of an app', () => {
  it('an app gets the variables of the request and of Slipway, and four variables of the host', () => {
    expect(appEnvironment(input)).toEqual({
      TOKEN: 'geheim',
      PATH: '/data/environments/uv-1/bin:/host/bin',
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      HOME: '/data/homes/shop',
      VIRTUAL_ENV: '/data/environments/uv-1',
      PYTHONUNBUFFERED: '1',
      UV_PROJECT_ENVIRONMENT: '/data/environments/uv-1',
      UV_NO_SYNC: '1',
      PORT: '5000',
      SLIPWAY_SERVICE: 'shop',
      SLIPWAY_RELEASE: 'd1',
      SLIPWAY_DEPLOYMENT_ID: 'd1',
      SLIPWAY_INSTANCE: 'i1',
      SLIPWAY_ENVIRONMENT: 'prod',
    });
  });

  it('the request can override PATH, TZ and PYTHONUNBUFFERED but not PORT', () => {
    const variables = { PATH: '/own', TZ: 'Asia/Taipei', PYTHONUNBUFFERED: '', PORT: '1' };
    expect(appEnvironment({ ...input, variables })).toMatchObject({
      PATH: '/data/environments/uv-1/bin:/own',
      TZ: 'Asia/Taipei',
      PYTHONUNBUFFERED: '',
      PORT: '5000',
    });
  });

  it('the folder of uv is last on the PATH of an app', () => {
    expect(appEnvironment({ ...input, uv: '/tools/uv/bin/uv' })['PATH']).toBe(
      '/data/environments/uv-1/bin:/host/bin:/tools/uv/bin',
    );
  });

  it('a worker has no PORT, and SLIPWAY_INSTANCE is unset without an instance', () => {
    const worker = appEnvironment({
      ...input,
      spec: { ...input.spec, kind: 'worker' },
      instanceId: undefined,
      port: undefined,
    });
    expect(Object.keys(worker)).not.toEqual(expect.arrayContaining(['PORT']));
    expect(Object.keys(worker)).not.toEqual(expect.arrayContaining(['SLIPWAY_INSTANCE']));
  });
});
