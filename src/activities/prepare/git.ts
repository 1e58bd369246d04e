import { join } from 'node:path';
import { createAddressGuard, type AddressGuard } from '../../address-guard.js';
import { SlipwayError } from '../../contract/errors.js';
import { isClearUrl } from '../../contract/request-facts.js';
import type { Source } from '../../contract/requests.js';
import type { BuildVersion } from '../../contract/steps.js';
import { addEntry, judgeTotals, MAX_PROJECT_TEXT_BYTES, noTotals } from '../../contract/source-limits.js';
import type { ToolResult } from '../ports/tools.js';
import { runLogged, sayInLog } from '../run-logged.js';
import { toolsTemporary } from '../scratch.js';
import type { FetchedSource, Fetching } from './fetching.js';
import { askpassScript, gitArgv, gitEnvironment, gitUrl, shownUrl, TOKEN_USER } from './git-command.js';
import { isRedirect, judgeGit, needsFullFetch } from './git-judge.js';
import { shownLines } from './git-output.js';
import { redirectOf } from '../ports/git-redirect.js';
import { proxyOf, readSshHost, routeOverHttp, routeOverSsh, type GitRoute } from './git-route.js';
import { takesVersionFromTags, versionOf, type Described } from './scm-version.js';
import { within } from './subdirectory.js';
import { whileWithin } from './watched-folder.js';

export type GitSource = Extract<Source, { type: 'git' }>;

const EVERY_TAG = '+refs/tags/*:refs/tags/*';
const EVERY_REF = ['+refs/heads/*:refs/remotes/origin/*', EVERY_TAG];
/** git's value for "no limit". */
const WHOLE_HISTORY = 2 ** 31 - 1;
const EXECUTABLE_MODE = 0o700;

interface Git {
  run(...words: readonly string[]): Promise<ToolResult>;
  /** Throws the error of a failure. */
  must(...words: readonly string[]): Promise<ToolResult>;
  /** Runs a command whose output is counted and not logged. */
  list(words: readonly string[], onLines: (lines: readonly string[]) => void, over: AbortSignal): Promise<ToolResult>;
  failure(result: ToolResult): SlipwayError;
}

interface Repository extends Git {
  fetched: string;
  /** The URL for git, at which the repository was found. */
  url: string;
  ref: string;
}

/** Repositories are moved once or twice. More redirects are a loop. */
const MOST_REDIRECTS = 3;

/**
 * Fetches one commit of a repository, without history, submodules and hooks. `token` is unencrypted here, and nowhere
 * else.
 */
export async function fetchGit(fetching: Fetching, source: GitSource, token?: string): Promise<FetchedSource> {
  const repository = join(fetching.workFolder, 'repository');
  await fetching.ports.disk.makeFolder(repository);
  const guard = createAddressGuard(fetching.settings.gitNetworks ?? []);
  if (token !== undefined) mustBeClosed(source.url);
  const git = await openRepository(fetching, { ...source, guard, repository, token });
  const submodules = await assertTreeFits(git, git.fetched);
  await git.must('checkout', '--quiet', '--detach', '--force', git.fetched, '--');
  await sayLeftOut(fetching, repository, submodules);
  const { tail } = await git.must('rev-parse', '--verify', 'HEAD');
  const revision = tail.at(-1)?.trim();
  const placed = await within(fetching, repository, source.subdirectory);
  const project = join(placed.root, placed.folder ?? '.');
  const version = revision === undefined ? undefined : await versionIn(fetching, git, project, revision);
  return { ...placed, revision, ...(version && { version }) };
}

const PYPROJECT = 'pyproject.toml';

/**
 * Returns the version of a project that takes its version from tags, because a release has neither tags nor history.
 */
async function versionIn(
  { ports, log }: Fetching,
  git: Repository,
  root: string,
  commit: string,
): Promise<BuildVersion | undefined> {
  const text = await ports.disk.readProjectFile(root, PYPROJECT, MAX_PROJECT_TEXT_BYTES);
  const project = text === undefined ? undefined : await ports.parser.parse('pyproject', text);
  if (!project || !takesVersionFromTags(project)) return undefined;
  const described = await describe(git, commit);
  const version = described && versionOf(project, described);
  const result = version
    ? `the build gets version ${version.value} (${version.variable})`
    : 'no version is found in it';
  await sayInLog(ports, log, `[build-system] takes the version from git: ${result}`);
  return version;
}

