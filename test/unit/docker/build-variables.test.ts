import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { asShellFile } from '../../../src/activities/docker/build-variables.js';
import { markSecrets, takenVariables } from '../../../src/activities/docker/taken-variables.js';

it('what a Dockerfile takes is read off its ARG lines and its mounts of secrets', () => {
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
  ['--mount=type=secret,id=TOKEN', '--mount=type=secret,target=/run/secrets/TOKEN,id=TOKEN.m'],
  ['--mount=type=secret,id=TOKEN\\', '--mount=type=secret,target=/run/secrets/TOKEN,id=TOKEN.m\\'],
  ['--mount=id=TOKEN,type=secret,dst=/x,required', '--mount=type=secret,dst=/x,required,id=TOKEN.m'],
  ['--mount=type=secret,target=/etc/TOKEN', '--mount=type=secret,target=/etc/TOKEN,id=TOKEN.m'],
  ['--mount=type=secret,id=TOKEN,env=X', '--mount=type=secret,env=X,id=TOKEN.m'],
  ['--mount=type=secret,id=OTHER', '--mount=type=secret,id=OTHER'],
  ['--mount=type=cache,id=TOKEN,target=/x', '--mount=type=cache,id=TOKEN,target=/x'],
])('the secret of %s gets a mark', (word, marked) => {
  expect(markSecrets(`RUN ${word} \n  true`, ['TOKEN'], 'm')).toBe(`RUN ${marked} \n  true`);
});

it('a shell reads each value as it is', () => {
  const given = { A: 'it\'s "$HOME" `x` \\n', B: 'two\nlines\n', C: '' };
  const script = `${asShellFile(given)}exec python3 -c 'import json, os; print(json.dumps([os.environ[n] for n in "ABC"]))'`;
  expect(JSON.parse(execFileSync('sh', ['-c', script], { encoding: 'utf8' }))).toEqual(Object.values(given));
});
