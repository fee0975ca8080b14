// Writes THIRD-PARTY-NOTICES.md: the packages whose code is inside the bundles or shipped beside them, with their licence texts.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from './build.mjs';
import { root } from './setup.mjs';

/** Shipped beside the bundles, not inside them. */
const besideBundles = ['onnxruntime-node', 'onnxruntime-common', '@vscode/codicons'];

/** Code that the engine image contains: not npm packages of ours to bundle, so stated by hand. */
const engineNotices = `## Engine image (dist/engine/engine.wasm)

The engine's RTL is ours. The image also contains parts of the CXXRTL runtime of Yosys (ISC licence, Copyright whitequark and the Yosys authors) and of the
LLVM C++ runtime and wasi-libc (Apache License 2.0 with LLVM Exceptions; MIT licence).
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

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), notices(await buildAll()));
