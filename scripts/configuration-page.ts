import { CLIENT_SETTINGS, SETTINGS } from '../src/config.js';

/** `docs/reference/configuration.md`, as text. */
export function configurationPage(): string {
  return `# Configuration

Slipway reads its settings from the environment, once, at the start. A wrong value stops the start, and the error names the setting. An empty value counts as unset. \`npm run docs\` generates this page from \`src/config.ts\`.

| setting | default | meaning |
|---|---|---|
${rowsOf(SETTINGS)}

A setting marked secret can be in a file instead: \`<NAME>_FILE\` names the file (\`SLIPWAY_SECRET_KEY_FILE=/run/secrets/slipway_secret_key\`). White space around the value is ignored. The start fails if both are set, or if the file can't be read or is empty. Only the file of \`SLIPWAY_SECRET_KEYS_OLD\` can be empty, if there are no earlier keys.

The [command line](cli.md) reads these settings too. \`slipway config\` prints all settings and their sources.

| setting | default | meaning |
|---|---|---|
${rowsOf(CLIENT_SETTINGS)}

## Variables of tools

git, uv, pip and their build scripts get some variables of Slipway's environment:

- proxies (\`*_PROXY\`) and certificates (\`SSL_CERT_FILE\`, \`REQUESTS_CA_BUNDLE\`, …),
- the \`PIP_*\` and \`UV_*\` variables that choose the index, cache, limits and constraints.

They get no other variables, so no tokens for publishing. \`SLIPWAY_TOOL_VARIABLES\` adds names. Passwords and tokens in these variables are masked in logs. All of them are part of an environment's identity: with other values, Slipway installs again.

Image builds get only the proxies, in both spellings. **They don't use an index of the host.**

\`PIP_INDEX_URL\` and \`UV_DEFAULT_INDEX\` replace the public index. If one of them is set, it applies to pip and uv. Set further indexes and \`FIND_LINKS\` for both.
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
