// What is inside a .vsix, and whether that is what we mean to ship.
import { readFileSync, statSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { hasRuntime, platformsOf, sizeBudgetBytes } from './vsix-targets.mjs';

const REQUIRED = [
  'extension/package.json',
  'extension/package.nls.json',
  'extension/package.nls.de.json',
  'extension/l10n/bundle.l10n.de.json',
  'extension/readme.md',
  'extension/changelog.md',
  'extension/LICENSE.txt',
  'extension/dist/extension.cjs',
  'extension/dist/extension-shared.cjs',
  'extension/dist/extension-late.cjs',
  'extension/dist/json-rpc.cjs',
  'extension/dist/language-client.cjs',
  'extension/dist/solver.cjs',
  'extension/dist/language-server.cjs',
  'extension/dist/cli.cjs',
  'extension/dist/gram-worker.cjs',
  'extension/dist/xrt-worker.cjs',
  'extension/dist/engine/engine.wasm',
  'extension/dist/engine/manifest.json',
  'extension/dist/engine/board.wasm',
  'extension/dist/engine/board-manifest.json',
  'extension/THIRD-PARTY-NOTICES.md',
  'extension/node_modules/onnxruntime-node/dist/index.js',
  'extension/node_modules/onnxruntime-common/dist/cjs/index.js',
  'extension/node_modules/serialport/dist/index.js',
  'extension/node_modules/@serialport/bindings-cpp/dist/index.js',
  // Bundles import it, which takes the other entry than requiring it does.
  'extension/node_modules/koffi/index.js',
];

/** What must never be inside, with the reason that the message gives. */
const FORBIDDEN = [
  { pattern: /\.map$/, why: 'a source map' },
  { pattern: /\.d\.[cm]?ts$/, why: 'type declarations' },
  { pattern: /(^|\/)(test|tests|__tests__|e2e)\//, why: 'a test' },
  { pattern: /libonnxruntime_providers_/, why: 'a GPU provider nobody here uses' },
  { pattern: /(^|\/)\.[^/]+$/, why: 'a dot file' },
  { pattern: /\.tsx?$/, why: 'a source file' },
];

/**
 * The entries of a zip file, from its central directory.
 * @param {string} file
 * @returns {{ name: string, sizeBytes: number, read: () => Buffer }[]}
 * @throws {Error} when the file is not a zip archive of less than 4 GiB
 */
export function zipEntries(file) {
  const bytes = readFileSync(file);
  // PKWARE APPNOTE 4.3.16: the end record has a signature, and a comment of at most 65535 bytes follows it.
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end < bytes.length - 22 - 65_535) throw new Error(`${file} is not a zip file`);
  const nEntries = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  const entries = [];
  for (let i = 0; i < nEntries; i += 1) {
    // 4.3.12, central directory header.
    const method = bytes.readUInt16LE(at + 10);
    const packedBytes = bytes.readUInt32LE(at + 20);
    const sizeBytes = bytes.readUInt32LE(at + 24);
    const nameBytes = bytes.readUInt16LE(at + 28);
    const skip = bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    const local = bytes.readUInt32LE(at + 42);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameBytes);
    const read = () => {
      const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
      const packed = bytes.subarray(start, start + packedBytes);
      return method === 0 ? packed : inflateRawSync(packed);
    };
    entries.push({ name, sizeBytes, read });
    at += 46 + nameBytes + skip;
  }
  return entries;
}

/**
 * What is wrong with a package: files missing, files too many, binaries of another platform, too large.
 * @param {string} file the .vsix
 * @param {string} target the VS Code platform it is for, such as `linux-x64`
 * @returns {string[]} one sentence each; empty when it is fit to ship
 */
export function vsixProblems(file, target) {
  const entries = zipEntries(file);
  const names = new Set(entries.map((entry) => entry.name));
  const problems = [...REQUIRED, ...namedByManifest(entries)].filter((name) => !names.has(name)).map((name) => `${name} is missing`);
  for (const name of names) {
    for (const { pattern, why } of FORBIDDEN) if (pattern.test(name)) problems.push(`${name} is ${why}`);
  }
  for (const entry of entries) {
    // What a compiled file runs on stands in the file itself, whatever it is called.
    const platforms = platformsOf(entry.read());
    if (platforms.length > 0 && !platforms.includes(target)) problems.push(`${entry.name} is a binary of another platform (${platforms})`);
  }
  if (![...names].some((name) => /\/prebuilds\/.*\.node$/.test(name))) problems.push(`no serial port binary for ${target}`);
  const hasBinary = [...names].some((name) => name.endsWith('onnxruntime_binding.node'));
  if (!hasBinary && hasRuntime(target)) problems.push(`no ONNX Runtime binary for ${target}`);
  if (![...names].some((name) => name.startsWith(`extension/node_modules/@koromix/koffi-${target}/`) && name.endsWith('.node')))
    problems.push(`no library for calls into C for ${target}`);
  const sizeBytes = statSync(file).size;
  if (sizeBytes > sizeBudgetBytes(target)) problems.push(`${sizeBytes} bytes, more than ${sizeBudgetBytes(target)}`);
  return problems;
}

/** Every path that package.json points at: entry point, icons, grammars, language configurations, walkthrough pictures. */
function namedByManifest(entries) {
  const manifest = JSON.parse(
    entries
      .find((entry) => entry.name === 'extension/package.json')
      ?.read()
      .toString('utf8') ?? '{}',
  );
  const paths = new Set();
  const visit = (value) => {
    if (typeof value === 'string') {
      if (/^(\.\/)?[\w-]+\/[\w./-]+\.(svg|png|json|md|cjs)$/.test(value)) paths.add(`extension/${value.replace(/^\.\//, '')}`);
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) visit(inner);
    }
  };
  visit([manifest.main, manifest.icon, manifest.contributes]);
  return paths;
}
