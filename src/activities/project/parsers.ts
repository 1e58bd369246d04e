// All parsers of a project's texts, by name. A child process with limits runs them (ports/parser). Pure.
import { selectPaths } from '../docker/context.js';
import { needsBuildKit, targetOf } from '../docker/dockerfile.js';
import { outsideReachOf } from '../docker/outside-reach.js';
import { takenVariables } from '../docker/taken-variables.js';
import { detect, type ProjectFiles, type Wishes } from '../prepare/detect.js';
import type { Mode } from '../../contract/states.js';
import { readPyproject } from './pyproject.js';
import { readRequirements } from './requirements.js';
import { scriptDependencies } from './script-block.js';
import { membersOf, type Workspace } from './workspace.js';

export const PARSERS = {
  detect: ({ files, wishes, mode }: { files: ProjectFiles; wishes: Wishes; mode: Mode }) => detect(files, wishes, mode),
  pyproject: readPyproject,
  requirements: readRequirements,
  script: scriptDependencies,
  dockerfile: ({ text, profile }: { text: string; profile?: string }) => {
    const outsideReach = outsideReachOf(text);
    const target = targetOf(text, profile);
    const takes = takenVariables(text);
    return { target, takes, needsBuildKit: needsBuildKit(text), ...(outsideReach && { outsideReach }) };
  },
  members: ({ workspace, folders }: { workspace: Workspace; folders: readonly string[] }) =>
    membersOf(workspace, folders),
  context: ({ paths, rules }: { paths: readonly string[]; rules: string }) => selectPaths(paths, rules),
};

export type Parsers = typeof PARSERS;
export type ParserName = keyof Parsers;
export type ParserInput<N extends ParserName> = Parameters<Parsers[N]>[0];
export type ParserOutput<N extends ParserName> = ReturnType<Parsers[N]>;
