// npm run check:messages: checks that both languages of locales/ have the same texts with the same parameters, and that
// the generated types are up to date. `--write` writes the types.
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { differences, messageTypes, MESSAGE_TYPES_FILE, readCatalogs } from './message-types.js';

const catalogs = readCatalogs();
const file = MESSAGE_TYPES_FILE.pathname;
const types = await format(messageTypes(catalogs.en), { ...(await resolveConfig(file)), filepath: file });
if (process.argv.includes('--write')) await writeFile(file, types);

const findings = differences(catalogs).map((difference) => `locales/: ${difference}`);
if ((await readFile(file, 'utf8')) !== types) findings.push('src/contract/message-types.ts: run `npm run messages`');
for (const finding of findings) console.log(finding);
process.exitCode = findings.length > 0 ? 1 : 0;
