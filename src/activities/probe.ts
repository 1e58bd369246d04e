// Asking a web app whether it is well: the same question before the switch and for as long as it runs.
import type { HealthSpec } from '../contract/steps.js';
import type { HttpPort, ProbeOptions, ProbeResult } from './ports/http-port.js';

/** An app may listen on one family only. */
const LOOPBACKS = ['127.0.0.1', '[::1]'];

/** The first address that answers, whatever it says; else what the first one did. */
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
    if (result.error !== 'ECONNREFUSED') break; // somebody is there, and only slow or rude
  }
  return first ?? { error: 'ECONNREFUSED' };
}

/** Contract §3.2: one of the expected codes, or any below 500. */
export function isGood(result: ProbeResult, expect: HealthSpec['expect']): boolean {
  if ('error' in result) return false;
  return expect ? expect.includes(result.status) : result.status < 500;
}

export const probeWords = (result: ProbeResult): string => ('error' in result ? result.error : `HTTP ${result.status}`);
