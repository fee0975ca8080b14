// How long Python source of 900 and 9000 lines takes: the parser alone, layers and annotations, and the whole request with energy; then
// requests about a file beside an exported model of 4900 layers: the first, after an edit elsewhere, and after an edit of an annotation.
//   node bench/python.bench.mjs [--rounds N]      default 15
// Processor time of this process, the median of all rounds after two that warm up; ratios to the parser are what other machines share.
import { build } from 'esbuild';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const rounds = Number(values.rounds);

/** A file of about `lines` lines: classes of blocks with loops, helper functions, and a training script's prose; every fourth layer annotated. */
function source(lines) {
  const text = ['import torch', 'import torch.nn as nn', ''];
  for (let n = 0; text.length < lines; n++) {
    text.push(
      `class Block${n}(nn.Module):`,
      '    """A block, described in a sentence or two."""',
      '    def __init__(self, d=64, mult=4):',
      '        super().__init__()',
      '        self.norm = nn.LayerNorm(d)',
      '        self.fc1 = nn.Linear(d, mult * d)  # tier: lower ridge lambda=1e-2',
      '        self.fc2 = nn.Linear(mult * d, d)',
      '        self.heads = nn.ModuleList([nn.Linear(d, 8) for _ in range(2)])',
      '',
      '    def forward(self, x):',
      '        h = torch.relu(self.fc1(self.norm(x)))',
      '        scores = [head(x) for head in self.heads]',
      '        for i in range(len(scores)):',
      '            h = h + scores[i].mean() * 0.5',
      '        return x + self.fc2(h)',
      '',
      `def evaluate_${n}(model, loader, device="cpu"):`,
      '    correct, total = 0, 0',
      '    for batch, labels in loader:',
      '        scores = model(batch.to(device)).argmax(dim=1)',
      '        correct += (scores == labels.to(device)).sum().item()',
      '        total += labels.shape[0]',
      '    return {"accuracy": correct / max(1, total), "rows": total}',
      '',
    );
  }
  return text.join('\n');
}

const folder = mkdtempSync(join(root, '.cache', 'bench-python-'));
try {
  const outfile = join(folder, 'core.cjs');
  const contents = `export { analysePython, annotationItems } from './solver-core/python/index.ts'; export { parsePython } from './solver-core/python/syntax.ts';
    export { create, toBinary } from '@bufbuild/protobuf'; export { ModelProtoSchema } from './solver-core/onnx/gen/onnx_pb.ts';
    export { createEnvironment } from './solver-core/jobs/environment.ts'; export { pythonJob } from './solver-core/jobs/python.ts';`;
  const stdin = { contents, resolveDir: root, loader: 'ts' };
  const external = ['onnxruntime-node', 'serialport', 'koffi'];
  await build({ stdin, bundle: true, format: 'cjs', platform: 'node', outfile, external, logLevel: 'error' });
  const core = (await import(pathToFileURL(outfile).href)).default;
  const environment = core.createEnvironment('bench', join(root, 'dist', 'cli.cjs'));
  console.log('lines | kB | layers | parser ms | layers and annotations ms (x parser) | completion ms | whole request ms');
  for (const lines of [900, 9000]) {
    const text = source(lines);
    const layers = core.analysePython(text).layers.length;
    const last = text.split('\n').findLastIndex((line) => line.includes('# tier:'));
    const parser = await median(() => core.parsePython(text));
    const all = await median(() => core.analysePython(text));
    const items = await median(() => core.annotationItems(text, last, text.split('\n')[last].length));
    const whole = await median(() => core.pythonJob(environment, { path: join(folder, 'model.py'), text, models: [] }));
    const cells = [
      lines,
      Math.round(text.length / 1000),
      layers,
      show(parser),
      `${show(all)} (${(all / parser).toFixed(1)})`,
      show(items),
      show(whole),
    ];
    console.log(cells.join(' | '));
  }
  await besideModel(core, environment, 4900);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Requests about a class of `count` dense layers beside its export; the answer must be about the export. */
async function besideModel(core, environment, count) {
  const name = (i) => `blocks.${i}.weight`;
  const places = Array.from({ length: count }, (_, i) => i);
  const dim = [1n, 4n].map((value) => ({ value: { case: 'dimValue', value } }));
  const type = { value: { case: 'tensorType', value: { elemType: 1, shape: { dim } } } };
  const graph = {
    node: places.map((i) => ({
      opType: 'MatMul',
      name: `/blocks.${i}/MatMul`,
      input: [i ? `h${i - 1}` : 'x', name(i)],
      output: [`h${i}`],
    })),
    initializer: places.map((i) => ({ name: name(i), dims: [4n, 4n], dataType: 1, rawData: new Uint8Array(64) })),
    input: [{ name: 'x', type }],
    output: [{ name: `h${count - 1}`, type }],
  };
  const proto = core.create(core.ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: 17n }], graph });
  const model = join(folder, 'large.onnx');
  writeFileSync(model, core.toBinary(core.ModelProtoSchema, proto));
  const text = (lambda, edits) =>
    `import torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n` +
    `        self.blocks = nn.ModuleList([nn.Linear(4, 4, bias=False) for _ in range(${count})])  # tier: lower ridge lambda=${lambda}\n${'#'.repeat(edits)}`;
  const ask = async (lambda, edits) => {
    const document = await core.pythonJob(environment, { path: join(folder, 'large.py'), text: text(lambda, edits), models: [model] });
    if (document.layers.length !== count || document.model !== model) throw new Error('the model was not matched');
  };
  const first = await once(() => ask(1, 0));
  let edits = 0;
  const edit = await median(() => ask(1, ++edits));
  const annotation = await median(() => ask(++edits, 0));
  console.log(
    `beside a model of ${count} layers: first ${show(first)} ms, after an edit ${show(edit)} ms, of an annotation ${show(annotation)} ms`,
  );
}

async function once(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function median(work) {
  const times = [];
  for (let round = -2; round < rounds; round++) {
    const time = await once(work);
    if (round >= 0) times.push(time);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}

function show(ms) {
  return ms.toFixed(ms < 10 ? 1 : 0);
}
