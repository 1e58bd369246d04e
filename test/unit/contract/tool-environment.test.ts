import { expect, test } from '@jest/globals';
import { passwordsIn } from '../../../src/masking.js';
import { nameFiles, proxiesIn, toolEnvironment, withBuildVariables } from '../../../src/contract/tool-environment.js';

test('tools get the variables for network and package index, and no secrets of the host', () => {
  const passed = {
    PATH: '/bin',
    HOME: '/root',
    LANG: 'C',
    TZ: 'UTC',
    TMPDIR: '/tmp',
    PIP_INDEX_URL: 'x',
    UV_DEFAULT_INDEX: 'x',
    UV_INDEX_PRIVATE_PASSWORD: 'x',
    HTTPS_PROXY: 'x',
    https_proxy: 'x',
    NO_PROXY: 'x',
    SSL_CERT_FILE: 'x',
    REQUESTS_CA_BUNDLE: 'x',
    CURL_CA_BUNDLE: 'x',
    GIT_SSL_CAINFO: 'x',
  };
  const kept = {
    SLIPWAY_SECRET_KEY: 's',
    TEMPORAL_API_KEY: 's',
    AWS_SECRET_ACCESS_KEY: 's',
    SSH_AUTH_SOCK: 's',
    PYTHONPATH: 's',
    UV_PROJECT: 's',
    PIP_TARGET: 's',
    UV_PUBLISH_TOKEN: 's',
    PIP_PASSWORD: 's',
    TWINE_PASSWORD: 's',
  };
  expect(toolEnvironment({ ...passed, ...kept, LC_ALL: undefined })).toEqual(passed);
  expect(toolEnvironment({ ...passed, ...kept }, ['PYTHONPATH'])).toEqual({ ...passed, PYTHONPATH: 's' });
});

test('passwords of proxies and package indexes are found for masking', () => {
  expect(
    passwordsIn({
      HTTPS_PROXY: 'http://u:geheim%21%21@proxy:3128',
      PIP_EXTRA_INDEX_URL: 'https://a/ https://u:zweites@b/',
      UV_INDEX_PRIVATE_PASSWORD: 'drittes',
      PATH: '/bin',
    }),
  ).toEqual(expect.arrayContaining(['geheim%21%21', 'geheim!!', 'zweites', 'drittes']));
});

test('a password with an invalid percent encoding is found unchanged', () => {
  expect(passwordsIn({ HTTPS_PROXY: 'http://bob:50%off@proxy:3128' })).toContain('50%off');
});

test.each(['ARTIFACTORY_APIKEY', 'DB_PASS', 'SENTRY_DSN', 'GOOGLE_CREDENTIALS', 'GITHUB_PAT', 'npm_token'])(
  'the value of %s is a secret',
  (name) => {
    expect(passwordsIn({ [name]: 'geheim' })).toEqual(['geheim']);
  },
);

test.each(['STAGE', 'KEYBOARD', 'PATH', 'HTTP_PROXY'])('the value of %s isn’t a secret', (name) => {
  expect(passwordsIn({ [name]: 'plain' })).toEqual([]);
});

test('builds get only the proxy variables of the host, in upper and lower case', () => {
  expect(proxiesIn({ HTTP_PROXY: 'http://a', no_proxy: 'b', PIP_PROXY: 'c', PATH: '/bin' })).toEqual({
    HTTP_PROXY: 'http://a',
    http_proxy: 'http://a',
    NO_PROXY: 'b',
    no_proxy: 'b',
  });
});

test('a proxy variable that is set in both cases keeps both values', () => {
  const both = { HTTPS_PROXY: 'http://a', https_proxy: 'http://b' };
  expect(proxiesIn(both)).toEqual(both);
});

test('a build variable overrides the variable of the host, and an index replaces all index settings of the host', () => {
  const host = { PATH: '/bin', PIP_INDEX_URL: 'host', UV_DEFAULT_INDEX: 'host', UV_INDEX: 'host-more' };
  expect(withBuildVariables(host, { TOKEN: 't' })).toEqual({ ...host, TOKEN: 't' });
  expect(withBuildVariables(host, { UV_INDEX_URL: 'own' })).toEqual({
    PATH: '/bin',
    UV_INDEX: 'host-more',
    UV_INDEX_URL: 'own',
    PIP_INDEX_URL: 'own',
  });
});

test.each<[boolean, string, string]>([
  [true, 'PIP_CONSTRAINT', 'constraints.txt'],
  [true, 'UV_FIND_LINKS', 'wheels'],
  [true, 'UV_INDEX', 'mine=https://a.example/simple ./index'],
  [false, 'UV_INDEX', 'mine=https://a.example/simple https://b.example/simple'],
  [false, 'PIP_INDEX_URL', 'https://a.example/simple'],
  [false, 'TOKEN', 'wheels'],
])('the detection of a project file returns %s for %s=%s', (isFile, name, value) => {
  expect(nameFiles({ [name]: value })).toBe(isFile);
});

test('the PATH of tools contains no program folders of Slipway’s packages or of npm', () => {
  const npm = '/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin';
  const added = ['/srv/slipway/node_modules/.bin', '/srv/node_modules/.bin', '/node_modules/.bin', npm];
  const own = ['/home/me/node_modules/.bin', '/usr/local/bin', '/usr/bin'];
  const env = { PATH: [...added, ...own].join(':'), npm_package_json: '/srv/slipway/package.json' };
  expect(toolEnvironment(env).PATH).toBe(own.join(':'));
});

test('a PATH that npm didn’t change stays unchanged', () => {
  const PATH = '/srv/slipway/node_modules/.bin:/usr/bin';
  expect(toolEnvironment({ PATH })).toEqual({ PATH });
});
