import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createInterpreters, type AskInterpreter } from '../../../../src/activities/ports/interpreter.js';
import { fakeDate } from '../../../support/jest/fake-date.js';

describe('interpreters', () => {
  let folder: string;
  let program: string;
  let ask: AskInterpreter;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'interpreter-'));
    program = join(folder, 'python3');
    ask = createInterpreters({ path: process.env['PATH'] ?? '', home: folder });
    writeFileSync(join(folder, 'asked'), '');
  });
  afterEach(() => {
    jest.useRealTimers();
    rmSync(folder, { recursive: true });
  });

  /** A program that notes that it was run, and then does this. */
  const writeProgram = (then: string): void => {
    writeFileSync(program, `#!/bin/sh\necho >>${folder}/asked\n${then}\n`, { mode: 0o755 });
  };
  /** Some time ago. */
  const install = (then: string): void => {
    writeProgram(then);
    fakeDate(Date.now() + 1000);
  };
  const allModules = (): string[] => {
    const modules = ['venv.py', 'ensurepip.py'].map((name) => join(folder, name));
    for (const path of modules) writeFileSync(path, '');
    return modules;
  };
  const timesAsked = (): number => readFileSync(join(folder, 'asked'), 'utf8').length;
  const saying = (version: string, modules: string[]): string =>
    `echo '${JSON.stringify({ path: program, version, modules })}'`;

  it('an interpreter is identified by its own path rather than by the path of a wrapper script', async () => {
    install('exec python3 "$@"');
    const found = await ask(program);
    expect(found).toEqual({
      path: expect.stringMatching(/^\/.*python3[.\d]*$/),
      version: expect.stringMatching(/^3\.\d+\.\d+/),
      hasVenv: true,
    });
    expect(found?.path).not.toBe(program);
  });

  it('an interpreter is run once while its files are unchanged', async () => {
    install(saying('3.11.1', allModules()));
    expect(await ask(program)).toMatchObject({ version: '3.11.1', hasVenv: true });
    expect(await ask(program)).toMatchObject({ version: '3.11.1', hasVenv: true });
    expect(timesAsked()).toBe(1);
  });

  it('an interpreter is run again after its program was replaced', async () => {
    const modules = allModules();
    install(saying('3.11.1', modules));
    await ask(program);
    install(saying('3.11.10', modules));
    expect(await ask(program)).toMatchObject({ version: '3.11.10' });
  });

  it('an interpreter that was written a moment ago is run again on the next call', async () => {
    const modules = allModules();
    writeProgram(saying('3.11.1', modules));
    await ask(program);
    await ask(program);
    expect(timesAsked()).toBe(2);
  });

  it('an interpreter is run again after a file of one of its modules was deleted', async () => {
    const modules = allModules();
    install(saying('3.11.1', modules));
    await ask(program);
    rmSync(modules[0]!);
    await ask(program);
    expect(timesAsked()).toBe(2);
  });

  it('an interpreter without venv is run on every call', async () => {
    install(saying('3.11.1', []));
    expect(await ask(program)).toMatchObject({ hasVenv: false });
    await ask(program);
    expect(timesAsked()).toBe(2);
  });

  it('a program that forwards to another interpreter is run on every call', async () => {
    install('exec python3 "$@"');
    const found = await ask(program);
    expect(await ask(program)).toEqual(found);
    expect(timesAsked()).toBe(2);
  });

  it('a program that fails isn’t an interpreter, and is found as soon as it works', async () => {
    install('exit 127');
    expect(await ask(program)).toBeUndefined();
    install('exec python3 "$@"');
    expect(await ask(program)).toMatchObject({ hasVenv: true });
  });

  it('an interpreter is run again after ten minutes', async () => {
    install(saying('3.11.1', allModules()));
    await ask(program);
    fakeDate(Date.now() + 11 * 60_000);
    await ask(program);
    expect(timesAsked()).toBe(2);
  });
});
