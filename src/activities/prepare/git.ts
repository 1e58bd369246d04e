import { join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import type { Source } from '../../contract/requests.js';
import type { ToolResult } from '../ports/tools.js';
import { runLogged } from '../run-logged.js';
import { toolsTemporary } from '../scratch.js';
import type { FetchedSource, Fetching } from './fetching.js';
import { askpassScript, gitArgv, gitEnvironment, gitUrl, shownUrl, type GitAccess } from './git-command.js';
import { judgeGit, needsFullFetch } from './git-judge.js';
import { isInside } from './tree.js';

export type GitSource = Extract<Source, { type: 'git' }>;

const EVERY_REF = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
const EXECUTABLE_MODE = 0o700;

interface Git {
  run(...words: readonly string[]): Promise<ToolResult>;
  /** Throws what a failure means. */
  must(...words: readonly string[]): Promise<ToolResult>;
  failure(result: ToolResult): SlipwayError;
}

/** One commit of a repository, without its history, submodules and hooks. `token` is in clear here, and only here. */
export async function fetchGit(fetching: Fetching, source: GitSource, token?: string): Promise<FetchedSource> {
  const repository = join(fetching.workFolder, 'repository');
  await fetching.ports.disk.makeFolder(repository);
  const git = await createGit(fetching, source, repository, token);
  await git.must('init', '--quiet', '--template=', '.');
  await git.must('checkout', '--quiet', '--detach', '--force', await fetchCommit(git, source), '--');
  const { tail } = await git.must('rev-parse', '--verify', 'HEAD');
  const revision = tail.at(-1)?.trim();
  return { root: await subfolder(fetching, repository, source.subdirectory ?? '.'), revision };
}

/** Fetches as little as the server can give, and names what to check out. */
async function fetchCommit(git: Git, { url, ref = 'HEAD' }: GitSource): Promise<string> {
  const fetch = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules'];
  const shallow = await git.run(...fetch, '--depth=1', '--', gitUrl(url), ref);
  if (shallow.exitCode === 0) return 'FETCH_HEAD';
  if (!needsFullFetch(shallow)) throw git.failure(shallow);
  const isCommit = /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);
  await git.must(...fetch, '--', gitUrl(url), ...(isCommit ? EVERY_REF : [ref]));
  return isCommit ? ref : 'FETCH_HEAD';
}

async function createGit(fetching: Fetching, source: GitSource, cwd: string, token?: string): Promise<Git> {
  const { ports, settings, ref, lock, signal, log } = fetching;
  const program = settings.git;
  if (program === undefined) throw new SlipwayError('tool_missing', { params: { tool: 'git' } });
  const access = token === undefined ? undefined : { ...(await makeAccess(fetching, token)), url: source.url };
  const temporary = await toolsTemporary(ports.disk, settings.layout, ref);
  const env = gitEnvironment({ ...settings.toolEnvironment, ...temporary }, access);
  const run: Git['run'] = (...words) => runLogged(ports, log, gitArgv(program, ...words), { cwd, env, lock, signal });
  const failure: Git['failure'] = (result) => judgeGit(result, { source: shownUrl(source.url), ref: source.ref });
  const must: Git['must'] = async (...words) => {
    const result = await run(...words);
    if (result.exitCode !== 0) throw failure(result);
    return result;
  };
  return { run, must, failure };
}

async function makeAccess({ ports: { disk }, workFolder }: Fetching, token: string): Promise<GitAccess> {
  const askpass = join(workFolder, 'askpass.sh');
  await disk.writeAtomically(askpass, askpassScript, EXECUTABLE_MODE);
  return { askpass, token };
}

/** The folder inside the repository; a link may not lead out of it. */
async function subfolder({ ports: { disk } }: Fetching, repository: string, path: string): Promise<string> {
  const [root, real] = await Promise.all([disk.realPath(repository), disk.realPath(join(repository, path))]);
  const isFolder = real !== undefined && (await disk.kindOf(real)) === 'folder';
  if (root !== undefined && isFolder && isInside(root, real) && !isInside(join(root, '.git'), real)) return real;
  throw new SlipwayError('source_invalid', { text: 'source_invalid.no_subdirectory', params: { path } });
}
