// Who may import whom: the architecture, as a check (docs/explanation/architecture.md).
const TYPES = { dependencyTypesNot: ['type-only'] };
const NODE_AND_WORLD =
  '(^|/)node_modules/(execa|dockerode|undici|tar|tar-stream)/|^(node:)?(fs|child_process|net|http)(/|$)';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'contract-stands-alone',
      comment: 'Both sides of a boundary share it: data and pure functions.',
      severity: 'error',
      from: { path: '^src/contract' },
      to: { pathNot: ['^src/contract', '^locales/', '^node_modules/(zod|intl-messageformat|@temporalio/workflow)/'] },
    },
    {
      name: 'workflows-decide-only',
      comment: 'Replayed code: no I/O, no Node, no environment. Of activities only the types.',
      severity: 'error',
      from: { path: '^src/workflows' },
      to: {
        pathNot: ['^src/workflows', '^src/contract', '^node_modules/@temporalio/(workflow|common)/'],
        ...TYPES,
      },
    },
    {
      name: 'activities-know-no-caller',
      severity: 'error',
      from: { path: '^src/activities' },
      to: {
        path: '^src/((workflows|api|worker|cli|start)/|(start|config)[.]ts)|@temporalio/(client|worker|workflow)/',
      },
    },
    {
      name: 'outside-only-through-ports',
      comment: 'What touches the world stands behind an interface that a test can replace.',
      severity: 'error',
      from: { path: '^src/activities', pathNot: '^src/activities/ports' },
      to: { path: NODE_AND_WORLD },
    },
    {
      name: 'api-only-asks',
      severity: 'error',
      from: { path: '^src/api' },
      to: { path: '^src/(activities|worker|cli|start)' },
    },
    {
      name: 'api-knows-workflows-by-type',
      severity: 'error',
      from: { path: '^src/api' },
      to: { path: '^src/workflows', ...TYPES },
    },
    {
      name: 'worker-only-wires',
      severity: 'error',
      from: { path: '^src/worker' },
      to: { path: '^src/(api|cli|start|workflows)' },
    },
    {
      name: 'clients-speak-http',
      comment: 'The command line knows the contract, and nothing of how it is kept.',
      severity: 'error',
      from: { path: '^src/cli' },
      to: {
        path: '^src/',
        pathNot:
          '^src/(cli|contract|config|engine-address|app-user|file-names|npm-signals|policy-file|programs|reach|waiting)',
      },
    },
    {
      name: 'clients-reach-no-temporal',
      severity: 'error',
      from: { path: '^src/cli' },
      to: { path: '@temporalio/', reachable: true },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: TYPES } },
    { name: 'nothing-imports-tests', severity: 'error', from: { path: '^src' }, to: { path: '^(test|scripts)' } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
