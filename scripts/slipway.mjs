#!/usr/bin/env -S node --
// `--`: else Node itself takes its own options from among Slipway's, such as --env-file, and runs what NODE_OPTIONS in that
// file says.
//
// `npx slipway` in the clone: the command line, built first where it is missing or older than its source.
process.argv.splice(2, 0, 'dist/cli/main.js');
await import('./bootstrap.mjs');
