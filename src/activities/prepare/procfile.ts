/** The entries of a Procfile, in order: `web: gunicorn app:app`. Lines of another shape are no entries. */
export function readProcfile(text: string): Map<string, string> {
  const entries = text.split(/\r?\n/).map((line) => /^([A-Za-z0-9_-]+):\s*(.*?)\s*$/.exec(line));
  return new Map(entries.flatMap((match) => (match?.[1] && match[2] ? [[match[1], match[2]]] : [])));
}
