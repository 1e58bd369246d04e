// npm run docs: writes docs/configuration.md from the settings themselves. A test fails when they differ.
import { writeFileSync } from 'node:fs';
import { configurationPage } from './configuration-page.js';

const PAGE = new URL('../docs/configuration.md', import.meta.url);
writeFileSync(PAGE, configurationPage());
