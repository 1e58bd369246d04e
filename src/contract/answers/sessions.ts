// Response bodies of login codes and sessions.
import { z } from 'zod';
import { time } from './parts.js';

export const loginCodeAnswer = z.looseObject({ code: z.string(), login_url: z.string(), expires_at: time }).meta({
  id: 'LoginCode',
  example: {
    code: 'p3vK-example',
    login_url: 'http://127.0.0.1:8088/temporal/login#p3vK-example',
    expires_at: '2026-01-02T03:14:05.000Z',
  },
});

export const sessionAnswer = z.looseObject({ id: z.string(), token: z.string(), expires_at: time }).meta({
  id: 'Session',
  example: { id: 'key_0123456789ab', token: 'slipway_…', expires_at: '2026-01-02T15:04:05.000Z' },
});
