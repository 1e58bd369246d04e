// Masks secrets in the output of apps and tools, in all common encodings.
//
// All forms are searched in one pass, in time linear to the text (Aho and Corasick, 1975). Apps choose both the secrets
// and the lines, so searching for one form after another could block the worker for seconds.

import { isSecretName } from './contract/secret-names.js';

/** The shortest value to mask. Shorter values could match ordinary words. */
export const SHORTEST_MASKED = 8;
/**
 * The maximum size of all encoded forms: enough for hundreds of typical values. Each character takes about 20 bytes.
 */
const MOST_ENCODED_CHARACTERS = 512 * 1024;
/** Names of query parameters whose values are secret. */
const SECRET_PARAMETER = /pass|pwd|token|secret|key|sig|auth|credential/i;

export const MASK = '********';

/**
 * Returns the texts to mask in the output of an app or tool: each value, each line of a multi-line value, and passwords
 * in URLs, if they have at least 8 characters. Also returns their forms in JSON, URLs, base64 and hex. Longest first.
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
  const matches: Match[] = [];
  scan(line, (which, end) => {
    addMatch(matches, end - (masked[which]?.length ?? 0), end);
  });
  let shown = '';
  let at = 0;
  for (const { start, end } of matches) {
    shown += line.slice(at, start) + MASK;
    at = end;
  }
  return at === 0 ? line : shown + line.slice(at);
}

/**
 * Returns a function that returns which of the texts occur in another text, by index. If several end at the same
 * position, only the longest is returned.
 */
export function createSearch(texts: readonly string[]): (text: string) => ReadonlySet<number> {
  const scan = createScan(texts);
  return (text) => {
    const matched = new Set<number>();
    scan(text, (which) => matched.add(which));
    return matched;
  };
}

/**
 * Returns the forms of a secret in texts that a person writes: unchanged, in JSON and in URLs, as a whole and line by
 * line.
 */
export function writtenForms(value: string): string[] {
  const lines = [value, ...value.split(/\r\n|\r|\n/)];
  const forms = lines.flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text.toWellFormed()),
  ]);
  return [...new Set(forms)].filter((text) => text.length >= SHORTEST_MASKED);
}

/** Caches the search for each list, because a log has thousands of lines. */
const scans = new WeakMap<readonly string[], Scan>();

/**
 * Returns the secrets in the environment of tools, to mask them in logs: passwords in URLs (of a proxy or index), and
 * tokens.
 */
export function passwordsIn(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) => [
    ...(isSecretName(name) ? [value] : []),
    ...value.split(/\s+/).flatMap(secretsInUrl),
  ]);
}

/**
 * Returns the secrets in a URL: `postgres://user:password@host/db?sslpassword=…`. After a failed login, drivers may
 * print the password alone.
 */
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
    return text; // not an encoded text
  }
}

/**
 * Returns the forms in JSON with letters beyond ASCII as `\u00e9` (Python's `json.dumps`), and with escaped slashes
 * (PHP).
 */
function inJson(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const escaped = (hex: (code: string) => string): string =>
    json.replace(/[^\u0000-\u007e]/g, (unit) => `\\u${hex(unit.charCodeAt(0).toString(16).padStart(4, '0'))}`); // eslint-disable-line no-control-regex -- all of ASCII stays as it is
  const forms = [escaped((code) => code), escaped((code) => code.toUpperCase())];
  return [...forms, ...forms.map((form) => form.replaceAll('/', '\\/'))];
}

/**
 * Returns the forms of JavaScript's `encodeURIComponent` and Python's `quote` and `quote_plus`, with uppercase and
 * lowercase hex digits.
 */
function inUrls(text: string): string[] {
  const encoded = encodeURIComponent(text);
  const strict = encoded.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const forms = [encoded, strict, strict.replaceAll('%2F', '/')];
  const withPlus = forms.flatMap((form) => [form, form.replaceAll('%20', '+')]);
  return withPlus.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase())]);
}

/** Returns the forms in hex and base64. In base64, the value may start after 0, 1 or 2 bytes of a three-byte group. */
function inBytes(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const ofOthers = Math.ceil((before * 8) / 6); // the first letters also contain bits of the preceding bytes
    // The last letter also contains bits of the following bytes.
    const isShared = ((before + bytes.length) * 8) % 6 !== 0;
    return whole.slice(ofOthers, isShared ? -1 : undefined);
  });
  const inUrl = base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [...base64, ...inUrl, hex, hex.toUpperCase()];
}

interface Match {
  start: number;
  end: number;
}

/** Scans a text once, and reports for each position the longest of the texts that ends there. */
type Scan = (text: string, onFound: (which: number, end: number) => void) => void;

const ROOT = 0;
const NONE = -1;
/**
 * The maximum length of a list of children. Nodes with more children use a map, because apps choose the texts and could
 * create nodes with thousands of children.
 */
const MOST_LISTED = 8;

function createScan(texts: readonly string[]): Scan {
  const size = texts.reduce((sum, { length }) => sum + length, 1);
  // A tree of the texts: each node has a letter, a first child and a next sibling. Most nodes have one child.
  const letter = new Uint16Array(size);
  const child = new Int32Array(size).fill(NONE);
  const sibling = new Int32Array(size).fill(NONE);
  const children = new Uint8Array(size);
  const wide = new Map<number, Map<number, number>>([[ROOT, new Map()]]);
  children[ROOT] = MOST_LISTED + 1;
  /** The node of the longest proper suffix that is also the start of a text. */
  const fallback = new Int32Array(size);
  /** The longest text that ends at this node. */
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
      wide.set(node, new Map(childrenOf(node).map((childNode) => [letter[childNode] ?? 0, childNode])));
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
      if (ends[next] === NONE) ends[next] = ends[back] ?? NONE; // a text that ends at the node itself is longer
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

/**
 * Adds a match, and merges overlapping matches. Ends are ascending, but a start may be before several earlier matches.
 */
function addMatch(matches: Match[], start: number, end: number): void {
  let first = start;
  for (let last = matches.at(-1); last && last.end > start; last = matches.at(-1)) {
    first = Math.min(first, last.start);
    matches.pop();
  }
  matches.push({ start: first, end });
}
