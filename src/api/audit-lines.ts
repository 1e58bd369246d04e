// Writes entries for API calls to the audit trail.
import { randomUUID } from 'node:crypto';
import type { Request } from 'express';
import type { Logger } from 'pino';
import { SlipwayError } from '../contract/errors.js';
import type { Audit, AuditEntry } from './audit.js';
import { addressOf } from './client-address.js';
import type { Caller } from './keys.js';

interface Deps {
  audit: Audit;
  log: Logger;
}

/**
 * Writes the entry before a change. Throws `audit_unavailable` if the write fails, so that no change is made without an
 * entry.
 */
export function announce(audit: Audit, entry: AuditEntry): void {
  try {
    audit.record(entry);
  } catch (cause) {
    throw new SlipwayError('audit_unavailable', { cause });
  }
}

/**
 * Writes the entry after a change. If the write fails, only the log reports the missing entry, because the change was
 * already made.
 */
export function recordOutcome({ audit, log }: Deps, entry: AuditEntry): void {
  try {
    audit.record(entry);
  } catch (err) {
    log.error({ err, entry }, 'a line of the audit trail could not be written');
  }
}

export function recordRefusal({ audit, log }: Deps, entry: AuditEntry): void {
  try {
    audit.recordRefusal(entry);
  } catch (err) {
    log.error({ err, entry }, 'a line of the audit trail could not be written');
  }
}

export const now = (): string => new Date().toISOString();

/**
 * Builds an entry without its time, status and result. Values from the caller are truncated, because they may have any
 * length.
 */
export function lineOf(
  req: Request,
  caller: Caller | undefined,
  action: AuditEntry['action'],
): Omit<AuditEntry, 'at' | 'status' | 'result'> {
  const [user, guild] = [req.get('X-User-Id'), req.get('X-Guild-Id')];
  return {
    id: randomUUID(),
    key_id: caller?.keyId ?? '',
    ...(caller?.name !== undefined && { key_name: caller.name }),
    ...(user !== undefined && { user_id: user.slice(0, 32) }),
    ...(guild !== undefined && { guild_id: guild.slice(0, 32) }),
    action,
    method: req.method,
    path: (req.originalUrl.split('?')[0] ?? '').slice(0, 500),
    address: addressOf(req),
  };
}
