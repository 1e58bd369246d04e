// npm run docs: writes what is generated in docs/ (settings, the command line, the API's description, types for its clients). A test fails
// when one of them differs.
import { writeFileSync } from 'node:fs';
import { cliPage } from './cli-page.js';
import { configurationPage } from './configuration-page.js';
import { errorsPage } from './errors-page.js';
import { clientTypes, DESCRIPTION_FILE, descriptionText, TYPES_FILE } from './description.js';

const page = (name: string): URL => new URL(`../docs/reference/${name}`, import.meta.url);
writeFileSync(page('configuration.md'), configurationPage());
writeFileSync(page('cli.md'), cliPage());
writeFileSync(page('errors.md'), errorsPage());
writeFileSync(DESCRIPTION_FILE, descriptionText());
writeFileSync(TYPES_FILE, await clientTypes());
