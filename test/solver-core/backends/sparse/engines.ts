import { expect } from 'vitest';
import { sparseRuntime } from '../../../../solver-core/backends/sparse/index.ts';
import type { ModelRuntime, RunTensor } from '../../../../solver-core/fit/model-runner.ts';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { buildModel, type BuiltGraph } from '../../../../solver-core/onnx/index.ts';
import { ortRuntime } from '../../../../solver-core/runtime/ort.ts';
import { tolerances } from '../../../tolerances.ts';

export type Feeds = Readonly<Record<string, RunTensor>>;

/** Runs a model once and returns all of its outputs. */
export async function runOnce(runtime: ModelRuntime, model: Uint8Array, feeds: Feeds): Promise<ReadonlyMap<string, RunTensor>> {
  const runner = await runtime.open(model);
  try {
    return await runner.run(new Map(Object.entries(feeds)), runner.outputs);
  } finally {
    await runner.dispose();
  }
}

/** Expects the outputs of both runtimes to have equal shapes and values within the tolerance; infinities and NaN must be the same. */
export function expectClose(actual: ReadonlyMap<string, RunTensor>, expected: ReadonlyMap<string, RunTensor>): void {
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  for (const [name, { dims, data }] of expected) {
    const own = actual.get(name)!;
    expect([...own.dims], name).toEqual([...dims]);
    const worst = data.reduce((most, v, i) => {
      const w = own.data[i]!;
      if (!Number.isFinite(v) || !Number.isFinite(w)) return Object.is(v, w) ? most : Infinity;
      return Math.max(most, Math.abs(v - w));
    }, 0);
    expect(worst, `${name} of [${dims.join(', ')}]`).toBeLessThanOrEqual(tolerances.outputsFp32.absolute);
  }
}

/** ONNX Runtime is the oracle; with and without skipping the sparse engine must agree with it. */
export async function expectLikeOrt(graph: BuiltGraph, feeds: Feeds): Promise<void> {
  const model = buildModel(graph);
  const expected = await runOnce(ortRuntime(), model, feeds);
  for (const skipZeros of [true, false]) expectClose(await runOnce(sparseRuntime({ skipZeros }), model, feeds), expected);
}

/** Normal numbers of a fixed seed, `zeros` of them (a share) set to zero. */
export function values(dims: readonly number[], seed: number, zeros = 0): RunTensor {
  const random = createRandom(seed, 'sparse engine');
  const data = Float32Array.from(
    normals(
      random,
      dims.reduce((a, b) => a * b, 1),
    ),
  );
  for (let i = 0; i < data.length; i++) if (random.uniform() < zeros) data[i] = 0;
  return { dims, data };
}
