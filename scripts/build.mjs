// dist/: compiled TypeScript, the keeper, and the workflow bundle (built ahead: about 1.4 s that no worker start pays).
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { Buffer } from 'node:buffer';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = `${ROOT}dist`;

/** Evaluated once for all workflows of a worker: no module of theirs keeps anything of one workflow. */
const WORKFLOWS = `${DIST}/workflows/index.js`;
const INTERCEPTORS = `${DIST}/workflows/interceptors.js`;

rmSync(`${DIST}/.built`, { force: true });
execFileSync(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, '-p', `${ROOT}tsconfig.build.json`], {
  stdio: 'inherit',
});
mkdirSync(`${DIST}/keeper`, { recursive: true });
for (const program of ['keeper.py', 'app_user.py', 'limited.py', 'listen.py', 'take_listener.py'])
  cpSync(`${ROOT}src/keeper/${program}`, `${DIST}/keeper/${program}`);
const { code } = await bundleWorkflowCode({
  workflowsPath: WORKFLOWS,
  preloadModules: [WORKFLOWS],
  workflowInterceptorModules: [INTERCEPTORS],
  logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
});
if (code.includes('node_modules/zod')) {
  throw new Error(
    'zod is in the workflow bundle: each workflow would evaluate its own copy (20 ms, 1 MB). Import types only.',
  );
}
// The map's copies of all sources are two thirds of the bundle, and the worker would hold them for its life.
writeFileSync(`${DIST}/workflow-bundle.js`, withoutSources(code));
writeFileSync(`${DIST}/.built`, new Date().toISOString());

function withoutSources(bundle) {
  return bundle.replace(/(sourceMappingURL=data:application\/json;[^,]*base64,)([\w+/=]+)/, (_whole, start, data) => {
    const { sourcesContent: _left, ...map } = JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
    return start + Buffer.from(JSON.stringify(map)).toString('base64');
  });
}
