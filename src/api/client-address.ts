// Determines the client address: the address of the connection, or the address that a trusted proxy sent.
import { isIP } from 'node:net';
import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';

/**
 * Returns the client's IP address. Express follows `X-Forwarded-For` only through trusted proxies, but the value can
 * still be any text.
 */
export function addressOf(req: Request): string {
  const { ip = '' } = req;
  return isIP(ip) === 0 ? (req.socket.remoteAddress ?? '') : ip;
}

/** The IPv6 prefix that belongs to one customer (RFC 6177). A customer can use any address in this network. */
const IPV6_PREFIX = 64;

/** Every user of the host can use 16 million loopback addresses. */
const LOOPBACK = /^(::ffff:)?127\./;

/** Returns the address that counts as one caller for rate limits. */
export const addressBucketOf = (req: Request): string =>
  LOOPBACK.test(addressOf(req)) ? '127.0.0.1' : ipKeyGenerator(addressOf(req), IPV6_PREFIX);
