import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outsideReachOf } from '../../../src/activities/docker/outside-reach.js';

const URL = 'http://127.0.0.1:8080/x';
const reaches = (text: string): boolean => outsideReachOf(`FROM python:3.11-slim\n${text}\n`) !== undefined;

describe('Dockerfiles that reach outside their build', () => {
  it.each<[string, string]>([
    ['by ADD of a URL', `ADD ${URL} /x`],
    ['in small letters, indented', `  add\t${URL} /x`],
    ['behind a no-break space', `\u00a0ADD ${URL} /x`],
    ['behind a byte order mark', `\uFEFFADD ${URL} /x`],
    ['behind options', `ADD --chown=1:1 --checksum=sha256:00 ${URL} /x`],
    ['as the second source', `ADD main.py ${URL} /x/`],
    ['in JSON', `ADD ["${URL}", "/x"]`],
    ['in JSON with an escape', 'ADD ["http:\\u002f/127.0.0.1/x", "/x"]'],
    ['in JSON with escaped slashes', 'ADD ["http:\\/\\/127.0.0.1/x", "/x"]'],
    ['in JSON with an escaped colon', 'ADD ["http\\u003a//127.0.0.1/x", "/x"]'],
    ['with quotes in its middle', `ADD http:/"/"127.0.0.1/x /x`],
    ['with an escape in its middle', 'ADD http:/\\/127.0.0.1/x /x'],
    ['by a variable', `ARG U=${URL}\nADD $U /x`],
    ['by a default of a variable', 'ADD ${U:-main.py} /x'],
    ['by a repository', 'ADD git@127.0.0.1:x.git /x'],
    ['by a repository of another user', 'ADD deploy@127.0.0.1:x.git /x'],
    ['by a repository without a scheme', 'ADD github.com/someone/x /x'],
    ['for the builds that come after it', `ONBUILD ADD ${URL} /x`],
    ['on the next line', `ADD \\\n${URL} /x`],
    ['behind a comment and an empty line', `ADD \\\n# a comment\n\n  ${URL} /x`],
    ...['\uFEFF', ' \uFEFF', '\u00a0', '\u0085', '\u2003', '\u3000'].map((blank): [string, string] => [
      `behind what looks like a comment behind ${JSON.stringify(blank)}`,
      `ADD main.py \\\n${blank}#* ${URL} /x/`,
    ]),
    ['behind spaces after the escape', `ADD \\  \n${URL} /x`],
    ['with a keyword in two lines', `A\\\nDD ${URL} /x`],
    ['with another escape character', `ADD \`\n${URL} /x`],
    ['behind a line that ends a text with an escape', `RUN <<'E\\'\ntrue\nE\\\nADD ${URL} /x`],
    ['behind a carriage return', `ADD \r \\\n${URL} /x`],
    ['behind a line separator', `ADD a\u2028b \\\n${URL} /x`],
    ['behind a paragraph separator', `ADD a\u2029b \\\n${URL} /x`],
    ['for later builds, behind a carriage return', `ONBUILD\r ADD \\\n${URL} /x`],
    ['by a frontend behind a carriage return', '# syntax=example.com/frontend:1\rx'],
    ['by the network of the host, behind a line separator', 'RUN\u2028 \\\n --network=host true'],
    ['with lines that end like those of Windows', `ADD \\\r\n${URL} /x\r`],
    ['by a foreign frontend', '# syntax=example.com/frontend:1'],
    ['by Docker’s experimental frontend', '#syntax = docker/dockerfile:1-labs'],
    ['by a frontend of another name', '# syntax=docker/dockerfile:1@sha256:00'],
    ['by a frontend in another comment', '// syntax=example.com/frontend:1'],
    ['by the network of the host', 'RUN --network=host true'],
    ['by the network of the host, in quotes', 'RUN --mount=type=tmpfs,target=/t --net"work"=host true'],
    ['by a command without limits', 'RUN --security=insecure true'],
  ])('a Dockerfile that reaches outside its build is detected: %s', (_how, text) => {
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
  ['continued lines', '\\\n'.repeat(19_000)],
  ['keywords', 'ADD \\\n'.repeat(19_000)],
  ['triggers', 'ONBUILD \\\n'.repeat(19_000)],
  ['options', `RUN${' --a'.repeat(1_500)} \\\n`.repeat(100)],
  ['spaces', `ADD${' '.repeat(7_000)}\\\n`.repeat(140)],
])('one megabyte of %s is scanned in less than a second', (_what, text) => {
  const startedAt = performance.now();
  outsideReachOf(text);
  expect(performance.now() - startedAt).toBeLessThan(1000); // quadratic ones take minutes
});
