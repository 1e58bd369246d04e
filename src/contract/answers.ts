// The API's response bodies, as schemas with examples. The OpenAPI description is built from these schemas. Responses
// may get new fields, so clients must ignore unknown fields.
export * from './answers/batches.js';
export * from './answers/deployments.js';
export * from './answers/keys.js';
export * from './answers/readiness.js';
export * from './answers/refusals.js';
export * from './answers/services.js';
export * from './answers/sessions.js';
