// Before anything of Slipway can run: install and build what is missing or older than its source. Needs Node alone.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STAMP = `${ROOT}dist/.built`;
const parent = process.ppid;
const [major, minor] = process.versions.node.split('.').map(Number);
/** An installed package has neither sources nor packages to install. */
const isClone = existsSync(`${ROOT}src`);

if (major < 20 || (major === 20 && minor < 19))
  fail(`Slipway needs Node 20.19 or newer, and this is ${process.versions.node}. Install a newer Node.`);
if (isClone && isOlder(`${ROOT}node_modules/.package-lock.json`, [`${ROOT}package-lock.json`])) {
  // Not `npm ci`: the lock file may lack the native builds of other platforms, which not every registry carries.
  run('Installing what Slipway is made with', 'npm', [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
}
if (
  isClone &&
  isOlder(STAMP, [
    `${ROOT}src`,
    `${ROOT}locales`,
    `${ROOT}scripts`,
    `${ROOT}tsconfig.json`,
    `${ROOT}tsconfig.build.json`,
    `${ROOT}package-lock.json`,
  ])
) {
  run('Building Slipway', 'npm', ['run', '--silent', 'build']);
}
const [next] = process.argv.slice(2);
// npm and its shell were ended during the work above, and took no signal on to here (see src/npm-signals.ts).
if (process.env.npm_lifecycle_event && parent !== 1 && process.ppid !== parent) process.exit(1);
if (next) {
  const program = new URL(`../${next}`, import.meta.url);
  process.argv.splice(1, 2, fileURLToPath(program)); // as if it had been started itself
  await import(program.href);
}

/** True when the file is missing, or anything among the sources is newer. */
function isOlder(file, sources) {
  return !existsSync(file) || sources.some((source) => newest(source) > statSync(file).mtimeMs);
}

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(`${path}/${name}`)));
}

function run(what, command, args) {
  console.error(`${what} …`); // stdout is the program's own
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail(`${what} failed: fix what the lines above say, then try again.`);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
