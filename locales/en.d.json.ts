import type { Catalog } from '../src/contract/message-types.js';

declare const catalog: Catalog;
export = catalog;
