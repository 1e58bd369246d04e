// The workflow types, which are the content of the bundle.
export { batch } from './batch.js';
export { callbacks } from './callbacks.js';
export { deployment } from './deployment.js';
export { gate } from './gate.js';
export { host } from './host.js';
export { registry } from './registry.js';
export { service } from './service.js';