/** Describes a commit. Only the commits of the history are fetched, if the server supports it. */
async function describe(git: Repository, commit: string): Promise<Described | undefined> {
  const fetch = ['fetch', '--quiet', '--no-recurse-submodules', '--filter=tree:0', `--depth=${String(WHOLE_HISTORY)}`];
  const history = await git.run(...fetch, '--', git.url, git.ref, EVERY_TAG);
  if (history.exitCode !== 0) return undefined;
  const { exitCode, tail } = await git.run('describe', '--tags', '--long', '--abbrev=40', '--match', '*[0-9]*', commit);
  const [, tag, distance] = /^(.+)-(\d+)-g[0-9a-f]{40,64}$/.exec(tail.at(-1)?.trim() ?? '') ?? [];
  if (exitCode === 0 && tag !== undefined) return { commit, tag, distance: Number(distance) };
  const count = await git.run('rev-list', '--count', commit);
  const commits = Number(count.tail.at(-1));
  return count.exitCode === 0 && commits > 0 ? { commit, distance: commits } : undefined;
}

/**
 * Counts the entries of a commit while git lists them, and stops git when the limits are exceeded. A checkout would
 * first hold all of them in memory: a folder that contains another one many times can make billions. Returns the first
 * submodules.
 */
async function assertTreeFits(git: Git, commit: string): Promise<string[]> {
  const totals = noTotals();
  const over = new AbortController();
  const submodules: string[] = [];
  const count = (lines: readonly string[]): void => {
    for (const line of lines) {
      addEntry(totals, bytesIn(line), line.slice(line.indexOf('\t') + 1));
      if (isSubmodule(line) && submodules.length < MOST_NAMED) submodules.push(line.slice(line.indexOf('\t') + 1));
      const tooMuch = judgeTotals(totals);
      if (tooMuch) return over.abort(new SlipwayError('source_invalid', tooMuch));
    }
  };
  // A commit that can't be listed can't be checked out either, and the checkout reports the reason.
  await git.list(['ls-tree', '-r', '-t', '--long', commit], count, over.signal);
  return submodules;
}

const ATTRIBUTES = '.gitattributes';
const MOST_NAMED = 5;
const isSubmodule = (line: string): boolean => line.startsWith('160000 ');

/** Logs the parts of a repository that are missing in the release, which an app would otherwise miss silently. */
async function sayLeftOut({ ports, log }: Fetching, repository: string, submodules: string[]): Promise<void> {
  if (submodules.length > 0)
    await sayInLog(ports, log, `submodules are not fetched, their folders are empty: ${submodules.join(', ')}`);
  const path = join(repository, ATTRIBUTES);
  const isRead =
    (await ports.disk.kindOf(path)) === 'file' && (await ports.disk.fileBytes(path)) <= MAX_PROJECT_TEXT_BYTES;
  const attributes = isRead ? await ports.disk.readProjectFile(repository, ATTRIBUTES, MAX_PROJECT_TEXT_BYTES) : '';
  if (/\bfilter=lfs\b/.test(attributes ?? ''))
    await sayInLog(ports, log, 'files in Git LFS are not fetched: what is there are pointers to them (.gitattributes)');
}

/** Parses the size in `100644 blob <id>    1234<tab>path`. A folder has `-` instead. */
const bytesIn = (line: string): number => Number(line.split('\t', 1)[0]?.split(/ +/)[3]) || 0;

interface Wanted extends GitSource {
  guard: AddressGuard;
  repository: string;
  token: string | undefined;
}

/** Fetches from the URL, and follows redirects within its own host. */
async function openRepository(fetching: Fetching, wanted: Wanted): Promise<Repository> {
  let url = wanted.url;
  for (let redirects = 0; ; redirects += 1) {
    const git = await createGit(fetching, { ...wanted, url });
    if (redirects === 0) await git.must('init', '--quiet', '--template=', '.');
    const fetched = await fetchCommit(git, { ...wanted, url });
    if (typeof fetched === 'string')
      return { ...git, fetched, url: gitUrl(url, wanted.username), ref: wanted.ref ?? 'HEAD' };
    const next = await nextUrl(fetching, { ...wanted, url });
    if (next === undefined || redirects >= MOST_REDIRECTS)
      throw new SlipwayError('source_unreachable', {
        text: 'source_unreachable.redirected',
        params: { source: shownUrl(wanted.url) },
      });
    await sayInLog(fetching.ports, fetching.log, `${shownUrl(url)} is now at ${shownUrl(next)}`);
    url = next;
  }
}

/**
 * Returns the redirect's target. Undefined behind a proxy, because this process connects directly and only git uses the
 * proxy.
 */
