// The description of the API as it is committed, and the types that clients may build on.
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { description } from '../src/api/openapi.js';

export const DESCRIPTION_FILE = fileURLToPath(new URL('../docs/reference/openapi.json', import.meta.url));
export const TYPES_FILE = fileURLToPath(new URL('../docs/reference/client-types.d.ts', import.meta.url));

export const descriptionText = (): string => `${JSON.stringify(description(), null, 2)}\n`;

export async function clientTypes(): Promise<string> {
  const types = astToString(await openapiTS(description() as OpenAPI3));
  return `// Types of Slipway's API, made by \`npm run docs\` of docs/reference/openapi.json.\n\n${types}`;
}
