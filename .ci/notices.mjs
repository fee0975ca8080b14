// Writes THIRD-PARTY-NOTICES.md: the packages whose code is inside the bundles or shipped beside them, with their licence texts.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from './build.mjs';
import { root } from './setup.mjs';

/** Shipped beside the bundles, not inside them. */
const besideBundles = [
  'onnxruntime-node',
  'onnxruntime-common',
  '@vscode/codicons',
  'serialport',
  '@serialport/binding-mock',
  '@serialport/bindings-cpp',
  '@serialport/bindings-interface',
  '@serialport/parser-byte-length',
  '@serialport/parser-cctalk',
  '@serialport/parser-delimiter',
  '@serialport/parser-inter-byte-timeout',
  '@serialport/parser-packet-length',
  '@serialport/parser-readline',
  '@serialport/parser-ready',
  '@serialport/parser-regex',
  '@serialport/parser-slip-encoder',
  '@serialport/parser-spacepacket',
  '@serialport/stream',
  'debug',
  'ms',
  'node-gyp-build',
  'koffi',
];

/** Code that the engine image contains: not npm packages of ours to bundle, so stated by hand. */
const engineNotices = `## Engine image (dist/engine/engine.wasm)

The engine's RTL is ours. The image also contains code of these projects:

CXXRTL runtime of Yosys (ISC licence)

\`\`\`
Copyright (C) 2019-2020 whitequark <whitequark@whitequark.org>

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
\`\`\`

wasi-libc with parts of musl (MIT licence, Copyright © 2005-2020 Rich Felker, et al., and the wasi-libc authors) and the C++ runtime of LLVM (Apache License 2.0
with LLVM Exceptions, which allow embedding in compiled programs without further notice).
`;

/** Folder of the package that an esbuild input belongs to, or null for our own files. */
function packageFolder(input) {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
  return match?.[1] ?? null;
}

function describe(folder) {
  const path = join(root, folder);
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const file = readdirSync(path).find((name) => /^(licen[cs]e|copying)(\.|$)/i.test(name));
  const text = file === undefined ? null : readFileSync(join(path, file), 'utf8').replace(/\r\n/g, '\n').trim();
  return { name: manifest.name, version: manifest.version, licence: String(manifest.license ?? 'see text'), text };
}

/** The notices as markdown, from the metafiles of the bundles. */
export function notices(metafiles) {
  const folders = new Set(besideBundles.map((name) => `node_modules/${name}`).filter((folder) => existsSync(join(root, folder))));
  for (const metafile of Object.values(metafiles)) {
    for (const output of Object.values(metafile.outputs)) {
      for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
        const folder = bytesInOutput > 0 ? packageFolder(input) : null;
        if (folder !== null) folders.add(folder);
      }
    }
  }
  const packages = new Map([...folders].map(describe).map((p) => [`${p.name} ${p.version}`, p]));
  const sections = [...packages.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      (p) =>
        `## ${p.name} ${p.version} (${p.licence})\n\n${p.text === null ? `Licence: ${p.licence}; the package carries no licence file.` : `\`\`\`\n${p.text.replace(/```/g, "'''")}\n\`\`\``}\n`,
    );
  return `# Third-party notices\n\nTierwise is distributed with the packages below. Written by .ci/notices.mjs.\n\n${sections.join('\n')}\n${engineNotices}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), notices(await buildAll({ write: false })));
