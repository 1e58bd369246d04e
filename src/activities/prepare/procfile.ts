import { projectLines } from '../project/project-lines.js';

const ENTRY_NAME = /^[A-Za-z0-9_-]+$/;

/** Returns the entries of a Procfile, in order: `web: gunicorn app:app`. Lines in another format are ignored. */
export function readProcfile(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of projectLines('Procfile', text)) {
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    const name = line.slice(0, colon);
    const command = line.slice(colon + 1).trim();
    if (ENTRY_NAME.test(name) && command !== '') entries.set(name, command);
  }
  return entries;
}
