// Regenerates solver-core/onnx/gen/ from solver-core/onnx/onnx.proto. `--out DIR` writes elsewhere (the test compares).
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

/** Writes onnx_pb.ts into `outDir`. Throws when buf cannot run here. */
export async function generateOnnx(outDir) {
  const buf = require.resolve('@bufbuild/buf/bin/buf');
  const plugin = join(dirname(require.resolve('@bufbuild/protoc-gen-es/package.json')), 'bin', 'protoc-gen-es');
  const scratch = await mkdtemp(join(tmpdir(), 'tierwise-gen-'));
  try {
    const template = {
      version: 'v2',
      plugins: [{ local: [process.execPath, plugin], out: outDir, opt: ['target=ts', 'import_extension=ts', 'erasable_syntax=true'] }],
    };
    const templatePath = join(scratch, 'buf.gen.yaml');
    await writeFile(templatePath, JSON.stringify(template));
    const run = spawnSync(process.execPath, [buf, 'generate', join(root, 'solver-core', 'onnx'), '--template', templatePath], {
      cwd: scratch,
      encoding: 'utf8',
      timeout: 120_000,
    });
    if (run.error !== undefined) throw run.error;
    if (run.status !== 0) throw new Error(`buf generate failed (${run.status}): ${run.stderr}${run.stdout}`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--out');
  await generateOnnx(at < 0 ? join(root, 'solver-core', 'onnx', 'gen') : resolve(process.argv[at + 1]));
}
