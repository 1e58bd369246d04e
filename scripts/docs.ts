// npm run docs: writes what is generated in docs/ (settings, the API's description, types for its clients). A test fails
// when one of them differs.
import { writeFileSync } from 'node:fs';
import { configurationPage } from './configuration-page.js';
import { clientTypes, DESCRIPTION_FILE, descriptionText, TYPES_FILE } from './description.js';

const PAGE = new URL('../docs/configuration.md', import.meta.url);
writeFileSync(PAGE, configurationPage());
writeFileSync(DESCRIPTION_FILE, descriptionText());
writeFileSync(TYPES_FILE, await clientTypes());
