// Processor time that loading the extension's bundle takes, without VS Code: its API is replaced by names that do nothing, so what is left
// is reading, compiling and running the top level of the bundle. Unlike wall time it means something on a busy machine.
//   node bench/extension-load.bench.mjs [bundle, default dist/extension.cjs]     one process per figure: run it several times
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const types = readFileSync(path.join(here, '../node_modules/@types/vscode/index.d.ts'), 'utf8');
const names = [...types.matchAll(/^\texport (?:abstract class|class|const|enum|function|namespace) (\w+)/gm)].map(([, name]) => name);
const nothing = new Proxy(function () {}, {
  get: (target, key) => (key === 'prototype' ? target.prototype : key === Symbol.toPrimitive ? () => '' : nothing),
});
const api = Object.fromEntries(names.map((name) => [name, nothing]));
const load = Module._load;
Module._load = (name, ...rest) => (name === 'vscode' ? api : load(name, ...rest));

const bundle = path.resolve(process.argv[2] ?? path.join(here, '../dist/extension.cjs'));
const before = process.cpuUsage();
createRequire(bundle)(bundle);
const { user, system } = process.cpuUsage(before);
console.log(`${path.basename(bundle)}: ${(user / 1000).toFixed(1)} ms of user and ${(system / 1000).toFixed(1)} ms of system time`);
process.exit(0);
