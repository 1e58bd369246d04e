// npm run test:image: needs a Docker engine, and minutes.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    fileParallelism: false, // one engine, and files that build images for each other's layers
    include: ['test/production/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 1_200_000, // the first run builds Temporal's programs and all images
    reporters: ['verbose'],
  },
});
