// Loads the extension's bundle and activates it against names that do nothing in place of VS Code's API, and writes what that loaded.
//   node activate-bundle.mjs extension.cjs     prints the names that were asked of require(), as JSON
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const types = readFileSync(require.resolve('@types/vscode/index.d.ts'), 'utf8');
const names = [...types.matchAll(/^\texport (?:abstract class|class|const|enum|function|namespace) (\w+)/gm)].map(([, name]) => name);
const lists = new Set([
  'textDocuments',
  'visibleTextEditors',
  'notebookDocuments',
  'visibleNotebookEditors',
  'terminals',
  'all',
  'taskExecutions',
]);
const nobody = new Set(['then', 'activeTextEditor', 'activeNotebookEditor', 'workspaceFolders', 'visible']);

/** Anything: a function, a class and an object with any member. A call of it answers another, where the API promises nothing else. */
function anything(name) {
  return new Proxy(function () {}, {
    get: (target, key) => {
      if (key === 'prototype') return target.prototype;
      if (key === Symbol.toPrimitive) return () => '';
      if (nobody.has(key)) return undefined;
      return lists.has(key) ? [] : anything(String(key));
    },
    set: () => true,
    apply: () => (name === 'findFiles' ? Promise.resolve([]) : name === 'get' ? undefined : anything('result')),
    construct: () => anything('made'),
  });
}

const api = Object.fromEntries(names.map((name) => [name, anything(name)]));
const load = Module._load;
const loaded = [];
Module._load = (name, ...rest) => {
  if (name === 'vscode') return api;
  loaded.push(name);
  return load(name, ...rest);
};
const extension = createRequire(import.meta.url)(process.argv[2]);
const memory = { get: () => undefined, update: () => Promise.resolve(), keys: () => [] };
extension.activate({
  subscriptions: [],
  extensionUri: anything('uri'),
  storageUri: anything('uri'),
  workspaceState: memory,
  globalState: memory,
});
// What activation leaves for the next moment belongs to it, too.
setImmediate(() => {
  console.log(JSON.stringify(loaded));
  process.exit(0);
});
