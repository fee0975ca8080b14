// The licence texts of the libraries inside our bundles, collected from the packages themselves.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Shipped as files of their own, so no bundle lists them. */
const SHIPPED_WHOLE = ['onnxruntime-node', 'onnxruntime-common', '@vscode/codicons'];

/**
 * One text: each package that is part of the product, its version, its licence and the licence text where the package has one.
 * @param {string} root the project folder
 * @param {Record<string, { inputs: Record<string, unknown> }>} metafiles esbuild's, one per bundle
 * @returns {string}
 */
export function thirdPartyNotices(root, metafiles) {
  const names = new Set(SHIPPED_WHOLE);
  for (const metafile of Object.values(metafiles)) {
    for (const input of Object.keys(metafile.inputs)) {
      const found = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
      if (found !== null) names.add(`${input.slice(0, found[0].length - 1).replace(/^.*?node_modules\//, '')}`);
    }
  }
  const parts = [...names].sort().map((name) => notice(path.join(root, 'node_modules', name)));
  return `Tierwise contains the following libraries.\n\n${parts.join('\n\n')}\n`;
}

function notice(dir) {
  const manifest = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));
  const title = `${manifest.name} ${manifest.version} (${manifest.license ?? 'see its text'})`;
  const file = existsSync(dir) ? readdirSync(dir).find((name) => /^(licen[cs]e|copying)(\.|-|$)/i.test(name)) : undefined;
  const text =
    file === undefined
      ? `The package carries no licence text; it states: ${manifest.license}.`
      : readFileSync(path.join(dir, file), 'utf8').trim();
  return `${'='.repeat(100)}\n${title}\n${'='.repeat(100)}\n${text}`;
}
