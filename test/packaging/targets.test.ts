import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { stageTarget } from '../../.ci/stage-target.mjs';
import { hasRuntime, nativeFiles, platformsOf, sizeBudgetBytes, vsixTargets } from '../../.ci/vsix-targets.mjs';
import { projectRoot } from '../shared.ts';

/** Files of the form folder/name or folder/*.ending. */
function matches(glob: string, cwd: string): readonly string[] {
  const [folder, name] = [path.dirname(glob), path.basename(glob)];
  if (!existsSync(path.join(cwd, folder))) return [];
  return readdirSync(path.join(cwd, folder))
    .filter((file) => (name.startsWith('*') ? file.endsWith(name.slice(1)) : file === name))
    .map((file) => path.join(folder, file));
}

const bindings = path.join(projectRoot, 'node_modules/onnxruntime-node/bin/napi-v6');

test('every platform has a budget, and all but macOS on x64 have ONNX Runtime', () => {
  for (const target of vsixTargets) expect(sizeBudgetBytes(target), target).toBeGreaterThan(2 ** 20);
  expect(vsixTargets.filter((target) => !hasRuntime(target))).toEqual(['darwin-x64']);
  expect(() => nativeFiles('amiga-m68k')).toThrow(/Unknown target amiga-m68k; known: linux-x64/);
});

test('the platform of a compiled file is read from the file', () => {
  let seen = 0;
  for (const platform of readdirSync(bindings)) {
    for (const arch of readdirSync(path.join(bindings, platform))) {
      const file = path.join(bindings, platform, arch, 'onnxruntime_binding.node');
      expect(platformsOf(readFileSync(file)), file).toEqual([`${platform}-${arch}`]);
      seen += 1;
    }
  }
  expect(seen).toBeGreaterThanOrEqual(5);
  const fat = matches('node_modules/@serialport/bindings-cpp/prebuilds/darwin-x64+arm64/*.node', projectRoot)[0] ?? '';
  expect([...platformsOf(readFileSync(path.join(projectRoot, fat)))].sort()).toEqual(['darwin-arm64', 'darwin-x64']);
  expect(platformsOf(Buffer.from('// a script, no program'.repeat(10)))).toEqual([]);
  expect(platformsOf(Buffer.alloc(0))).toEqual([]);
});

test('a folder for another platform holds the compiled files of that platform and no other of koffi', { timeout: 120_000 }, (context) => {
  let staged: ReturnType<typeof stageTarget>;
  try {
    staged = stageTarget('win32-x64');
  } catch (error) {
    if ((error as { readonly offline?: boolean }).offline === true) return context.skip('no registry can be reached');
    throw error;
  }
  try {
    for (const glob of nativeFiles('win32-x64')) {
      const files = matches(glob, staged.folder);
      expect(files.length, glob).toBeGreaterThan(0);
      for (const file of files.filter((name) => /\.(node|dll)$/.test(name)))
        expect(platformsOf(readFileSync(path.join(staged.folder, file))), file).toEqual(['win32-x64']);
    }
    expect(readdirSync(path.join(staged.folder, 'node_modules/@koromix'))).toEqual(['koffi-win32-x64']);
    expect(existsSync(path.join(staged.folder, 'node_modules/vitest'))).toBe(false);
  } finally {
    staged.remove();
  }
});
