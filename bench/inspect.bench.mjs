// Compares inspecting a model with the time ONNX Runtime takes to load it, in the same run. Only ratios are comparable on shared machines.
//   node bench/inspect.bench.mjs [MODEL.onnx ...]        default: light_resnet50 of the extra test material, when it is there
import { build } from 'esbuild';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ort from 'onnxruntime-node';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const sharedDir = process.env.TIERWISE_SHARED ?? resolve(root, '../shared');
const rounds = 11;

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

/** The parts under test as one module, as the product bundles them. */
async function loadCore() {
  const dir = mkdtempSync(join(tmpdir(), 'tierwise-bench-'));
  try {
    const contents = `export * from './solver-core/onnx/index.ts'; export { create } from '@bufbuild/protobuf';
      export { ModelProtoSchema } from './solver-core/onnx/gen/onnx_pb.ts';`;
    const outfile = join(dir, 'core.mjs');
    await build({
      stdin: { contents, resolveDir: root, loader: 'ts' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile,
      logLevel: 'error',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function inspect(core, bytes) {
  const { value } = core.readModel(bytes);
  return core.inspectModel(value, { path: '', sha256: '', bytes: bytes.length });
}

/** Inspect and load in turns, so that both see the same load of the machine. */
async function compare(core, name, bytes) {
  const own = [];
  const theirs = [];
  let check = 0;
  for (let i = 0; i < rounds; i++) {
    let start = performance.now();
    check += inspect(core, bytes).totals.macs;
    own.push(performance.now() - start);
    start = performance.now();
    const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });
    theirs.push(performance.now() - start);
    await session.release();
  }
  const ratio = median(own) / median(theirs);
  console.log(
    `${name}: first inspect ${own[0].toFixed(1)} ms, inspect ${median(own).toFixed(1)} ms, ONNX Runtime load ${median(theirs).toFixed(1)} ms, ratio ${ratio.toFixed(3)}, first inspect / load ${(own[0] / median(theirs)).toFixed(3)} (medians of ${rounds}; checksum ${check})`,
  );
}

/** A chain of dense layers with raw weights. */
function chain(core, layers, width) {
  const node = [];
  const initializer = [];
  for (let i = 0; i < layers; i++) {
    initializer.push({ name: `w${i}`, dims: [BigInt(width), BigInt(width)], dataType: 1, rawData: new Uint8Array(width * width * 4) });
    node.push({ opType: 'MatMul', name: `m${i}`, input: [i === 0 ? 'x' : `h${i - 1}`, `w${i}`], output: [`h${i}`] });
  }
  const dim = [1n, BigInt(width)].map((value) => ({ value: { case: 'dimValue', value } }));
  const type = { value: { case: 'tensorType', value: { elemType: 1, shape: { dim } } } };
  const graph = { node, initializer, input: [{ name: 'x', type }], output: [{ name: `h${layers - 1}`, type }] };
  const proto = core.create(core.ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: 17n }], graph });
  return core.encodeModel({ proto });
}

const core = await loadCore();
const given = process.argv.slice(2);
const samples = given.length > 0 ? given : [join(sharedDir, 'material/models/third-party/light_resnet50.onnx')].filter(existsSync);
for (const path of samples) await compare(core, path.split(/[\\/]/).at(-1), new Uint8Array(readFileSync(path)));

for (const [name, layers, width] of [
  ['generated, 25 layers of 1024 x 1024', 25, 1024],
  ['generated, 100 000 nodes of 2 x 2', 100_000, 2],
]) {
  const bytes = chain(core, layers, width);
  const times = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    inspect(core, bytes);
    times.push(performance.now() - start);
  }
  console.log(
    `${name}: ${(bytes.length / 1e6).toFixed(1)} MB, inspect ${median(times).toFixed(1)} ms, first ${times[0].toFixed(1)} ms (median of ${rounds})`,
  );
}
