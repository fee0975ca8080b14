/**
 * Who may import whom: the direction table of the project. ARCHITECTURE.md repeats it and test/tidy.test.ts compares the two.
 * Keys are path prefixes; the longest match owns a file. `name!` allows `import type` only. `node:` allows Node built-ins.
 */
export interface Part {
  readonly may: readonly string[];
  /** Packages from npm this part may import (prefix match). */
  readonly packages: readonly string[];
  /** Pure parts must not use clocks or unseeded randomness. */
  readonly pure: boolean;
}

const core = (may: readonly string[], packages: readonly string[] = []): Part => ({ may, packages, pure: true });
const node = (may: readonly string[], packages: readonly string[] = []): Part => ({ may: [...may, 'node:'], packages, pure: false });

const P = 'solver-core/protocol!';
const computing = [
  'solver-core/model',
  'solver-core/onnx',
  'solver-core/tiers',
  'solver-core/energy',
  'solver-core/python',
  'solver-core/fit',
  'solver-core/report',
  'solver-core/data',
  'solver-core/runtime',
  'solver-core/backends/engine',
  'solver-core/learn',
  'solver-core/compress',
  'solver-core/compound',
  'solver-core/sensors',
  'solver-core/backends/cpu',
  'solver-core/backends/sparse',
  'solver-core/backends/sim',
  'solver-core/backends/serial',
  'solver-core/backends/xrt',
];

export const layers: Readonly<Record<string, Part>> = {
  'solver-core/protocol': core([]),
  'solver-core/model': core([]),
  'solver-core/onnx': core(['solver-core/model'], ['@bufbuild/protobuf']),
  'solver-core/tiers': core(['solver-core/model', P], ['langium']),
  'solver-core/python': core(['solver-core/model', 'solver-core/tiers', 'solver-core/energy', P], ['@lezer/python', '@lezer/common']),
  'solver-core/energy': core(['solver-core/model', P]),
  'solver-core/fit': core(['solver-core/model']),
  'solver-core/report': core(['solver-core/model', 'solver-core/energy', 'solver-core/tiers', P]),
  'solver-core/backends/engine': core(['solver-core/model', 'solver-core/fit']),
  'solver-core/learn': core(['solver-core/model', 'solver-core/fit', 'solver-core/onnx']),
  'solver-core/compress': core(['solver-core/model', 'solver-core/fit', 'solver-core/energy', 'solver-core/learn', P]),
  'solver-core/compound': core(['solver-core/model', 'solver-core/fit', 'solver-core/learn', 'solver-core/energy', P]),
  'solver-core/sensors': node(['solver-core/model', 'solver-core/energy', P]),
  'solver-core/backends/cpu': node(['solver-core/model', 'solver-core/fit', 'solver-core/onnx'], ['ml-matrix', 'onnxruntime-node']),
  'solver-core/backends/sparse': node(['solver-core/model', 'solver-core/fit', 'solver-core/onnx']),
  'solver-core/backends/sim': node(['solver-core/model', 'solver-core/fit', 'solver-core/backends/engine']),
  'solver-core/backends/serial': node(
    ['solver-core/model', 'solver-core/fit', 'solver-core/data', 'solver-core/backends/engine'],
    ['serialport'],
  ),
  'solver-core/backends/xrt': node(['solver-core/model', 'solver-core/fit', 'solver-core/backends/engine'], ['koffi']),
  'solver-core/backends/board-sim': node(
    ['solver-core/model', 'solver-core/backends/engine', 'solver-core/backends/sim', 'solver-core/backends/serial'],
    ['koffi'],
  ),
  'solver-core/data': node(['solver-core/model']),
  'solver-core/runtime': node(['solver-core/model', 'solver-core/fit', 'solver-core/onnx'], ['onnxruntime-node']),
  'solver-core/jobs': node([...computing, P]),
  'solver-core/server': node([...computing, 'solver-core/jobs', P], ['langium', 'vscode-jsonrpc', 'vscode-languageserver', 'vscode-uri']),
  'solver-core/cli': node([...computing, 'solver-core/jobs', 'solver-core/backends/board-sim', P]),
  'webview/messages': core([]),
  'webview/app': { may: ['webview/messages!'], packages: ['@vscode-elements/elements', 'valibot'], pure: false },
  extension: node([P, 'webview/messages!'], ['vscode', 'vscode-jsonrpc', 'vscode-languageclient', 'valibot']),
};
