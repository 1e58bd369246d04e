// Reads the dependencies that a script declares in a comment (PEP 723). Pure.
import { parse } from 'smol-toml';
import { asTable, asTexts } from './toml.js';

const BEGIN = /^# \/\/\/ script[^\S\n]*$/m;

/** Returns the requirements of a script. Empty without this comment, or if it isn't valid TOML. */
export function scriptDependencies(script: string): string[] {
  const text = script.replaceAll('\r\n', '\n');
  const begin = BEGIN.exec(text);
  if (!begin) return [];
  const lines: string[] = [];
  for (const line of text.slice(begin.index + begin[0].length + 1).split('\n')) {
    if (/^# \/\/\/\s*$/.test(line)) return requirementsIn(lines.join('\n'));
    if (line !== '#' && !line.startsWith('# ')) return [];
    lines.push(line.slice(2));
  }
  return [];
}

function requirementsIn(block: string): string[] {
  try {
    return asTexts(asTable(parse(block))?.dependencies);
  } catch {
    return []; // Python itself ignores the comment
  }
}