async function nextUrl(
  { settings, signal }: Fetching,
  { guard, url, token, username = TOKEN_USER }: Wanted,
): Promise<string | undefined> {
  if (proxyOf(url, settings.toolEnvironment) !== undefined) return undefined;
  const auth = token === undefined ? undefined : `${username}:${token}`;
  try {
    return await redirectOf(guard, url, { auth, signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw unanswered(url, cause);
  }
}

/** Returns a retryable error, because the server has just answered git. */
function unanswered(url: string, cause: unknown): SlipwayError {
  const { code } = cause as { code?: unknown };
  const params = { source: shownUrl(url), reason: typeof code === 'string' ? code : 'timeout' };
  return new SlipwayError('source_unreachable', { params, cause, retryable: true });
}

/**
 * Throws if a token would be sent unencrypted over a network. The API rejects it earlier, but a manual start doesn't
 * pass the API.
 */
function mustBeClosed(url: string): void {
  if (!isClearUrl(url)) return;
  throw new SlipwayError('invalid', { text: 'invalid.clear_token', params: { source: shownUrl(url) } });
}

/** Fetches as little as the server supports, and returns the commit to check out. */
async function fetchCommit(
  git: Git,
  { url, username, ref = 'HEAD' }: GitSource,
): Promise<string | { isRedirected: true }> {
  const fetch = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules'];
  const shallow = await git.run(...fetch, '--depth=1', '--', gitUrl(url, username), ref);
  if (shallow.exitCode === 0) return 'FETCH_HEAD';
  if (isRedirect(shallow)) return { isRedirected: true };
  if (!needsFullFetch(shallow)) throw git.failure(shallow);
  const isCommit = /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);
  await git.must(...fetch, '--', gitUrl(url, username), ...(isCommit ? EVERY_REF : [ref]));
  return isCommit ? ref : 'FETCH_HEAD';
}

async function createGit(fetching: Fetching, wanted: Wanted): Promise<Git> {
  const { ports, settings, ref, lock, signal, log } = fetching;
  const { url, token, username = TOKEN_USER, repository: cwd } = wanted;
  const program = settings.git;
  if (program === undefined) throw new SlipwayError('tool_missing', { params: { tool: 'git' } });
  const access = token === undefined ? undefined : { askpass: await makeAskpass(fetching), username, token, url };
  const temporary = await toolsTemporary(ports.disk, settings.layout, ref);
  const tools = { ...settings.toolEnvironment, ...temporary };
  const { options, sshOptions, environment } = await routeOf(fetching, wanted, tools);
  const env = gitEnvironment({ ...tools, ...environment }, sshOptions, access);
  const shownWord = (word: string): string => (word === gitUrl(url, wanted.username) ? shownUrl(url) : word);
  const run: Git['run'] = (...words) =>
    whileWithin({ disk: ports.disk, folder: fetching.workFolder, signal }, (within) =>
      runLogged(ports, log, gitArgv(program, options, ...words), {
        cwd,
        env,
        lock,
        signal: within,
        shown: shownLines,
        shownWord,
      }),
    );
  const list: Git['list'] = (words, onLines, over) =>
    ports.tools.run(gitArgv(program, options, ...words), {
      cwd,
      env,
      lock,
      signal: AbortSignal.any([signal, over]),
      onLines: (stream, lines) => {
        if (stream === 'stdout') onLines(lines);
        return Promise.resolve();
      },
    });
  const failure: Git['failure'] = (result) => judgeGit(result, { source: shownUrl(url), ref: wanted.ref });
  const must: Git['must'] = async (...words) => {
    const result = await run(...words);
    if (result.exitCode !== 0) throw failure(result);
    return result;
  };
  return { run, must, list, failure };
}

async function routeOf(
  { ports, lock, signal }: Fetching,
  { url, username: user, guard, repository: cwd }: Wanted,
  env: Record<string, string>,
): Promise<GitRoute> {
  const { protocol, hostname, port, username } = new URL(gitUrl(url, user));
  if (protocol !== 'ssh:') return routeOverHttp(guard, url, proxyOf(url, env));
  const to = [...(port === '' ? [] : ['-p', port]), '--', `${username}@${hostname.replace(/^\[|\]$/g, '')}`];
  const { exitCode, tail } = await ports.tools.run(['ssh', '-G', ...to], { cwd, env, lock, signal });
  if (exitCode !== 0) throw new SlipwayError('tool_missing', { params: { tool: 'ssh' } });
  return routeOverSsh(guard, url, readSshHost(tail, hostname));
}

async function makeAskpass({ ports: { disk }, workFolder }: Fetching): Promise<string> {
  const askpass = join(workFolder, 'askpass.sh');
  await disk.writeAtomically(askpass, askpassScript, EXECUTABLE_MODE);
  return askpass;
}
