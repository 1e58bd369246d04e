import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { outsideReachOf } from '../../../src/activities/docker/outside-reach.js';

const URL = 'http://127.0.0.1:8080/x';
const reaches = (text: string): boolean => outsideReachOf(`FROM python:3.11-slim\n${text}\n`) !== undefined;

describe('Dockerfiles that reach outside their build', () => {
  it.each<[string, string]>([
    ['an ADD instruction with a URL', `ADD ${URL} /x`],
    ['an indented lower-case ADD instruction', `  add\t${URL} /x`],
    ['an ADD instruction after a no-break space', `\u00a0ADD ${URL} /x`],
    ['an ADD instruction after a byte order mark', `\uFEFFADD ${URL} /x`],
    ['an ADD instruction with options', `ADD --chown=1:1 --checksum=sha256:00 ${URL} /x`],
    ['the second source of an ADD instruction', `ADD main.py ${URL} /x/`],
    ['an ADD instruction in JSON form', `ADD ["${URL}", "/x"]`],
    ['an ADD instruction in JSON form with an escaped character code', 'ADD ["http:\\u002f/127.0.0.1/x", "/x"]'],
    ['an ADD instruction in JSON form with escaped slashes', 'ADD ["http:\\/\\/127.0.0.1/x", "/x"]'],
    ['an ADD instruction in JSON form with an escaped colon', 'ADD ["http\\u003a//127.0.0.1/x", "/x"]'],
    ['a URL that contains quotes', `ADD http:/"/"127.0.0.1/x /x`],
    ['a URL that contains an escape character', 'ADD http:/\\/127.0.0.1/x /x'],
    ['an ADD instruction with a variable', `ARG U=${URL}\nADD $U /x`],
    ['an ADD instruction with a variable that has a default', 'ADD ${U:-main.py} /x'],
    ['an ADD instruction with a git repository', 'ADD git@127.0.0.1:x.git /x'],
    ['an ADD instruction with a git repository and a user', 'ADD deploy@127.0.0.1:x.git /x'],
    ['an ADD instruction with a git repository without a scheme', 'ADD github.com/someone/x /x'],
    ['an ONBUILD instruction for later builds', `ONBUILD ADD ${URL} /x`],
    ['an ADD instruction with a URL on the next line', `ADD \\\n${URL} /x`],
    ['a URL after a comment and an empty line', `ADD \\\n# a comment\n\n  ${URL} /x`],
    ...['\uFEFF', ' \uFEFF', '\u00a0', '\u0085', '\u2003', '\u3000'].map((blank): [string, string] => [
      `a line that resembles a comment after ${JSON.stringify(blank)}`,
      `ADD main.py \\\n${blank}#* ${URL} /x/`,
    ]),
    ['a URL after an escape character and spaces', `ADD \\  \n${URL} /x`],
    ['an ADD keyword that is split into two lines', `A\\\nDD ${URL} /x`],
    ['an ADD instruction with a backtick as the escape character', `ADD \`\n${URL} /x`],
    [
      'an ADD instruction after a heredoc whose delimiter ends with an escape character',
      `RUN <<'E\\'\ntrue\nE\\\nADD ${URL} /x`,
    ],
    ['an ADD instruction with a carriage return', `ADD \r \\\n${URL} /x`],
    ['an ADD instruction with a line separator', `ADD a\u2028b \\\n${URL} /x`],
    ['an ADD instruction with a paragraph separator', `ADD a\u2029b \\\n${URL} /x`],
    ['an ONBUILD instruction with a carriage return', `ONBUILD\r ADD \\\n${URL} /x`],
    ['a syntax comment with a carriage return', '# syntax=example.com/frontend:1\rx'],
    ['a RUN instruction with the host network after a line separator', 'RUN\u2028 \\\n --network=host true'],
    ['an ADD instruction with Windows line endings', `ADD \\\r\n${URL} /x\r`],
    ['a syntax comment with a third-party frontend', '# syntax=example.com/frontend:1'],
    ['a syntax comment with Docker’s experimental frontend', '#syntax = docker/dockerfile:1-labs'],
    ['a syntax comment with a pinned frontend digest', '# syntax=docker/dockerfile:1@sha256:00'],
    ['a syntax comment that begins with two slashes', '// syntax=example.com/frontend:1'],
    ['a RUN instruction with the host network', 'RUN --network=host true'],
    [
      'a RUN instruction with the host network in a quoted option',
      'RUN --mount=type=tmpfs,target=/t --net"work"=host true',
    ],
    ['a RUN instruction without security limits', 'RUN --security=insecure true'],
  ])('access outside the build is detected in %s', (_how, text) => {
    expect(reaches(text)).toBe(true);
  });

  it('a frontend in a JSON syntax directive is detected', () => {
    expect(outsideReachOf('#!/usr/bin/env x\n{"syn\\u0074ax": "example.com/frontend"}')).toBeDefined();
  });

  it('the line and the instruction that reach outside the build are returned', () => {
    expect(outsideReachOf(`FROM a\n\nADD \\\n  ${URL} /x\n`)).toEqual({ line: 3, instruction: `ADD ${URL} /x` });
  });
});

it.each(['\uFEFF# a comment', ' \t# a comment', '\r# a comment'])('a URL in a comment isn’t detected: %j', (text) => {
  expect(outsideReachOf(`${text} of http://127.0.0.1/x\nFROM python:3.11-slim\n`)).toBeUndefined();
});

it.each([
  'ADD main.py /app/',
  'ADD --chown=$USER . /app',
  'ADD archive.tar.gz /',
  `COPY . .\nRUN curl ${URL}`,
  `ENV ADDRESS=${URL}`,
  `LABEL url="${URL}"`,
  '# syntax=docker/dockerfile:1',
  '# syntax = docker.io/docker/dockerfile:1.7',
  'RUN --mount=type=cache,target=/root/.cache/pip pip install flask',
  'RUN --network=none true',
  'RUN adduser --security x',
  `CMD ["python", "-c", "print('${URL}')"]`,
])('%j isn’t detected as an instruction that reaches outside its build', (text) => {
  expect(reaches(text)).toBe(false);
});

it('an ADD of a URL is detected between any other instructions', () => {
  const line = fc.constantFrom(
    'RUN true',
    'RUN a \\',
    '# note',
    '',
    'COPY . .',
    'ENV A=b \\',
    'ONBUILD RUN x',
    '`',
    '\\',
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.array(line, { maxLength: 8 }), (before, after) => {
      expect(reaches([...before, `ADD ${URL} /x`, ...after].join('\n'))).toBe(true);
    }),
  );
});

it.each([
  ['19,000 continued lines', '\\\n'.repeat(19_000)],
  ['19,000 continued ADD keywords', 'ADD \\\n'.repeat(19_000)],
  ['19,000 continued ONBUILD triggers', 'ONBUILD \\\n'.repeat(19_000)],
  ['100 lines with 1,500 options each', `RUN${' --a'.repeat(1_500)} \\\n`.repeat(100)],
  ['140 lines with 7,000 spaces each', `ADD${' '.repeat(7_000)}\\\n`.repeat(140)],
])('a Dockerfile of %s is scanned in less than a second', (_what, text) => {
  const startedAt = performance.now();
  outsideReachOf(text);
  expect(performance.now() - startedAt).toBeLessThan(1000); // quadratic ones take minutes
});
