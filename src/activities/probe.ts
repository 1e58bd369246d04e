// Probes whether a web app is healthy, in the same way before the switch and while it runs.
import type { HealthSpec } from '../contract/steps.js';
import type { HttpPort, ProbeOptions, ProbeResult } from './ports/http-port.js';

/** An app may listen on one address family only. */
const LOOPBACKS = ['127.0.0.1', '[::1]'];

/**
 * Returns the result of the first address that answers with any status. Otherwise returns the first address's error.
 */
export async function probeApp(
  http: HttpPort,
  port: number,
  path: string,
  options: ProbeOptions,
): Promise<ProbeResult> {
  let first: ProbeResult | undefined;
  for (const address of LOOPBACKS) {
    const result = await http.probe(`http://${address}:${port}${path}`, options);
    if ('status' in result) return result;
    first ??= result;
    if (result.error !== 'ECONNREFUSED') break; // something listens there, but is slow or fails
  }
  return first ?? { error: 'ECONNREFUSED' };
}

/** Returns true for an expected status; without expected ones, for any status below 500. */
export function isGood(result: ProbeResult, expect: HealthSpec['expect']): boolean {
  if ('error' in result) return false;
  return expect ? expect.includes(result.status) : result.status < 500;
}

export const probeWords = (result: ProbeResult): string => ('error' in result ? result.error : `HTTP ${result.status}`);
