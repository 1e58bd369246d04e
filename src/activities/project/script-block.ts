// Dependencies that a script names in a comment of its own (PEP 723). Pure.
import { parse } from 'smol-toml';
import { asTable, asTexts } from './toml.js';

const BEGIN = /^# \/\/\/ script[^\S\n]*$/m;

/** Requirements that the script names; none where it has no such comment, or one that is no TOML. */
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
    return []; // Python itself takes it for a comment
  }
}
