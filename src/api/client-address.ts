// The address a call comes from: the connection's, or what a trusted proxy in front says.
import { isIP } from 'node:net';
import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';

/** Express has followed `X-Forwarded-For` through trusted proxies alone; what it found may still be any text. */
export function addressOf(req: Request): string {
  const { ip = '' } = req;
  return isIP(ip) === 0 ? (req.socket.remoteAddress ?? '') : ip;
}

/** A network of this size is one customer's (RFC 6177): single addresses of it are free to take. */
const IPV6_PREFIX = 64;

/** Every user of the host has 16 million of these. */
const LOOPBACK = /^(::ffff:)?127\./;

/** What counts as one caller. */
export const addressBucketOf = (req: Request): string =>
  LOOPBACK.test(addressOf(req)) ? '127.0.0.1' : ipKeyGenerator(addressOf(req), IPV6_PREFIX);
