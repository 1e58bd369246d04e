/** These use real tools for minutes, and begin before the small files (test/support/jest/sequencer.mjs). */
const INSTALLS = 'test/unit/(uv|fallback)/steps\\.test\\.ts$';
const NODE_MODULES = '/node_modules/';

/**
 * The settings of all projects.
 * @satisfies {import('jest').Config}
 */
export const project = {
  roots: ['<rootDir>/test'],
  testEnvironment: '<rootDir>/test/support/jest/environment.mjs',
  runtime: '<rootDir>/test/support/jest/runtime.cjs',
  injectGlobals: false, // tests import what they use
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts'] }, // as TypeScript reads such an import
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript' },
          target: 'es2023',
          experimental: { keepImportAttributes: true }, // those of locales/*.json
        },
        module: { type: 'es6' },
      },
    ],
  },
};

/** @satisfies {import('jest').Config} */
export default {
  maxWorkers: 2, // the whole run is planned for two cores: with more, beats and health checks come late
  workerIdleMemoryLimit: '400MB', // modules of earlier files stay in memory: a new worker then
  testTimeout: 60_000, // hooks have longer: test/support/jest/environment.mjs
  testSequencer: '<rootDir>/test/support/jest/sequencer.mjs',
  projects: [
    {
      ...project,
      displayName: 'built',
      testRegex: ['test/(e2e|workflows)/.*\\.test\\.ts$', INSTALLS],
    },
    {
      ...project,
      displayName: 'unit',
      testRegex: ['test/(unit|replay)/.*\\.test\\.ts$'],
      testPathIgnorePatterns: [NODE_MODULES, INSTALLS],
    },
  ],
};
