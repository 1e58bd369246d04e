// Makes a copied project independent of its parent folders, in which uv searches workspaces and settings.
import { join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import { MAX_PROJECT_TEXT_BYTES } from '../../contract/source-limits.js';
import type { ParserPort } from '../ports/parser/parser-port.js';
import type { FactsPorts, ProjectFacts } from '../project/facts.js';

/** An own workspace without members, which changes no lock file. */
const OWN_WORKSPACE = '\n[tool.uv.workspace]\n';

export async function isolate(ports: FactsPorts, copy: string, { pyproject, member }: ProjectFacts): Promise<void> {
  if (member) return; // its workspace's root is independent already
  if (pyproject?.hasProject && !pyproject.hasUvWorkspace) await declareWorkspace(ports, copy);
  else if (!pyproject?.hasProject && !pyproject?.hasUvTable) await addSettings(ports.disk, join(copy, 'uv.toml'));
}

const PYPROJECT = 'pyproject.toml';

async function declareWorkspace({ disk, parser }: FactsPorts, copy: string): Promise<void> {
  const text = (await disk.readProjectFile(copy, PYPROJECT, MAX_PROJECT_TEXT_BYTES)) ?? '';
  const declared = `${text}${OWN_WORKSPACE}`;
  if (await isToml(parser, declared)) await disk.writeAtomically(join(copy, PYPROJECT), declared);
}

/** Writes an empty settings file, which ends the search in the parent folders. */
async function addSettings(disk: FactsPorts['disk'], file: string): Promise<void> {
  if (!(await disk.exists(file))) await disk.writeAtomically(file, '');
}

/**
 * Returns true if the text is valid TOML. An inline table (`tool = {…}`) can't be extended; such a project stays
 * unchanged.
 */
async function isToml(parser: ParserPort, text: string): Promise<boolean> {
  try {
    return (await parser.parse('pyproject', text)).hasUvWorkspace;
  } catch (error) {
    if (error instanceof SlipwayError && error.text === 'source_invalid.bad_toml') return false;
    throw error;
  }
}
