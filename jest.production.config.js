// npm run test:image: needs a Docker engine, and minutes.
import { project } from './jest.config.js';

/** @satisfies {import('jest').Config} */
export default {
  ...project,
  maxWorkers: 1, // one engine, and files that build images for each other's layers
  testRegex: ['test/production/.*\\.test\\.ts$'],
  testTimeout: 120_000,
  testEnvironmentOptions: { hookTimeoutMs: 1_200_000 }, // the first run builds Temporal's programs and all images
  verbose: true,
};
