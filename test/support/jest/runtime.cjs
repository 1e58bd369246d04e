// Loads CommonJS packages through Node, once for all files of a worker. Jest would load Temporal's packages again for
// each file.
const { createRequire, isBuiltin } = require('node:module');
const { default: JestRuntime } = require('jest-runtime');

const PACKAGES = '/node_modules/';

module.exports = class SharedPackages extends JestRuntime {
  requireModule(from, name, options, isRequireActual) {
    const isShared = !options?.isInternalModule && isOfPackage(from, name);
    return isShared ? createRequire(from)(name) : super.requireModule(from, name, options, isRequireActual);
  }
};

function isOfPackage(from, name) {
  return name !== undefined && !isBuiltin(name) && createRequire(from).resolve(name).includes(PACKAGES);
}
