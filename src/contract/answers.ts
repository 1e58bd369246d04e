// What the API answers, as schemas with examples: the description (OpenAPI) is made of them, and a test holds answers to
// them. They may grow: a client ignores what it does not know.
export * from './answers/batches.js';
export * from './answers/deployments.js';
export * from './answers/keys.js';
export * from './answers/readiness.js';
export * from './answers/refusals.js';
export * from './answers/services.js';
export * from './answers/sessions.js';
