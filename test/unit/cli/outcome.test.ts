import { expect, it } from '@jest/globals';
import type { EventBody, StatusBody } from '../../../src/cli/bodies.js';
import { commandLines, outcomeLines } from '../../../src/cli/outcome.js';
import { paintOf } from '../../../src/cli/render.js';
import { lineOf } from '../../../src/cli/texts.js';

const context = {
  paint: paintOf(false),
  line: lineOf.bind(undefined, 'en'),
} as unknown as Parameters<typeof outcomeLines>[1];

const lines = (mode: string, attempts: object[]): string[] =>
  outcomeLines(
    { status: 'completed', mode, release: 'r1', url: 'http://x', duration_seconds: 2, attempts } as StatusBody,
    context,
  );

const docker = { mode: 'docker', status: 'failed', reason: 'It listens on 127.0.0.1' };
const uv = { mode: 'uv', status: 'completed', runs_as: 'apps' };

it('the output of a completed deployment contains the mode and the reasons why other modes weren’t used', () => {
  expect(lines('auto', [docker, uv])).toEqual([
    '✔ Completed in 2.0 s  r1',
    '  http://x',
    '  It runs in the mode uv as apps, outside a container',
    '  docker: failed (It listens on 127.0.0.1)',
    '  uv: completed',
  ]);
  expect(lines('auto', [{ mode: 'docker', status: 'completed', runs_as: 'container' }]).at(-1)).toBe(
    '  It runs in the mode docker, in a container',
  );
});

it('the output of a completed deployment omits the mode if the request named the mode', () => {
  expect(lines('uv', [uv])).toEqual(['✔ Completed in 2.0 s  r1', '  http://x']);
});

const said = (type: 'command_completed' | 'command_failed', message: string, metadata: Record<string, string>) =>
  commandLines({ service_name: 'bot', event_type: type, message, metadata } as unknown as EventBody, context);

it('the output of a failed command contains a hint with CLI options', () => {
  const hint = 'Deploy in the mode docker, or see log_tail';
  expect(said('command_failed', 'The command restart failed: no', { command: 'restart', hint })).toEqual([
    '✖ The command restart failed: no',
    '  Deploy with --mode docker, or see `slipway logs bot`',
  ]);
  expect(said('command_failed', 'The command start failed', {})).toEqual(['✖ The command start failed']);
});

it('the output of a completed rollback contains the earlier and the active release', () => {
  expect(said('command_completed', 'Done', { from: 'r2', release: 'r1' })).toEqual(['✔ Done: r2 → r1']);
  expect(said('command_failed', 'The rollback to r1 failed', { release: 'r1' })).toEqual([
    '✖ The rollback to r1 failed',
  ]);
});
