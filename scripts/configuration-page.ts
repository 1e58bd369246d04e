import { CLIENT_SETTINGS, SETTINGS } from '../src/config.js';

/** `docs/reference/configuration.md`, as text. */
export function configurationPage(): string {
  return `# Configuration

Read once at the start, from the environment. A wrong value stops the start with a sentence that names it; an empty one counts as unset. This page is made from \`src/config.ts\` by \`npm run docs\`.

| setting | default | meaning |
|---|---|---|
${rowsOf(SETTINGS)}

A setting marked secret may stand in a file instead: \`<NAME>_FILE\` names it (\`SLIPWAY_SECRET_KEY_FILE=/run/secrets/slipway_secret_key\`), and white space around the value is left out. Setting both stops the start, and so does a file that can't be read or is empty (an empty file of \`SLIPWAY_SECRET_KEYS_OLD\` means that there are none).

The [command line](cli.md) reads these; \`slipway config\` prints all settings, and where each comes from.

| setting | default | meaning |
|---|---|---|
${rowsOf(CLIENT_SETTINGS)}

Tools (git, uv, pip), and the build scripts that they run, get variables of Slipway's environment by name: proxies (\`*_PROXY\`), certificates (\`SSL_CERT_FILE\`, \`REQUESTS_CA_BUNDLE\`, …), and those \`PIP_*\` and \`UV_*\` variables that say which index, cache, limits and constraints to use. They get nothing else, so no token to publish; \`SLIPWAY_TOOL_VARIABLES\` adds names. Passwords and tokens among them are masked in logs. Image builds get the proxies alone, in both spellings: **an index of the host does not hold in them**. An index in the place of the public one (\`PIP_INDEX_URL\`, \`UV_DEFAULT_INDEX\`) that is set for one of pip and uv holds for the other, too; further indexes and \`FIND_LINKS\` have to be set for both. All of them are part of what an environment is found again by.
`;
}

interface Told {
  default: string;
  meaning: string;
  secret?: true;
}

function rowsOf(settings: Readonly<Record<string, Told>>): string {
  const rows = Object.entries(settings).map(([name, setting]) => {
    const secret = setting.secret ? ' Secret.' : '';
    return `| \`${name}\` | ${setting.default} | ${setting.meaning}${secret} |`;
  });
  return rows.join('\n');
}
