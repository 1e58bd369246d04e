// npm run provenance: what Slipway is made of, and whether the registry signed it. Writes test-artifacts/sbom.cdx.json.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SBOM = 'test-artifacts/sbom.cdx.json';
/** The registry's keys are asked for elsewhere, where a machine may not get through: npm would try for a minute. */
const ONCE = ['--fetch-retries=0', '--fetch-timeout=20000'];

await writeSbom();
await checkSignatures();

/** CycloneDX, of the packages that are there at run time. Whoever takes it needs neither this checkout nor npm. */
async function writeSbom() {
  const { output } = await npm('sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--omit=dev');
  const { components } = JSON.parse(output);
  mkdirSync(`${ROOT}test-artifacts`, { recursive: true });
  writeFileSync(`${ROOT}${SBOM}`, output);
  console.log(`${SBOM}: ${components.length} packages`);
}

/** A wrong signature fails. A registry without signatures, or keys that can't be had, are no proof of anything. */
async function checkSignatures() {
  const { output } = await npm('audit', 'signatures', '--json', ...ONCE);
  const { invalid, missing, error } = JSON.parse(output || '{}');
  if (invalid === undefined) {
    console.log(`Signatures were not checked: ${error?.summary ?? 'the registry has none'}`);
    return;
  }
  for (const { name, version } of invalid) console.error(`${name}@${version} has a wrong signature`);
  console.log(`Signatures: ${invalid.length} wrong, ${missing.length} missing`);
  if (invalid.length > 0) process.exitCode = 1;
}

/** Its exit code says less than its output. */
function npm(...args) {
  return new Promise((resolve, reject) => {
    execFile('npm', args, { cwd: ROOT, maxBuffer: 64 * 1024 ** 2 }, (error, output) => {
      if (error && output === '') reject(error);
      else resolve({ output });
    });
  });
}
