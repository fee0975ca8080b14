import { describe, expect, test } from 'vitest';
import { createSoftmaxHead, defaultSoftmaxOptions, resumeSoftmaxHead } from '../../../solver-core/compound/softmax-head.ts';
import type { SoftmaxHead, SoftmaxOptions } from '../../../solver-core/compound/softmax-head.ts';
import { softmaxStep } from '../../../solver-core/compound/softmax-gradient.ts';
import { createRandom } from '../../../solver-core/fit/prng.ts';
import type { LearnRows } from '../../../solver-core/learn/learner.ts';
import { descend, startingWeights } from '../../../solver-core/learn/gradient/optimiser.ts';
import { tolerances } from '../../tolerances.ts';
import { batches, classRows, headOf, pick, range, relativeDifference } from '../learn/learn-rows.ts';

const options = (changes: Partial<SoftmaxOptions> = {}): SoftmaxOptions => ({ ...defaultSoftmaxOptions, inputs: 6, ...changes });
const labelsOf = (rows: LearnRows): Int32Array => (rows.labels.kind === 'class' ? rows.labels.values : new Int32Array(0));

async function accuracyOf(head: SoftmaxHead, rows: LearnRows): Promise<number> {
  const scores = await head.scores(rows);
  const k = head.outputs;
  const right = Array.from({ length: rows.rows }, (_, r) => {
    const mine = scores.subarray(r * k, (r + 1) * k);
    return mine.indexOf(Math.max(...mine)) === labelsOf(rows)[r] ? 1 : 0;
  });
  return right.reduce<number>((a, b) => a + b, 0) / rows.rows;
}

describe('gradient', () => {
  const random = createRandom(7, 'gradient');
  const [d, k] = [5, 4];
  const rows = classRows(40, d, k, 3);
  const w = Float32Array.from({ length: d * k }, () => 0.3 * random.normal());
  const b = Float32Array.from({ length: k }, () => 0.3 * random.normal());
  const chosen = range(0, 40);
  const lossAt = (head: { w: Float32Array; b: Float32Array }): number =>
    softmaxStep({ inputs: d, outputs: k, ...head }, rows.x, labelsOf(rows), chosen, 0.1, {
      w: new Float32Array(d * k),
      b: new Float32Array(k),
    });

  test('agrees with central differences in every weight', () => {
    const gradient = { w: new Float32Array(d * k), b: new Float32Array(k) };
    softmaxStep({ inputs: d, outputs: k, w, b }, rows.x, labelsOf(rows), chosen, 0.1, gradient);
    const { step, relative } = tolerances.differenceStep;
    const difference = (which: 'w' | 'b', i: number): number => {
      const moved = (by: number): number => {
        const head = { w: w.slice(), b: b.slice() };
        head[which][i] = head[which][i]! + by;
        return lossAt(head);
      };
      return (moved(step) - moved(-step)) / (2 * step);
    };
    const differences = { w: Array.from(w, (_, i) => difference('w', i)), b: Array.from(b, (_, i) => difference('b', i)) };
    expect(relativeDifference(gradient.w, differences.w)).toBeLessThan(relative);
    expect(relativeDifference(gradient.b, differences.b)).toBeLessThan(relative);
  });

  test('one step of a rate of at most 1e-3 lowers the loss of its rows; against the sign it would rise', () => {
    const stepped = (sign: 1 | -1): number => {
      const gradient = { w: new Float32Array(d * k), b: new Float32Array(k) };
      softmaxStep({ inputs: d, outputs: k, w, b }, rows.x, labelsOf(rows), chosen, 0.1, gradient);
      const start = startingWeights('adam', [w.slice(), b.slice()]);
      const { parameters } = descend('adam', start, [gradient.w.map((v) => sign * v), gradient.b.map((v) => sign * v)], 1e-3, undefined);
      return lossAt({ w: parameters[0]!, b: parameters[1]! });
    };
    const before = lossAt({ w, b });
    expect(stepped(1)).toBeLessThan(before);
    expect(stepped(-1)).toBeGreaterThan(before);
  });
});

