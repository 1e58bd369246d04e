import { mkdirSync, rmdirSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ContainerInspectInfo } from 'dockerode';
import { createLookup } from '../../../src/activities/ports/docker/container-lookup.js';
import { createContainerOutput, type ContainerOutput } from '../../../src/activities/ports/docker/container-output.js';
import { readLogTail } from '../../../src/activities/ports/instance-log.js';
import { instanceLog, layout } from '../../../src/contract/layout.js';
import { eventually } from '../../support/eventually.js';
import { containerOf, FakeEngine, json, logFrame } from '../../support/fake-engine.js';
import { SERVICE } from '../../support/host.js';

let engine: FakeEngine;
let path: string;
let output: ContainerOutput;
/** What the container has printed, and those who follow it. */
let printed: Buffer[];
let followers: ServerResponse[];
let warnings: string[];
const up = containerOf('c1') as ContainerInspectInfo;
const at = (second: number): string => `2026-01-01T00:00:0${second}.000000000Z`;
const copied = (): Promise<string[]> => readLogTail(path, 5, 100);

beforeEach(async () => {
  engine = new FakeEngine({
    '/containers/slipway.c1/json': json(up),
    '/containers/c1/logs': (res) => {
      res.writeHead(200).flushHeaders();
      for (const frame of printed) res.write(frame);
      followers.push(res);
    },
  });
  warnings = [];
  printed = [];
  followers = [];
  await engine.join();
  path = instanceLog(layout(engine.folder), SERVICE, 'c1');
  output = newOutput();
});
afterEach(async () => {
  end();
  await output.lastLines('c1');
  engine.close();
});

/** As a worker that begins has it. */
function newOutput(): ContainerOutput {
  const { docker, folder } = engine;
  const masking = () => ({ mask: (text: string) => text, longest: 0 });
  const log = { warn: (_: object, message: string) => void warnings.push(message) };
  return createContainerOutput({ docker, lookup: createLookup(docker, 'h1'), layout: layout(folder), masking, log });
}
function print(stream: 1 | 2, second: number, text: string): void {
  const frame = logFrame(stream, text, at(second));
  printed.push(frame);
  for (const follower of followers) follower.write(frame);
}
/** The container's end. */
function end(): void {
  engine.answers['/containers/slipway.c1/json'] = json(containerOf('c1', 'exited'));
  hangUp();
}
function hangUp(): void {
  for (const follower of followers.splice(0)) follower.end();
}

it('container output is copied completely, including older lines that arrive later and pieces of long lines', async () => {
  output.copy(up);
  await eventually(() => followers.length === 1);
  print(2, 2, 'newer\n');
  await eventually(async () => (await copied()).length === 1);
  print(1, 1, 'older\n');
  for (let piece = 0; piece < 9; piece += 1) print(1, 3, 'x'.repeat(16 * 1024));
  print(1, 3, '\n');
  end();
  await output.lastLines('c1');
  expect((await copied()).slice(0, 2)).toEqual(['newer', 'older']);
  expect((await copied()).slice(2).join('')).toHaveLength(9 * 16 * 1024);
});

it('a new worker continues to copy container output without missing or repeated lines', async () => {
  output.copy(up);
  print(2, 2, 'newer\n');
  print(1, 1, 'older\n');
  await eventually(async () => (await copied()).length === 2);
  end();
  await output.lastLines('c1');
  print(1, 3, 'meanwhile\n');
  engine.answers['/containers/slipway.c1/json'] = json(up);
  output = newOutput();
  output.copy(up);
  await eventually(async () => (await copied()).length >= 3);
  end();
  await output.lastLines('c1');
  expect(await copied()).toEqual(['newer', 'older', 'meanwhile']);
});

it('copying container output continues after the connection is cut', async () => {
  output.copy(up);
  print(1, 1, 'before\n');
  await eventually(async () => (await copied()).length === 1);
  hangUp();
  print(1, 2, 'after\n');
  await eventually(async () => (await copied()).length === 2);
  expect(await copied()).toEqual(['before', 'after']);
});

it('copying container output continues after a failed write', async () => {
  mkdirSync(path, { recursive: true }); // where the file should be
  print(1, 1, 'a line\n');
  output.copy(up);
  await eventually(() => warnings.length === 1);
  rmdirSync(path);
  await eventually(async () => (await copied()).length === 1);
});
