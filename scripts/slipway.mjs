#!/usr/bin/env node
// `npx slipway` in the clone: the command line, built first where it is missing or older than its source.
process.argv.splice(2, 0, 'dist/cli/main.js');
await import('./bootstrap.mjs');
