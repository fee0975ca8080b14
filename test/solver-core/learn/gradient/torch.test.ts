import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { createEngine } from '../../../../solver-core/learn/gradient/engine.ts';
import { findUpperPart } from '../../../../solver-core/learn/gradient/index.ts';
import { tolerances } from '../../../tolerances.ts';
import { lenet } from './lenet.ts';
import { modelBytes, optionsOf, runtime, tensorsOf } from './networks.ts';
import { hasTorch } from './torch-rules.ts';

const python = '/usr/bin/python3';
const script = join(dirname(fileURLToPath(import.meta.url)), 'torch_gradients.py');

test.skipIf(!hasTorch)('all ten gradients of LeNet-5 are those of PyTorch (skips without python3-torch)', async () => {
  const rows = 8;
  const { model, layers, tier } = optionsOf(modelBytes(lenet));
  const part = findUpperPart(model.graph, layers, tier.layers).value!;
  const tensors = tensorsOf(lenet);
  const names = Object.keys(lenet.shapes);
  // Weights of order one would saturate the softmax; a tenth keeps all gradients alive.
  const parameters = part.parameters.map((name) => tensors.get(name)!.data.map((v) => 0.2 * v));
  const engine = createEngine({
    graph: model.graph,
    part,
    frozen: new Map(),
    parameterShapes: part.parameters.map((name) => lenet.shapes[name]!),
    loss: 'cross-entropy',
    runtime,
  }).value!;
  const x = Float32Array.from(normals(createRandom(5, 'x'), rows * 28 * 28));
  const labels = Array.from({ length: rows }, (_, r) => (3 * r) % 10);
  const target = new Float32Array(rows * 10);
  labels.forEach((label, r) => (target[r * 10 + label] = 1));
  const ours = await engine.step(parameters, x, target, rows);
  await engine.dispose();
  const request = {
    x: Array.from(x),
    shapeX: [rows, 1, 28, 28],
    labels,
    parameters: names.map((name) => ({ dims: lenet.shapes[name], data: Array.from(parameters[part.parameters.indexOf(name)]!) })),
  };
  const { stdout, stderr } = spawnSync(python, [script], { input: JSON.stringify(request), encoding: 'utf8', maxBuffer: 2 ** 28 });
  expect(stderr).toBe('');
  const theirs = JSON.parse(stdout) as { loss: number; gradients: number[][] };
  expect(Math.abs(ours.loss - theirs.loss)).toBeLessThan(tolerances.gradientFp32.relative * theirs.loss);
  names.forEach((name, i) => {
    const mine = ours.gradients[part.parameters.indexOf(name)]!;
    const largest = Math.max(...theirs.gradients[i]!.map(Math.abs));
    const worst = Math.max(...mine.map((g, j) => Math.abs(g - theirs.gradients[i]![j]!)));
    expect(largest, name).toBeGreaterThan(0);
    expect(worst / largest, name).toBeLessThan(tolerances.gradientFp32.relative);
  });
});
