// A worker in small: runs one install, until it is killed. Its order is a JSON file.
import { readFileSync } from 'node:fs';
import { createFallback } from '../../src/activities/fallback/steps.js';
import { disk } from '../../src/activities/ports/disk-port.js';
import { createLogs } from '../../src/activities/ports/log-port.js';
import { createPythons } from '../../src/activities/ports/python-port.js';
import { createTools } from '../../src/activities/ports/tools.js';
import { createUv } from '../../src/activities/uv/steps.js';
import { layout } from '../../src/contract/layout.js';
import type { InstallInput } from '../../src/contract/steps.js';
import { createSecrets, newCallbackSecret, newSecretKey } from '../../src/secrets.js';
import { act } from './act.js';
import { inlineParser } from './inline-parser.js';

interface Order {
  root: string;
  input: InstallInput;
  uv: string;
  keeper: string;
  mode: 'uv' | 'fallback';
  toolEnvironment: Record<string, string>;
}

const { root, input, uv, keeper, mode, toolEnvironment } = JSON.parse(
  readFileSync(process.argv[2] ?? '', 'utf8'),
) as Order;
const at = layout(root);
const ports = {
  disk,
  logs: createLogs(at),
  parser: inlineParser,
  python: createPythons({ path: process.env['PATH'] ?? '', home: process.env['HOME'] ?? '/' }),
  tools: createTools({ python: input.python, script: keeper }),
};
const settings = {
  hostId: 'test-host',
  modes: ['uv', 'fallback'],
  isolation: 'any',
  processUser: 'root',
  layout: at,
  sourceRoots: [],
  retentionDays: 365,
  pythonImage: 'python:3.11-slim',
  language: 'en',
  secrets: createSecrets(newSecretKey()),
  callbackSecret: newCallbackSecret(),
  toolEnvironment,
  uv,
} as const;
const install =
  mode === 'uv' ? createUv(ports, settings).installWithUv : createFallback(ports, settings).installWithPip;
await act(() => install(input));
