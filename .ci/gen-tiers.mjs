// Generates the parser tables of the tier language (solver-core/tiers/generated/) from its grammar. The result is committed.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const tiers = join(root, 'solver-core', 'tiers');
export const generatedDir = join(tiers, 'generated');

/**
 * The generated files by name, as text with LF line ends. Runs the generator in a temporary folder; the project is not touched.
 * @returns {Record<string, string>}
 * @throws {Error} with the generator's words when the grammar has errors
 */
export function generateTiers() {
  const work = mkdtempSync(join(tmpdir(), 'tierwise-gen-'));
  try {
    for (const file of ['tiers.langium', 'langium-config.json']) cpSync(join(tiers, file), join(work, file));
    const cli = join(root, 'node_modules', 'langium-cli', 'bin', 'langium.js');
    const result = spawnSync(process.execPath, [cli, 'generate', '--file', join(work, 'langium-config.json')], {
      cwd: work,
      encoding: 'utf8',
    });
    if (result.status !== 0) throw new Error(`langium generate failed:\n${result.stdout}${result.stderr}`);
    const out = join(work, 'generated');
    return Object.fromEntries(
      readdirSync(out)
        .sort()
        .map((name) => [name, readFileSync(join(out, name), 'utf8').replaceAll('\r\n', '\n')]),
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries(generateTiers())) writeFileSync(join(generatedDir, name), text);
  console.log('generated solver-core/tiers/generated/');
}
