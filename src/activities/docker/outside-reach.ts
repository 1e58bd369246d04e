// Finds instructions of a Dockerfile with which the engine itself connects to addresses, or commands leave their own
// network. Pure.
//
// The engine downloads in the host's network, as root: `ADD http://127.0.0.1/` reads addresses that only the host can
// reach. This reader finds more instructions than the engine does, because both may disagree about the start of a line.
import { projectLines } from '../project/project-lines.js';
import { DOCKERFILE } from './dockerfile.js';

export interface OutsideReach {
  line: number;
  instruction: string;
}

/**
 * A `#` after a blank that isn't ASCII. Engines disagree with this reader, and with each other, about these blanks: the
 * line may be a comment, or continue an instruction.
 */
const DOUBTFUL_COMMENT = /^[\s\u0085]+#/;
const ASCII_BLANKS = /^[\t\v\f\r ]*/;
/** Either continues a line at its end; a directive decides which. */
const ESCAPES = ['\\', '`'];
/** Marks the place where a line was continued. */
const JOINT = '\0';
const SHOWN_CHARACTERS = 120;

/**
 * The stable releases of Docker's own frontend. Another frontend is a program that decides what the engine downloads.
 */
const DOCKERS_FRONTEND = /^docker(?:\.io\/docker)?\/dockerfile:1(?:\.\d+){0,2}$/;
const SYNTAX_LINE = /^(?:#|\/\/)\s*syntax\s*=([^]*)$/i;

/** Allows a line continuation between any two letters of a keyword. */
const spelled = (word: string): string => word.replaceAll(/(?<=.)(?=.)/g, `${JOINT}?`);
const GAP = `[\\s${JOINT}]+`;
const KEYWORDS = new RegExp(
  `(?:^|${JOINT})(?:${spelled('ONBUILD')}${GAP}){0,3}(?:(?<add>${spelled('ADD')})|(?<run>${spelled('RUN')}))(?=[\\s${JOINT}])`,
  'gi',
);
/** The leading options of an instruction. */
const OPTIONS = new RegExp(`(?:${GAP}--[^\\s${JOINT}]*)*`, 'y');

/** Returns the first instruction that reaches outside the build, or undefined. */
export function outsideReachOf(dockerfile: string): OutsideReach | undefined {
  const written = projectLines(DOCKERFILE, dockerfile.replace(/^\uFEFF/, ''));
  const lines = written.map((line) => line.replace(/^[\s\u0085]+/, ''));
  const reach =
    doubtfulComment(written) ??
    foreignFrontend(lines) ??
    instructionsOf(lines).find(({ instruction }) => reachesOutside(instruction));
  return reach && { line: reach.line, instruction: shown(reach.instruction) };
}

function doubtfulComment(lines: readonly string[]): OutsideReach | undefined {
  const index = lines.findIndex((line) => DOUBTFUL_COMMENT.test(line.replace(ASCII_BLANKS, '')));
  return index === -1 ? undefined : { line: index + 1, instruction: lines[index] ?? '' };
}

/** Returns a line that names another frontend. Newer engines also read the name from a file that is JSON. */
function foreignFrontend(lines: readonly string[]): OutsideReach | undefined {
  const first = lines.findIndex((line) => line !== '' && !line.startsWith('#'));
  const index = lines.findIndex((line, at) => {
    const [, name] = SYNTAX_LINE.exec(line) ?? [];
    if (name !== undefined) return !DOCKERS_FRONTEND.test(name.trim());
    return at === first && line.startsWith('{');
  });
  return index === -1 ? undefined : { line: index + 1, instruction: lines[index] ?? '' };
}

/** Joins lines that end with either escape character. Comments and empty lines in between are omitted. */
function instructionsOf(lines: readonly string[]): OutsideReach[] {
  const instructions: OutsideReach[] = [];
  let parts: string[] = [];
  let begunAt = 0;
  for (const [index, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    if (parts.length === 0) begunAt = index + 1;
    const text = line.trimEnd();
    const isContinued = ESCAPES.includes(text.at(-1) ?? '');
    const part = isContinued ? text.slice(0, -1) : line;
    if (part !== '') parts.push(part);
    if (isContinued) continue;
    instructions.push({ line: begunAt, instruction: parts.join(JOINT) });
    parts = [];
  }
  return parts.length === 0 ? instructions : [...instructions, { line: begunAt, instruction: parts.join(JOINT) }];
}

function reachesOutside(instruction: string): boolean {
  let isAddSeen = false;
  for (const match of instruction.matchAll(KEYWORDS)) {
    OPTIONS.lastIndex = match.index + match[0].length;
    const [options = ''] = OPTIONS.exec(instruction) ?? [];
    if (match.groups?.['run'] !== undefined && leavesNetwork(options)) return true;
    if (match.groups?.['add'] === undefined || isAddSeen) continue;
    isAddSeen = true; // the text after a later ADD is also after this one
    if (downloads(instruction.slice(OPTIONS.lastIndex))) return true;
  }
  return false;
}

/** Removes quotes and escapes, which may be anywhere in a word. */
const bare = (text: string): string => text.replaceAll(/["'`\\\0]/g, '');

/** Returns true if the sources may contain an address. A variable can contain one, and also a JSON escape. */
function downloads(sources: string): boolean {
  const text = bare(sources);
  return /\$|\\u/i.test(sources) || /:\/\/|\S@\S+:/.test(text) || /(?:^|[\s,[])github\.com\//i.test(text);
}

const leavesNetwork = (options: string): boolean =>
  bare(options.replaceAll(JOINT, ' '))
    .split(/\s+/)
    .some((option) => /^--security/i.test(option) || /^--network(?!=(?:none|default)$)/i.test(option));

const shown = (instruction: string): string =>
  instruction.replaceAll(JOINT, ' ').replaceAll(/\s+/g, ' ').slice(0, SHOWN_CHARACTERS);
