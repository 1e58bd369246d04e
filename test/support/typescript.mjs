// `node --import ./test/support/typescript.mjs file.ts`
import { register } from 'node:module';

register('./typescript-hook.mjs', import.meta.url);
