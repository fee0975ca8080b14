// Keeps packages out of the extension's bundle until something of theirs is used: the extension host parses what it loads, used or not.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Packages that the extension uses only once there is a plan, and the bundle that holds each. */
export const lazyPackages = {
  'vscode-jsonrpc/node.js': 'json-rpc.cjs',
  'vscode-languageclient/node.js': 'language-client.cjs',
};

/**
 * An esbuild plugin. `await import()` of these packages loads their bundle. A static import becomes an object whose members load it when
 * they are first read; bundles read imported names where they use them, so this needs nothing from the sources but to use no such name
 * while they load. A static import of a package that needs VS Code itself is refused, since its names cannot be listed here.
 * @returns {import('esbuild').Plugin}
 */
export function lazyPackagesPlugin() {
  return {
    name: 'lazy-packages',
    setup(build) {
      build.onResolve({ filter: /^vscode-(jsonrpc|languageclient|languageserver)/ }, ({ path, kind }) => {
        const bundle = lazyPackages[path];
        if (bundle === undefined) return { errors: [{ text: `${path} has no bundle of its own: see .ci/lazy-packages.mjs` }] };
        if (kind === 'dynamic-import') return { path: `./${bundle}`, external: true };
        if (path.startsWith('vscode-languageclient')) return { errors: [{ text: `${path} may only be imported by await import()` }] };
        return { path, namespace: 'lazy-package' };
      });
      build.onResolve({ filter: /^\.\//, namespace: 'lazy-package' }, ({ path }) => ({ path, external: true }));
      build.onLoad({ filter: /.*/, namespace: 'lazy-package' }, ({ path }) => {
        const getters = Object.keys(require(path)).map((name) => `get ${name}() { return load().${name}; }`);
        return {
          contents: `let loaded;\nconst load = () => (loaded ??= require('./${lazyPackages[path]}'));\nmodule.exports = {\n${getters.join(',\n')}\n};\n`,
          loader: 'js',
        };
      });
    },
  };
}

/**
 * An esbuild plugin: one module that names each part of VS Code's API, instead of one copy of the whole API object per importing file
 * (which took longer than all the rest of loading the extension). What an older VS Code does not have is undefined, as it is there.
 * Only parts that the sources write out are named: a build has to refuse an import of another (`import-is-undefined`).
 * @returns {import('esbuild').Plugin}
 */
export function vscodeNamesPlugin() {
  return {
    name: 'vscode-names',
    setup(build) {
      build.onResolve({ filter: /^vscode$/ }, ({ namespace }) =>
        namespace === 'vscode-names'
          ? { path: 'vscode', external: true }
          : { path: 'vscode', namespace: 'vscode-names', sideEffects: false },
      );
      build.onLoad({ filter: /.*/, namespace: 'vscode-names' }, () => {
        const types = readFileSync(require.resolve('@types/vscode/index.d.ts'), 'utf8');
        const found = types.matchAll(/^\texport (?:abstract class|class|const|enum|function|namespace) (\w+)/gm);
        const written = writtenNames();
        const names = [...new Set([...found].map(([, name]) => name))].filter((name) => written.has(name));
        const lines = names.map((name) => `export const ${name} = api.${name};`);
        return { contents: `const api = require('vscode');\n${lines.join('\n')}\n`, loader: 'js' };
      });
    },
  };
}

/** Every word that stands in a source of the extension. */
function writtenNames() {
  const folder = new URL('../extension/', import.meta.url);
  const sources = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  return new Set(sources.flatMap((name) => readFileSync(new URL(name.replaceAll('\\', '/'), folder), 'utf8').match(/\w+/g) ?? []));
}
