import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, describe, expect, test } from 'vitest';
import { energyJob } from '../../../solver-core/jobs/energy.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { pythonJob } from '../../../solver-core/jobs/python.ts';
import { figuresOfPlan } from '../../../solver-core/jobs/python-figures.ts';
import { targetsFor } from '../../../solver-core/jobs/targets.ts';
import { ModelProtoSchema } from '../../../solver-core/onnx/gen/onnx_pb.ts';
import { projectRoot } from '../../shared.ts';

const environment = createEnvironment('0.0.0-test', join(projectRoot, 'dist', 'cli.cjs'));
const folder = mkdtempSync(join(tmpdir(), 'tierwise-figures-'));
for (const name of ['digits.onnx', 'digits.npz']) cpSync(join(projectRoot, 'examples', 'digits', name), join(folder, name));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const modelPath = join(folder, 'digits.onnx');
const plan = (lambda: string, data = ''): string =>
  `model "digits.onnx"\n${data}\nlower tier features {\n  layers "/fc1/Gemm"\n  solve ridge lambda ${lambda}\n}\n`;

describe('figures under the plan of annotations are remembered', () => {
  test('while plan, target and files stay the same, and not beyond', async () => {
    const found = await targetsFor(modelPath);
    const of = (text: string, target = 'ecp5-85f') =>
      figuresOfPlan(environment, { path: join(folder, 'annotations.tiers'), text, modelPath }, target, found);
    const withData = plan('1', 'data "digits.npz"');
    const first = await of(withData);
    expect(first.layers.size).toBe(3);
    expect(await of(withData)).toBe(first);
    expect(await of(plan('2', 'data "digits.npz"'))).not.toBe(first);
    expect((await of(withData, 'up5k')).layers.get('/fc1/Gemm')?.inference).not.toEqual(first.layers.get('/fc1/Gemm')?.inference);
    // Rows of the data beside the model count for retraining.
    const data = readFileSync(join(folder, 'digits.npz'));
    rmSync(join(folder, 'digits.npz'));
    const without = await of(withData);
    expect(without.layers.get('/fc1/Gemm')?.retraining).not.toEqual(first.layers.get('/fc1/Gemm')?.retraining);
    writeFileSync(join(folder, 'digits.npz'), data);
    expect((await of(withData)).layers).toEqual(first.layers);
    const before = await of(withData);
    utimesSync(modelPath, 1, 1);
    expect(await of(withData)).not.toBe(before);
  });
});

/** A chain of small dense layers, named as PyTorch's exporter names them. */
function chain(count: number): Uint8Array {
  const name = (i: number): string => `blocks.${i}.weight`;
  const dim = [1n, 4n].map((value) => ({ value: { case: 'dimValue' as const, value } }));
  const type = { value: { case: 'tensorType' as const, value: { elemType: 1, shape: { dim } } } };
  const places = Array.from({ length: count }, (_, i) => i);
  const graph = {
    node: places.map((i) => ({
      opType: 'MatMul',
      name: `/blocks.${i}/MatMul`,
      input: [i === 0 ? 'x' : `h${i - 1}`, name(i)],
      output: [`h${i}`],
    })),
    initializer: places.map((i) => ({ name: name(i), dims: [4n, 4n], dataType: 1, rawData: new Uint8Array(64) })),
    input: [{ name: 'x', type }],
    output: [{ name: `h${count - 1}`, type }],
  };
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: 17n }], graph }));
}

test('a model of many layers has the figures of its energy report; assumptions say how many layers they looked at', async () => {
  writeFileSync(join(folder, 'chain.onnx'), chain(80));
  const path = join(folder, 'chain.py');
  const text =
    'import torch.nn as nn\nnet = nn.Sequential()\nnet.blocks = nn.ModuleList([nn.Linear(4, 4, bias=False) for _ in range(80)])\n';
  const models = [join(folder, 'chain.onnx')];
  const [document, energy] = [
    await pythonJob(environment, { path, text, models }),
    await energyJob(environment, { path: join(folder, 'chain.onnx') }),
  ];
  expect(document.layers.map(({ layerId, inference, retraining }) => ({ layerId, inference, retraining }))).toEqual(
    energy.layers.map(({ id, inference, retraining }) => ({ layerId: id, inference, retraining })),
  );
  expect(document.assumptions).toContain('Shares of bands are those of 50 of the 80 layers.');
  expect(energy.assumptions.some(({ text: said }) => said.startsWith('Weights ('))).toBe(true);
  expect(document.assumptions.filter((said) => /^(?:Weights \(|Solving directly)/.test(said))).toEqual([]);
});
