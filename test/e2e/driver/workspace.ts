import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));

/** A copy of an example that a test may change; fitted files of earlier runs are left behind. */
export function copyExample(name: string): { readonly folder: string; remove(): void } {
  const source = path.join(EXAMPLES, name);
  if (!existsSync(source)) throw new Error(`There is no example ${name}.`);
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'tierwise-e2e-')), name);
  cpSync(source, folder, {
    recursive: true,
    filter: (file) => !/\.(fitted|learned|selected|measured|report|sparse|compound)\./.test(path.basename(file)),
  });
  return { folder, remove: () => rmSync(path.dirname(folder), { recursive: true, force: true }) };
}

/** The files of a folder, sorted, with their sizes: two listings are equal when nothing came, went or grew. */
export function listing(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => `${path.relative(folder, file)} ${statSync(file).size}`)
    .sort();
}

/** Runs git in a folder, as somebody who has a name. */
export function git(folder: string, ...words: string[]): void {
  const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org'];
  execFileSync('git', [...who, ...words], { cwd: folder, stdio: 'ignore' });
}
