// How long Python source of 900 and 9000 lines takes: the parser alone, layers and annotations, and the whole request with energy.
//   node bench/python.bench.mjs [--rounds N]      default 15
// Processor time of this process, the median of all rounds after two that warm up; ratios to the parser are what other machines share.
import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
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
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function median(work) {
  const times = [];
  for (let round = -2; round < rounds; round++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) times.push((user + system) / 1000);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}

function show(ms) {
  return ms.toFixed(ms < 10 ? 1 : 0);
}
