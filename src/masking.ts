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
  let scan = scans.get(masked);
  if (!scan) scans.set(masked, (scan = createScan(masked)));
  const found: Found[] = [];
  scan(line, (which, end) => {
    addFound(found, end - (masked[which]?.length ?? 0), end);
  });
  let shown = '';
  let at = 0;
  for (const { start, end } of found) {
    shown += line.slice(at, start) + MASK;
    at = end;
  }
  return at === 0 ? line : shown + line.slice(at);
}

/** Tells which of some texts occur in another: by their numbers. Of those that end at one place only the longest. */
export function createSearch(texts: readonly string[]): (text: string) => ReadonlySet<number> {
  const scan = createScan(texts);
  return (text) => {
    const found = new Set<number>();
    scan(text, (which) => found.add(which));
    return found;
  };
}

/** The forms of a secret in texts that a person writes: as it is, in JSON and in URLs, line by line as well. */
export function writtenForms(value: string): string[] {
  const lines = [value, ...value.split(/\r\n|\r|\n/)];
  const forms = lines.flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text.toWellFormed()),
  ]);
  return [...new Set(forms)].filter((text) => text.length >= SHORTEST_MASKED);
}

/** Made once for each list: a log has thousands of lines. */
const scans = new WeakMap<readonly string[], Scan>();

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

/** Goes through a text once, and tells for each place the longest of the texts that ends there. */
type Scan = (text: string, onFound: (which: number, end: number) => void) => void;

const ROOT = 0;
const NONE = -1;
/** A node with more children has a map of them: apps choose the texts, and could give one node thousands. */
const MOST_LISTED = 8;

function createScan(texts: readonly string[]): Scan {
  const size = texts.reduce((sum, { length }) => sum + length, 1);
  // A tree of the texts: each node has a letter, a first child and a next sibling; most have one child.
  const letter = new Uint16Array(size);
  const child = new Int32Array(size).fill(NONE);
  const sibling = new Int32Array(size).fill(NONE);
  const children = new Uint8Array(size);
  const wide = new Map<number, Map<number, number>>([[ROOT, new Map()]]);
  children[ROOT] = MOST_LISTED + 1;
  /** The longest other beginning of a text that the node's own ends with. */
  const fallback = new Int32Array(size);
  /** The longest text that ends here. */
  const ends = new Int32Array(size).fill(NONE);
  let count = 1;

  const isWide = (node: number): boolean => (children[node] ?? 0) > MOST_LISTED;
  const step = (node: number, code: number): number => {
    if (isWide(node)) return wide.get(node)?.get(code) ?? NONE;
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
  const childrenOf = (node: number): number[] => {
    const all: number[] = [];
    for (let next = child[node] ?? NONE; next !== NONE; next = sibling[next] ?? NONE) all.push(next);
    return all;
  };
  const grow = (node: number, code: number): number => {
    const made = count;
    count += 1;
    letter[made] = code;
    sibling[made] = child[node] ?? NONE;
    child[node] = made;
    if (isWide(node)) wide.get(node)?.set(code, made);
    else if ((children[node] = (children[node] ?? 0) + 1) > MOST_LISTED)
      wide.set(node, new Map(childrenOf(node).map((one) => [letter[one] ?? 0, one])));
    return made;
  };

  for (const [which, text] of texts.entries()) {
    let node = ROOT;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      const next = step(node, code);
      node = next === NONE ? grow(node, code) : next;
    }
    ends[node] = which;
  }
  const waiting = childrenOf(ROOT);
  for (const node of waiting) {
    for (let next = child[node] ?? NONE; next !== NONE; next = sibling[next] ?? NONE) {
      const back = follow(fallback[node] ?? ROOT, letter[next] ?? 0);
      fallback[next] = back;
      if (ends[next] === NONE) ends[next] = ends[back] ?? NONE; // what ends here itself is longer
      waiting.push(next);
    }
  }

  return (text, onFound) => {
    let node = ROOT;
    for (let i = 0; i < text.length; i += 1) {
      node = follow(node, text.charCodeAt(i));
      const which = ends[node] ?? NONE;
      if (which !== NONE) onFound(which, i + 1);
    }
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
