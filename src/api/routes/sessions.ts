// The routes of login: the owner of a key creates a code, and the browser exchanges it for a session. A session is a
// key that expires soon.
import { Router, type Request, type Response } from 'express';
import { SlipwayError } from '../../contract/errors.js';
import { newSessionSchema } from '../../contract/sessions.js';
import { announce, lineOf, now, recordOutcome, recordRefusal } from '../audit-lines.js';
import { callerOf, mayDo } from '../auth.js';
import type { ApiDeps } from '../deps.js';
import { jsonBody } from '../json-body.js';
import { methods } from '../negotiation.js';
import { noQuery, parse } from '../parse.js';
import { UI_PATH } from '../temporal-ui/page.js';

/** A working day. */
const SESSION_MS = 12 * 60 * 60_000;

export function sessionRoutes(deps: ApiDeps): Router {
  const { keys, loginCodes } = deps;
  const router = Router();

  methods(router, '/login-codes', { post: [mayDo(deps, 'administer'), jsonBody, noQuery, createCode] });
  methods(router, '/sessions', { post: [jsonBody, noQuery, createSession] });
  return router;

  async function createCode(req: Request, res: Response): Promise<void> {
    const { code, expiresAt } = await loginCodes.create(callerOf(req).keyId);
    const login_url = `${req.protocol}://${req.get('Host') ?? ''}${UI_PATH}/login#${code}`;
    res.status(201).json({ code, login_url, expires_at: expiresAt });
  }

  async function createSession(req: Request, res: Response): Promise<void> {
    const { code } = parse(newSessionSchema, req.body, req);
    const keyId = await loginCodes.redeem(code);
    const line = { ...lineOf(req, undefined, 'authenticate'), key_id: keyId ?? '' };
    if (keyId !== undefined) announce(deps.audit, { ...line, at: now(), status: null, result: 'asked' });
    const session =
      keyId === undefined ? undefined : await keys.createSession(keyId, new Date(Date.now() + SESSION_MS));
    if (!session) {
      recordRefusal(deps, { ...line, at: now(), status: 401, result: 'refused' });
      throw new SlipwayError('unauthenticated', { text: 'unauthenticated.code' });
    }
    const target = { key: session.id };
    recordOutcome(deps, { ...line, target, at: now(), status: 201, result: 'accepted' });
    res.status(201).json({ id: session.id, token: session.key, expires_at: session.expiresAt });
  }
}
