import { expect, it } from '@jest/globals';
import { eventBody, rowBody } from '../../../src/api/service-bodies.js';
import { rowOf, type ServiceEvent } from '../../../src/contract/views.js';
import { newService, serviceView } from '../../../src/workflows/service-state.js';

const failed = (details: Record<string, string>): ServiceEvent => ({
  type: 'command_failed',
  at: '2026-01-02T03:04:05.000Z',
  reason: { text: 'isolation.container', params: { mode: 'uv' } },
  details: { command_id: 'cmd_1', code: 'tool_missing', ...details },
});

it('a failed command has a hint in the language of the reader', () => {
  const restart = failed({ command: 'restart' });
  const { message, metadata } = eventBody('bot', restart, 'en');
  expect(message).toMatch(/^The command restart failed: .*not in the mode uv$/);
  expect(metadata).toEqual({ ...restart.details, hint: expect.stringMatching(/^Deploy in the mode docker/) });
  expect(eventBody('bot', restart, 'zh-TW').metadata['hint']).toContain('請以 docker 模式部署');
});

it('a command that was superseded has no hint', () => {
  const overtaken = { ...failed({ command: 'stop' }), reason: { text: 'service.overtaken', params: {} } as const };
  expect(eventBody('bot', overtaken, 'en').metadata).toEqual(overtaken.details);
});

it('the message of a failed rollback contains the release', () => {
  const { message, metadata } = eventBody('bot', failed({ command: 'rollback', release: 'uv_1' }), 'en');
  expect(message).toMatch(/^The rollback to uv_1 failed: This host/);
  expect(metadata).toMatchObject({ release: 'uv_1' });
});

it('a service with a message has the hint for that message', () => {
  const row = rowOf(serviceView(newService('bot', '2026-01-02T03:04:05.000Z')));
  const message = { text: 'isolation.container', params: { mode: 'uv' } } as const;
  expect(rowBody({ ...row, message }, 'en').hint).toMatch(/^Deploy in the mode docker/);
  expect(rowBody(row, 'en')).not.toHaveProperty('hint');
});
