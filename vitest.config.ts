import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks', // Temporal's native core and real child processes want a process of their own
    maxWorkers: 2, // the whole run is planned for two cores: with more, beats and health checks come late
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/production/**'], // npm run test:image
    testTimeout: 60_000,
    hookTimeout: 240_000, // the first run may build the workflow bundle
  },
});