describe('the cross-entropy head', () => {
  test('learns; its loss falls pass by pass', async () => {
    const rows = classRows(600, 6, 4, 1);
    let head = createSoftmaxHead(options({ rate: 1e-2 }), { outputs: 0 });
    expect(head.outputs).toBe(0);
    const accuracies: number[] = [];
    for (let i = 0; i < 10; i++) {
      head = head.passed(pick(rows, range(0, 400)));
      accuracies.push(await accuracyOf(head, pick(rows, range(400, 600))));
    }
    expect(head.outputs).toBe(4);
    expect(accuracies.at(-1)).toBeGreaterThan(0.95);
    expect(await accuracyOf(head, pick(rows, range(400, 600)))).toBeGreaterThanOrEqual(accuracies[0]!);
  });

  test('scales of the inputs do not matter when it learns from nothing', async () => {
    const rows = classRows(300, 6, 3, 2);
    const stretched = { ...rows, x: rows.x.map((v, i) => (i % 6 === 2 ? 1024 * v - 4096 : v)) };
    const [a, b] = await Promise.all([rows, stretched].map((part) => createSoftmaxHead(options(), { outputs: 3 }).updated(part)));
    expect(relativeDifference(await b!.scores(stretched), await a!.scores(rows))).toBeLessThan(tolerances.movedInputs.relative);
  });

  test('an update leaves the learner before it as it was, and is the same every time', async () => {
    const rows = classRows(100, 6, 3, 4);
    const head = await createSoftmaxHead(options(), { outputs: 3 }).updated(rows);
    const before = head.state();
    const [once, twice] = [await head.updated(rows), await head.updated(rows)];
    expect(head.state()).toEqual(before);
    expect(once.state()).toEqual(twice.state());
    expect(once.state()).not.toEqual(before);
  });

  test('new classes get a column that does not win before it has learned', async () => {
    const rows = classRows(900, 6, 5, 5);
    const old = pick(
      rows,
      range(0, 900).filter((r) => labelsOf(rows)[r]! < 3),
    );
    const few = await createSoftmaxHead(options({ rate: 1e-2 }), { outputs: 0 }).updated(old);
    expect(few.outputs).toBe(3);
    const all = await (await few.updated(rows)).updated(rows);
    expect(all.outputs).toBe(5);
    expect(await accuracyOf(all, rows)).toBeGreaterThan(0.9);
    // One row of a class far off the others, one step: the old rows are still theirs.
    const stray = { rows: 1, x: new Float32Array(6).fill(1e-3), labels: { kind: 'class' as const, values: Int32Array.of(9), classes: 10 } };
    const grown = few.passed(stray);
    expect(grown.outputs).toBe(10);
    expect(await accuracyOf(grown, old)).toBeGreaterThan((await accuracyOf(few, old)) - tolerances.absorbedLayer.absolute);
  });

  test('the weights as a model holds them give its scores', async () => {
    const rows = classRows(200, 6, 4, 6);
    const head = await createSoftmaxHead(options(), { outputs: 0 }).updated(rows);
    const { w, b } = await headOf(head);
    const plain = Float32Array.from({ length: 200 * 4 }, (_, i) => {
      const [r, o] = [Math.floor(i / 4), i % 4];
      return b[o]! + range(0, 6).reduce((sum, j) => sum + rows.x[r * 6 + j]! * w[j * 4 + o]!, 0);
    });
    expect(relativeDifference(await head.scores(rows), plain)).toBeLessThan(tolerances.headFp32.relative);
  });

  test('weights that a model has are kept bit for bit until it learns', async () => {
    const start = {
      expansion: null,
      compensation: null,
      outputs: 2,
      w: Float32Array.from({ length: 12 }, (_, i) => i / 7),
      b: Float32Array.of(1 / 3, -1),
    };
    const head = createSoftmaxHead(options(), start);
    expect(await headOf(head)).toEqual(start);
    const learned = await head.updated(classRows(50, 6, 2, 7));
    expect((await headOf(learned)).w).not.toEqual(start.w);
    expect(await headOf(head)).toEqual(start);
  });

  test('a state goes on bit for bit, and a damaged one is a finding', async () => {
    const rows = batches(classRows(300, 6, 4, 8), 50);
    let head: SoftmaxHead = createSoftmaxHead(options(), { outputs: 0 });
    for (const part of rows.slice(0, 3)) head = await head.updated(part);
    const { header, arrays } = head.state();
    const parsed = { header: JSON.parse(JSON.stringify(header)) as typeof header, arrays };
    let other = resumeSoftmaxHead(parsed).value!;
    for (const part of rows.slice(3)) [head, other] = [await head.updated(part), await other.updated(part)];
    expect(other.state()).toEqual(head.state());
    const broken = [
      { header: { ...header, kind: 'ridge-head' }, arrays },
      { header: { ...header, outputs: 5 }, arrays },
      { header: { ...header, options: { ...(header['options'] as object), rate: -1 } }, arrays },
      { header, arrays: new Map([...arrays].filter(([name]) => name !== 'second.w')) },
      { header, arrays: new Map([...arrays].filter(([name]) => name !== 'shift')) },
      { header, arrays: new Map([...arrays, ['b', Float64Array.of(1, NaN, 2, 3)]]) },
      { header: { ...header, outputs: 2 ** 40 }, arrays },
    ];
    for (const state of broken) expect(resumeSoftmaxHead(state).value).toBeUndefined();
  });

  test('what cannot work is refused', async () => {
    expect(() => createSoftmaxHead(options({ rate: 0 }), { outputs: 2 })).toThrow(expect.objectContaining({ code: 'learner-options' }));
    expect(() => createSoftmaxHead(options({ inputs: 4096 }), { outputs: 60_000 })).toThrow(
      expect.objectContaining({ code: 'learner-too-large' }),
    );
    const head = createSoftmaxHead(options(), { outputs: 2 });
    await expect(head.updated({ ...classRows(3, 6, 2, 1), rows: 2 })).rejects.toMatchObject({ code: 'learn-rows-do-not-fit' });
    const rows = { rows: 1, x: new Float32Array(6), labels: { kind: 'class' as const, values: Int32Array.of(-1), classes: 1 } };
    await expect(head.updated(rows)).rejects.toMatchObject({ code: 'label-out-of-range' });
    await expect(head.without(rows)).rejects.toMatchObject({ code: 'unlearn-unsupported' });
    const wild = { ...classRows(30, 6, 2, 1), x: new Float32Array(180).fill(Infinity) };
    await expect(head.updated(wild)).rejects.toMatchObject({ code: 'learning-diverged' });
  });

  test('states what an update computes', () => {
    const head = createSoftmaxHead(options({ inputs: 10, epochs: 2, batchRows: 32 }), { outputs: 3 });
    // Forward and gradient of 2 passes over 40 rows, 4 steps of Adam on 33 parameters.
    expect(head.updateCost(40)).toEqual({ macs: 2 * 40 * 2 * 30 + 4 * 33 * 4, bits: 32, memoryBytes: 4 * 4 * 33 });
    expect(head.updateCost(0)).toEqual({ macs: 0, bits: 32, memoryBytes: 0 });
  });
});
