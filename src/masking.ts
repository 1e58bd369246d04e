// Hides secrets in what apps and tools print, in every form that printing usually gives them.
//
// All forms are looked for at once, in time linear to the text (Aho and Corasick, 1975): apps choose both the secrets
// and the lines, and a search for one after the other could hold up the worker for seconds.

import { isSecretName } from './contract/secret-names.js';

/** Shorter values are not masked: they would blot out ordinary words. */
export const SHORTEST_MASKED = 8;
/** Of the forms beside a value itself: enough for hundreds of usual values; each character takes some 20 bytes. */
const MOST_ENCODED_CHARACTERS = 512 * 1024;
/** Names of query parameters whose values are as secret as a password. */
const SECRET_PARAMETER = /pass|pwd|token|secret|key|sig|auth|credential/i;

export const MASK = '********';

/**
 * The texts to mask where an app or tool prints its own secrets: each value of 8 characters or more, each such line of
 * a value of several lines, a password inside a URL, and the forms that these take in JSON, URLs, base64 and hex.
 * Longest first.
 */
export function maskList(values: readonly string[]): string[] {
  const all = [...values, ...values.flatMap(secretsInUrl)];
  const lines = all.flatMap((value) => [value, ...value.split(/\r\n|\r|\n/)]);
  const plain = lines.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]);
  const encoded = [
    ...lines.flatMap((text) => [...inJson(text), ...inUrls(text.toWellFormed())]),
    ...all.flatMap(inBytes),
  ];
  const forms = new Set(plain);
  let characters = 0;
  for (const form of encoded) {
    if (forms.has(form)) continue;
    characters += form.length;
    if (characters > MOST_ENCODED_CHARACTERS) break;
    forms.add(form);
  }
  return [...forms].filter((text) => text.length >= SHORTEST_MASKED).sort((a, b) => b.length - a.length);
}

export function mask(line: string, masked: readonly string[]): string {
  if (masked.length === 0) return line;
  let finder = finders.get(masked);
  if (!finder) finders.set(masked, (finder = createFinder(masked)));
  let shown = '';
  let at = 0;
  for (const { start, end } of finder(line)) {
    shown += line.slice(at, start) + MASK;
    at = end;
  }
  return at === 0 ? line : shown + line.slice(at);
}

/** Made once for each list: a log has thousands of lines. */
const finders = new WeakMap<readonly string[], (text: string) => Found[]>();

/** The secrets of an environment that tools get, to be masked in logs: passwords in URLs (a proxy's, an index's), and tokens. */
export function passwordsIn(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) => [
    ...(isSecretName(name) ? [value] : []),
    ...value.split(/\s+/).flatMap(secretsInUrl),
  ]);
}

/** `postgres://user:password@host/db?sslpassword=…`: drivers name the password alone when it is refused. */
function secretsInUrl(value: string): string[] {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value) || !URL.canParse(value)) return [];
  const { password, searchParams } = new URL(value);
  const raw = /^[^/?#]*:\/\/[^/?#]*?:([^/?#]*)@/.exec(value)?.[1] ?? '';
  const parameters = [...searchParams].flatMap(([name, text]) => (SECRET_PARAMETER.test(name) ? [text] : []));
  return [password, raw, decoded(password), ...parameters];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // it is no encoded text
  }
}

/** With letters beyond ASCII as `\u00e9`, as Python's `json.dumps` writes them, and slashes as PHP does. */
function inJson(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const escaped = (hex: (code: string) => string): string =>
    json.replace(/[^\u0000-\u007e]/g, (unit) => `\\u${hex(unit.charCodeAt(0).toString(16).padStart(4, '0'))}`); // eslint-disable-line no-control-regex -- all of ASCII stays as it is
  const forms = [escaped((code) => code), escaped((code) => code.toUpperCase())];
  return [...forms, ...forms.map((form) => form.replaceAll('/', '\\/'))];
}

/** As JavaScript's `encodeURIComponent` and Python's `quote` and `quote_plus` write it, in large and small letters. */
function inUrls(text: string): string[] {
  const encoded = encodeURIComponent(text);
  const strict = encoded.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const forms = [encoded, strict, strict.replaceAll('%2F', '/')];
  const withPlus = forms.flatMap((form) => [form, form.replaceAll('%20', '+')]);
  return withPlus.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase())]);
}

/** Hex, and base64 wherever in a longer text the value begins: after 0, 1 or 2 bytes of a group of three. */
function inBytes(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const ofOthers = Math.ceil((before * 8) / 6); // its first letters hold bits of what stands before
    const isShared = ((before + bytes.length) * 8) % 6 !== 0; // its last letter holds bits of what follows
    return whole.slice(ofOthers, isShared ? -1 : undefined);
  });
  const inUrl = base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [...base64, ...inUrl, hex, hex.toUpperCase()];
}

interface Found {
  start: number;
  end: number;
}

const ROOT = 0;
const NONE = -1;

/** Finds all of the texts in one pass. What overlaps is found as one. */
function createFinder(texts: readonly string[]): (text: string) => Found[] {
  const size = texts.reduce((sum, { length }) => sum + length, 1);
  // A tree of the texts: each node has a letter, a first child and a next sibling; most have one child.
  const letter = new Uint16Array(size);
  const child = new Int32Array(size).fill(NONE);
  const sibling = new Int32Array(size).fill(NONE);
  /** The longest other beginning of a text that the node's own ends with. */
  const fallback = new Int32Array(size);
  /** Length of the longest text that ends here; 0 where none does. */
  const ends = new Int32Array(size);
  const roots = new Map<number, number>();
  let count = 1;

  const step = (node: number, code: number): number => {
    if (node === ROOT) return roots.get(code) ?? NONE;
    let next = child[node] ?? NONE;
    while (next !== NONE && letter[next] !== code) next = sibling[next] ?? NONE;
    return next;
  };
  const follow = (from: number, code: number): number => {
    let node = from;
    for (;;) {
      const next = step(node, code);
      if (next !== NONE) return next;
      if (node === ROOT) return ROOT;
      node = fallback[node] ?? ROOT;
    }
  };
  const grow = (node: number, code: number): number => {
    const made = count;
    count += 1;
    letter[made] = code;
    if (node === ROOT) roots.set(code, made);
    else {
      sibling[made] = child[node] ?? NONE;
      child[node] = made;
    }
    return made;
  };

  for (const text of texts) {
    let node = ROOT;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      const next = step(node, code);
      node = next === NONE ? grow(node, code) : next;
    }
    ends[node] = text.length;
  }
  const waiting = [...roots.values()];
  for (const node of waiting) {
    for (let next = child[node] ?? NONE; next !== NONE; next = sibling[next] ?? NONE) {
      fallback[next] = follow(fallback[node] ?? ROOT, letter[next] ?? 0);
      ends[next] = Math.max(ends[next] ?? 0, ends[fallback[next] ?? ROOT] ?? 0);
      waiting.push(next);
    }
  }

  return (text) => {
    const found: Found[] = [];
    let node = ROOT;
    for (let i = 0; i < text.length; i += 1) {
      node = follow(node, text.charCodeAt(i));
      const length = ends[node] ?? 0;
      if (length > 0) addFound(found, i + 1 - length, i + 1);
    }
    return found;
  };
}

/** Ends only grow; a start may lie before those of several that were found already. */
function addFound(found: Found[], start: number, end: number): void {
  let first = start;
  for (let last = found.at(-1); last && last.end > start; last = found.at(-1)) {
    first = Math.min(first, last.start);
    found.pop();
  }
  found.push({ start: first, end });
}
