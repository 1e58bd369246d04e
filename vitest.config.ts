import { defineConfig } from 'vitest/config';

/** Real tools, for minutes: begun before the many small ones, not after them. */
const INSTALLS = 'test/unit/{uv,fallback}/steps.test.ts';

export default defineConfig({
  test: {
    pool: 'forks', // Temporal's native core and real child processes want a process of their own
    maxWorkers: 2, // the whole run is planned for two cores: with more, beats and health checks come late
    testTimeout: 60_000,
    hookTimeout: 240_000, // the first run may build the workflow bundle
    projects: [
      // In the order of their names.
      {
        extends: true,
        test: { name: 'built', include: ['test/e2e/**/*.test.ts', 'test/workflows/**/*.test.ts', INSTALLS] },
      },
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/replay/**/*.test.ts'],
          exclude: [INSTALLS],
          isolate: false, // Temporal's packages are loaded once by each worker, not a hundred times
        },
      },
    ],
  },
});
