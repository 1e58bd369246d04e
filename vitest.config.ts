import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks', // Temporal's native core and real child processes want a process of their own
    maxWorkers: 3, // on two cores: much of the time is spent waiting
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/production/**'], // npm run test:image
    testTimeout: 60_000,
    hookTimeout: 240_000, // the first run may build the workflow bundle
  },
});
