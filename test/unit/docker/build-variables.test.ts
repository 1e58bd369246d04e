import { execFileSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { asShellFile, givenTo, mustTake } from '../../../src/activities/docker/build-variables.js';
import type { InstallSettings } from '../../../src/activities/install-settings.js';
import { markSecrets, takenVariables } from '../../../src/activities/docker/taken-variables.js';

it('the variables that a Dockerfile uses are read from its ARG lines and its secret mounts', () => {
  const dockerfile = [
    'ARG BASE=python:3.11-slim',
    'FROM $BASE',
    'arg INDEX_TOKEN other="a b" \\',
    '    LATER',
    'RUN --mount=type=cache,target=/root/.cache \\',
    '    --mount=type=secret,id=NPM_TOKEN \\',
    '    --mount=type=secret,required=true,target=/etc/NETRC pip install x',
    '# ARG COMMENTED',
    'ENV ARG=1',
  ].join('\n');
  const { args, secrets } = takenVariables(dockerfile);
  expect(args).toEqual(expect.arrayContaining(['BASE', 'INDEX_TOKEN', 'other', 'LATER']));
  expect(args).not.toContain('COMMENTED');
  expect(secrets).toEqual(['NPM_TOKEN', 'NETRC']);
});

it.each([
  '--mount=type=secret,"id=TOKEN",target=/x',
  '--mount="type=secret,id=TOKEN"',
  "--mount='type=secret',id=TOKEN",
  '--mount=type=sec\\ret,id=TOKEN',
  '--mount=type=secret,i\\d=TOKEN',
  '--mount=type=secret,id=TO\\KEN',
  '--mount=type=secret,id=$NAME',
  '--mount=type=$TYPE,id=TOKEN',
  '--mount=type=secret,target="/etc/TOKEN"',
  '--mount=type=secret,\\\nid=TOKEN',
  '--mount=type=secret,target="/a,b",id=TOKEN',
  '--mount=type=secret,\u0130d=TOKEN',
])('a secret mount with a quoted, escaped or variable name is refused if build variables are given: %j', (mount) => {
  const { secrets, unread } = takenVariables(`FROM a\nRUN ${mount} true\n`);
  expect(secrets).toEqual([]);
  expect(unread).toHaveLength(1);
  const settings = { given: { TOKEN: 'x' } };
  expect(() => mustTake({ args: [], secrets, unread }, settings)).toThrow('docker.unread_mount');
  expect(() => mustTake({ args: [], secrets, unread }, { given: {} })).not.toThrow();
});

it.each([
  '--mount=type=cache,id="TOKEN",target=$HOME/x',
  '--mount=type=secret,ID=TOKEN,target="/etc/x"',
  '--mount=Type=Secret,id=TOKEN,target=$HOME/x',
])('a mount whose type and id are plain isn’t refused: %s', (mount) => {
  const { secrets, unread } = takenVariables(`FROM a\nRUN ${mount} true\n`);
  expect(unread).toEqual([]);
  expect(secrets).toEqual(mount.includes('cache') ? [] : ['TOKEN']);
});

it.each(['HTTP_PROXY', 'https_proxy', 'No_Proxy', 'ALL_PROXY', 'FTP_PROXY'])(
  'a proxy as a build variable is refused for a Dockerfile of the project: %s',
  (name) => {
    const takes = { args: [name], secrets: [], unread: [] };
    expect(() => mustTake(takes, { given: { [name]: 'http://h' } })).toThrow('docker.proxy_given');
    expect(() => mustTake(takes, { given: { BUILD_PROXY: 'http://h' } })).not.toThrow();
  },
);

it('a secret is available to a build only under its marked name', () => {
  const settings = { given: { TOKEN: 'x' }, secrets: { mac: () => 'm'.repeat(64) } } as unknown as InstallSettings;
  const dockerfile = 'FROM a\nRUN --mount=type=secret,id=TO\\\nKEN true\nRUN --mount=type=secret,ID=TOKEN true\n';
  const { secrets, dockerfile: built } = givenTo({ dockerfile, takes: takenVariables(dockerfile) }, settings);
  expect(secrets).toEqual({ [`TOKEN.${'m'.repeat(16)}`]: 'x' });
  expect(built).toContain(`id=TOKEN.${'m'.repeat(16)} true`);
});

it.each([
  ['--mount=type=secret,id=TOKEN', '--mount=type=secret,target=/run/secrets/TOKEN,id=TOKEN.m'],
  ['--mount=type=secret,id=TOKEN\\', '--mount=type=secret,target=/run/secrets/TOKEN,id=TOKEN.m\\'],
  ['--mount=id=TOKEN,type=secret,dst=/x,required', '--mount=type=secret,dst=/x,required,id=TOKEN.m'],
  ['--mount=type=secret,target=/etc/TOKEN', '--mount=type=secret,target=/etc/TOKEN,id=TOKEN.m'],
  ['--mount=type=secret,id=TOKEN,env=X', '--mount=type=secret,env=X,id=TOKEN.m'],
  ['--mount=type=secret,id=OTHER', '--mount=type=secret,id=OTHER'],
  ['--mount=type=cache,id=TOKEN,target=/x', '--mount=type=cache,id=TOKEN,target=/x'],
])('the secret mount in %s is marked if its secret is given', (word, marked) => {
  expect(markSecrets(`RUN ${word} \n  true`, ['TOKEN'], 'm')).toBe(`RUN ${marked} \n  true`);
});

it('values of build variables are passed through a shell unchanged', () => {
  const given = { A: 'it\'s "$HOME" `x` \\n', B: 'two\nlines\n', C: '' };
  const script = `${asShellFile(given)}exec python3 -c 'import json, os; print(json.dumps([os.environ[n] for n in "ABC"]))'`;
  expect(JSON.parse(execFileSync('sh', ['-c', script], { encoding: 'utf8' }))).toEqual(Object.values(given));
});
