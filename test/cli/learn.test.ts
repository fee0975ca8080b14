import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainNumerics } from '../../solver-core/backends/cpu/index.ts';
import { splitRows } from '../../solver-core/fit/split.ts';
import { resumeRidgeLearner } from '../../solver-core/learn/index.ts';
import { encodeModel, readModel, upstreamModel } from '../../solver-core/onnx/index.ts';
import { readState } from '../../solver-core/jobs/state-file.ts';
import { tolerances } from '../tolerances.ts';
import { bytesOf, copyInto, digits, fittedFolder, learn, smallFolder, unlearn, writeRows } from './learn-tools.ts';
import type { Digits } from './learn-tools.ts';
import { buildProduct, documentOf, edit } from './product.ts';
import type { Product } from './product.ts';

let product: Product;
let data: Digits;
/** A folder with a fitted plan; tests work in copies of it. */
let base = '';
const files = ['digits.onnx', 'digits.npz', 'digits.tiers', 'digits.fitted.onnx', 'digits.fitted.json'];
const learnedFiles = ['digits.learned.onnx', 'digits.learned.state'];

beforeAll(async () => {
  product = await buildProduct();
  data = await digits();
  base = await fittedFolder(product);
});
afterAll(() => product.remove());

function copyOfBase(): string {
  const folder = product.scratch();
  copyInto(folder, base, ...files);
  return folder;
}

/** Scores of a model for rows of the digits, by ONNX Runtime. */
async function scores(
  path: string,
  rows: readonly number[],
  input = 'x',
): Promise<{ readonly values: Float32Array; readonly outputs: number }> {
  const session = await ort.InferenceSession.create(readFileSync(path), { logSeverityLevel: 3 });
  try {
    const x = new Float32Array(rows.length * data.width);
    rows.forEach((r, i) => x.set(data.x.subarray(r * data.width, (r + 1) * data.width), i * data.width));
    const out = Object.values(await session.run({ [input]: new ort.Tensor('float32', x, [rows.length, data.width]) }))[0]!;
    return { values: out.data as Float32Array, outputs: out.dims.at(-1)! };
  } finally {
    await session.release();
  }
}

function argmaxes({ values, outputs }: { readonly values: Float32Array; readonly outputs: number }): number[] {
  return Array.from({ length: values.length / outputs }, (_, r) => {
    const row = [...values.subarray(r * outputs, (r + 1) * outputs)];
    return row.indexOf(Math.max(...row));
  });
}

/** The digits with their pixels in another order. */
function turnedDigits(): Digits {
  return { ...data, x: data.x.map((_, i) => data.x[i - (i % 64) + (((i % 64) * 37 + 11) % 64)]!) };
}

describe('learning in several runs', () => {
  const tasks = [
    [0, 1],
    [2, 3],
    [4, 5],
    [6, 7],
    [8, 9],
  ] as const;
  /** Whole batches only: the end of a file ends a batch. */
  const rowsOf = (classes: readonly number[]): number[] => data.of(classes, 320);

  test('is learning in one run: the same bits of state and model, whatever the policy', async () => {
    for (const policy of ['always', 'plan', 'never']) {
      const change =
        policy === 'plan'
          ? (text: string): string => text.replace('forgetting 1.0', 'forgetting 1.0\n  update when gain per joule > 1')
          : undefined;
      const [one, many] = [copyOfBase(), copyOfBase()];
      if (change !== undefined) for (const folder of [one, many]) edit(join(folder, 'digits.tiers'), change);
      // Under the plan's policy something has to happen: the pixels are in another order.
      const source = policy === 'plan' ? turnedDigits() : data;
      writeRows(join(one, 'all.csv'), source, tasks.flatMap(rowsOf));
      const whole = await learn(product, one, `digits.tiers --data all.csv --batch 32 --policy ${policy}`);
      const decisions: string[] = [];
      for (const [i, task] of tasks.entries()) {
        writeRows(join(many, `part${i}.csv`), source, rowsOf(task));
        const part = await learn(product, many, `digits.tiers --data part${i}.csv --batch 32 --policy ${policy}`);
        expect(part.resumed).toBe(i > 0);
        decisions.push(...part.batches.map((batch) => `${batch.decision} ${batch.reason}`));
      }
      expect(whole.totals.updates > 0).toBe(policy !== 'never');
      expect(decisions).toEqual(whole.batches.map((batch) => `${batch.decision} ${batch.reason}`));
      expect(bytesOf(many, ...learnedFiles)).toEqual(bytesOf(one, ...learnedFiles));
    }
  });

  test('meets new classes one after the other and ends where all rows at once end', async () => {
    const folder = smallFolder(product, '  learn rls lambda 1\n');
    const rows: number[] = [];
    for (const [i, task] of tasks.entries()) {
      writeRows(join(folder, 'part.csv'), data, rowsOf(task));
      rows.push(...rowsOf(task));
      const run = await learn(product, folder, 'small.tiers --data part.csv --batch 64');
      expect(run.batches.flatMap((batch) => batch.newClasses).sort()).toEqual([...task]);
      expect(run.totals.classes).toBe(2 * (i + 1));
      // The model grows with the classes, and the runtime takes it.
      expect((await scores(join(folder, 'small.learned.onnx'), [0])).outputs).toBe(2 * (i + 1));
    }
    const joint = smallFolder(product, '  learn rls lambda 1\n');
    writeRows(
      join(joint, 'all.csv'),
      data,
      [...rows].sort((a, b) => a - b),
    );
    await learn(product, joint, `small.tiers --data all.csv --batch ${rows.length}`);
    const [grown, atOnce] = await Promise.all([folder, joint].map((where) => scores(join(where, 'small.learned.onnx'), rows)));
    expect(argmaxes(grown!)).toEqual(argmaxes(atOnce!));
    const right = argmaxes(grown!).filter((label, i) => label === data.y[rows[i]!]).length;
    // 24 random features carry no more; a guess is right once in ten.
    expect(right / rows.length).toBeGreaterThan(0.7);
  });
});

describe('a learning run', () => {
  test("starts from the plan's own rows: its first scores are those of the fitted head, and held-out rows agree with ONNX Runtime", async () => {
    const folder = copyOfBase();
    const { fit, heldOut } = splitRows(1797, 0.8, 1);
    writeRows(join(folder, 'new.csv'), data, [...heldOut].slice(0, 128));
    const run = await learn(product, folder, 'digits.tiers --data new.csv --policy never');
    const fitted = argmaxes(await scores(join(folder, 'digits.fitted.onnx'), [...heldOut]));
    const learned = argmaxes(await scores(join(folder, 'digits.learned.onnx'), [...heldOut]));
    // The same ridge problem solved twice, once by the fit's backend: no argmax but one near a tie may differ.
    expect(fitted.filter((label, i) => label !== learned[i]).length).toBeLessThanOrEqual(1);
    const accuracy = (labels: readonly number[]): number =>
      labels.filter((label, i) => label === data.y[heldOut[i]!]).length / heldOut.length;
    expect(run.evaluation.heldOut).toEqual({ rows: heldOut.length, before: accuracy(fitted), after: accuracy(learned) });
    expect(run.evaluation.stream * 128).toBe(learned.slice(0, 128).filter((label, i) => label === data.y[heldOut[i]!]).length);
    const { saved } = (await readState(join(folder, 'digits.learned.state')))!;
    expect(saved.prints?.learned.length).toBe(fit.length);
    expect(run.totals.updates).toBe(0);
  });

  test('writes a model that scores as the learner does', async () => {
    for (const words of ['lambda 2', 'lambda 2 expand 80 compensation 0.7']) {
      const folder = copyOfBase();
      edit(join(folder, 'digits.tiers'), (text) => text.replace('learn rls forgetting 1.0', `learn rls ${words}`));
      writeRows(join(folder, 'new.csv'), data, data.of([7], 64));
      await learn(product, folder, 'digits.tiers --data new.csv');
      const { saved } = (await readState(join(folder, 'digits.learned.state')))!;
      const learner = resumeRidgeLearner(saved.learner, plainNumerics()).value!;
      // What enters the head, from the fitted model by the runtime; the learned one has the same layers below.
      const fitted = readModel(readFileSync(join(folder, 'digits.fitted.onnx'))).value!;
      const below = join(folder, 'below.onnx');
      writeFileSync(below, encodeModel(upstreamModel(fitted, ['/relu2/Relu_output_0'])));
      const rows = data.of([0, 5, 9], 100);
      const { values, outputs } = await scores(below, rows);
      const x = {
        rows: rows.length,
        x: values,
        labels: { kind: 'class', classes: 10, values: Int32Array.from(rows, (r) => data.y[r]!) },
      } as const;
      const own = await learner.scores(x);
      expect([outputs, own.length]).toEqual([128, 10 * rows.length]);
      const model = await scores(join(folder, 'digits.learned.onnx'), rows);
      own.forEach((v, i) => expect(Math.abs(v - model.values[i]!)).toBeLessThan(tolerances.outputsFp32.absolute));
    }
  });

  test('starts from nothing when asked to', async () => {
    const folder = copyOfBase();
    writeRows(join(folder, 'two.csv'), data, data.of([3, 8], 200));
    const run = await learn(product, folder, 'digits.tiers --data two.csv --fresh');
    expect(run.batches[0]).toMatchObject({ before: 0, newClasses: [3, 8] });
    expect(run.totals.classes).toBe(2);
    expect(new Set(argmaxes(await scores(join(folder, 'digits.learned.onnx'), data.of([3, 8], 200))))).toEqual(new Set([3, 8]));
    // Nothing but the head was touched: ten outputs as before.
    expect((await scores(join(folder, 'digits.learned.onnx'), [0])).outputs).toBe(10);
  });

  test('leaves what it read untouched and writes three files', async () => {
    const folder = copyOfBase();
    const before = bytesOf(folder, ...files);
    writeRows(join(folder, 'new.csv'), data, data.of([1], 64));
    const run = await learn(product, folder, 'digits.tiers --data new.csv');
    expect(bytesOf(folder, ...files)).toEqual(before);
    expect(readdirSync(folder).sort()).toEqual([...files, 'digits.learned.json', ...learnedFiles, 'new.csv'].sort());
    expect(JSON.parse(readFileSync(join(folder, 'digits.learned.json'), 'utf8'))).toEqual(run);
    // The fit is as valid as before.
    const energy = documentOf(await product.run(['energy', 'digits.tiers', '--json'], { cwd: folder })) as { diagnostics: unknown[] };
    expect(energy.diagnostics).toEqual([]);
  });

  test('prices an update as the budgets per update of check are judged', async () => {
    const cases = ['ecp5-85f', 'server-cpu'].flatMap((target) =>
      ['', ' expand 200', ' expand 200 compensation 0.6'].map((more) => [target, more]),
    );
    for (const [target, more] of cases) {
      const folder = copyOfBase();
      edit(join(folder, 'digits.tiers'), (text) =>
        text
          .replace('forgetting 1.0', `forgetting 1.0${more}\n  budget 5 mJ per update`)
          .replace(/target "ecp5-85f"/, `target "${target}"`),
      );
      const check = documentOf(await product.run(['check', 'digits.tiers', '--json'], { cwd: folder })) as {
        budgets: { scope: string; per: string; actual: unknown }[];
      };
      writeRows(join(folder, 'new.csv'), data, data.of([1], 32));
      const run = await learn(product, folder, 'digits.tiers --data new.csv --batch 32 --policy always');
      expect(run.batches[0]?.energy).toEqual(check.budgets.find(({ per }) => per === 'update')?.actual);
      expect(run.totals.energy).toEqual(run.totals.energyAlways);
    }
  });

  test('prices gradient steps as check does, too', async () => {
    for (const more of ['adam', 'adam ewc 2 epochs 3', 'sgd']) {
      const folder = copyOfBase();
      edit(join(folder, 'digits.tiers'), (text) =>
        text
          .replace('learn rls forgetting 1.0', `learn ${more}\n  budget 5 mJ per update`)
          .replace(/,\s*"\/fc2\/Gemm"/, '')
          .replace('"/fc3/Gemm"', '"/fc2/Gemm", "/fc3/Gemm"'),
      );
      const check = documentOf(await product.run(['check', 'digits.tiers', '--json'], { cwd: folder })) as {
        budgets: { per: string; actual: { value: number } }[];
      };
      writeRows(join(folder, 'new.csv'), data, data.of([1], 48));
      const run = await learn(product, folder, 'digits.tiers --data new.csv --batch 32 --policy always');
      const priced = check.budgets.find(({ per }) => per === 'update')!.actual.value;
      // The learner also counts the loss and the biases, which the layers' own figures leave out.
      expect(Math.abs(run.batches[0]!.energy.value / priced - 1)).toBeLessThan(tolerances.gradientUpdate.relative);
    }
  });

  test('learns on the fitted features as long as the lower tier is that of the fit', async () => {
    const folder = copyOfBase();
    writeRows(join(folder, 'new.csv'), data, data.of([1], 64));
    const plan = join(folder, 'digits.tiers');
    edit(plan, (text) => text.replace('learn rls forgetting 1.0', 'learn rls lambda 3 expand 40'));
    const other = await learn(product, folder, 'digits.tiers --data new.csv --policy never');
    expect(other.diagnostics.map(({ code }) => code)).toEqual(['learning-base']);
    expect(other.evaluation.heldOut?.before).toBeGreaterThan(0.9);
    edit(plan, (text) => text.replace('seed 7', 'seed 8'));
    const stale = await learn(product, folder, 'digits.tiers --data new.csv --policy never --state s.state');
    expect(stale.diagnostics.map(({ code }) => code)).toEqual(['lower-tier-not-fitted']);
  });

  test('only skips where the budget pays for nothing, and where the policy is never', async () => {
    for (const [budget, words] of [
      ['  budget 1 pJ per update\n', ''],
      ['', ' --policy never'],
    ] as const) {
      const folder = copyOfBase();
      edit(join(folder, 'digits.tiers'), (text) =>
        text.replace('  learn rls forgetting 1.0\n', `  learn rls forgetting 1.0\n${budget}  // end\n`),
      );
      writeRows(join(folder, 'new.csv'), data, data.of([5, 6], 320));
      const run = await learn(product, folder, `digits.tiers --data new.csv${words}`);
      expect(run.totals).toMatchObject({ updates: 0, skips: run.batches.length });
      expect(run.totals.energy.value).toBe(0);
      expect(run.totals.energyAlways.value).toBeGreaterThan(0);
      expect(run.batches.every((batch) => batch.before === batch.after)).toBe(true);
    }
  });

  test('learns what is worth its joules: a permuted stream is updated for, a known one is not', async () => {
    const folder = copyOfBase();
    edit(join(folder, 'digits.tiers'), (text) => text.replace('forgetting 1.0', 'forgetting 1.0\n  update when gain per joule > 1'));
    const { heldOut } = splitRows(1797, 0.8, 1);
    const order = [...heldOut, ...heldOut, ...heldOut];
    // All pixels in another order: the head must be learned anew.
    const turned = turnedDigits();
    writeRows(join(folder, 'known.csv'), data, order.slice(0, 512));
    writeRows(join(folder, 'turned.csv'), turned, order.slice(0, 768));
    const known = await learn(product, folder, 'digits.tiers --data known.csv --batch 64');
    expect(known.totals.updates).toBe(0);
    const after = await learn(product, folder, 'digits.tiers --data turned.csv --batch 64');
    expect(after.totals.updates).toBeGreaterThan(0);
    expect(after.batches.flatMap((batch) => batch.drift).length).toBeGreaterThan(0);
    const updated = after.batches.find((batch) => batch.decision !== 'skip')!;
    expect(updated.expectedGain).toBeGreaterThan(0);
    expect(updated.gainPerJoule).toBeGreaterThan(1);
    expect(after.batches.at(-1)!.before).toBeGreaterThan(after.batches[0]!.before + 0.3);
    expect(after.totals.energy.value).toBeGreaterThan(0);
  });

  test("says when rows are learned twice and when the stream is the plan's own data", async () => {
    const folder = copyOfBase();
    writeRows(join(folder, 'new.csv'), data, data.of([1], 64));
    await learn(product, folder, 'digits.tiers --data new.csv --fresh');
    const again = await learn(product, folder, 'digits.tiers --data new.csv');
    expect(again.diagnostics.find(({ code }) => code === 'rows-learned-before')?.message).toMatch(/^64 of the rows/);
    const own = await learn(product, folder, 'digits.tiers --data digits.npz --policy never');
    expect(own.diagnostics.map(({ code }) => code)).toContain('stream-holds-held-out');
  });

  test('keeps the numbers of named classes from file to file', async () => {
    const folder = smallFolder(product, '  learn rls lambda 1\n');
    const names = ['zero', 'one', 'two', 'three'];
    writeRows(join(folder, 'a.csv'), data, data.of([1, 3], 128), (y) => names[y]!);
    writeRows(join(folder, 'b.csv'), data, data.of([0, 2, 3], 192), (y) => names[y]!);
    await learn(product, folder, 'small.tiers --data a.csv');
    const run = await learn(product, folder, 'small.tiers --data b.csv');
    const { saved } = (await readState(join(folder, 'small.learned.state')))!;
    // The first file's names in their order, then new ones as they come.
    expect(saved.labels.names).toEqual(['one', 'three', 'zero', 'two']);
    expect(run.diagnostics.find(({ code }) => code === 'classes-numbered')?.message).toContain('"zero" = 2');
    expect([...saved.classRows].reduce((a, b) => a + b)).toBe(320);
    expect(run.batches.flatMap((batch) => batch.newClasses)).toEqual([2, 3]);
    const rows = data.of([0], 20);
    expect(argmaxes(await scores(join(folder, 'small.learned.onnx'), rows)).filter((label) => label === 2).length).toBeGreaterThan(15);
  });

  test('learns numbers, too, and takes them out again', async () => {
    for (const upper of ['  learn rls lambda 1e-3\n', '  learn adam rate 0.05 epochs 10\n']) {
      const folder = smallFolder(product, upper, 'number');
      const rows = data.of([0, 1, 2, 3, 4], 512);
      // Brightness of a picture: linear in the pixels, so that features carry most of it.
      const brightness = (r: number): number => data.x.subarray(r * data.width, (r + 1) * data.width).reduce((sum, v) => sum + v, 0) / 16;
      const labelled: Digits = { ...data, y: Int32Array.from(data.y.keys()) };
      writeRows(join(folder, 'new.csv'), labelled, rows, (r) => brightness(r).toFixed(6));
      const run = await learn(product, folder, 'small.tiers --data new.csv');
      expect(run.evaluation.metric).toBe('mse');
      expect(run.totals.classes).toBeNull();
      expect(run.batches.at(-1)!.before).toBeLessThan(run.batches[0]!.before / 5);
      if (upper.includes('rls'))
        expect(await unlearn(product, folder, 'small.tiers --data new.csv --rows 0..99')).toMatchObject({ rows: 100, rowsLeft: 412 });
    }
  });

  test('with an expansion and a compensation stream puts both into the model', async () => {
    const folder = smallFolder(product, '  learn rls lambda 1 expand 96 compensation 0.6 seed 3\n');
    const rows = data.of([0, 1, 2, 3, 4], 640);
    writeRows(join(folder, 'new.csv'), data, rows);
    const run = await learn(product, folder, 'small.tiers --data new.csv');
    const labels = argmaxes(await scores(join(folder, 'small.learned.onnx'), rows));
    expect(labels.filter((label, i) => label === data.y[rows[i]!]).length / rows.length).toBeGreaterThan(0.95);
    // Prequential figures come from the learner, these from the model: the last batch was seen by both after learning.
    const last = rows.slice(-64);
    const right = labels.slice(-64).filter((label, i) => label === data.y[last[i]!]).length / 64;
    expect(run.batches.at(-1)!.after).toBe(right);
  });
});

describe('unlearning', () => {
  test('gives the head that never saw the rows', async () => {
    const [with_, without] = [copyOfBase(), copyOfBase()];
    const { heldOut } = splitRows(1797, 0.8, 1);
    const all = [...heldOut];
    const gone = new Set(all.slice(100, 220));
    writeRows(join(with_, 'all.csv'), data, all);
    writeRows(
      join(without, 'rest.csv'),
      data,
      all.filter((r) => !gone.has(r)),
    );
    await learn(product, with_, 'digits.tiers --data all.csv');
    await learn(product, without, 'digits.tiers --data rest.csv');
    const result = await unlearn(product, with_, 'digits.tiers --data all.csv --rows 100..219');
    expect(result).toMatchObject({ rows: 120, rowsLeft: 1437 + 240, exact: true });
    const weights = await Promise.all([with_, without].map((folder) => headWeights(join(folder, 'digits.learned.state'))));
    const largest = Math.max(...weights[1]!.map(Math.abs));
    weights[0]!.forEach((w, i) => expect(Math.abs(w - weights[1]![i]!)).toBeLessThan(tolerances.unlearned.relative * largest));
    const rows = Array.from({ length: 1797 }, (_, r) => r);
    const [left, right] = await Promise.all([with_, without].map((folder) => scores(join(folder, 'digits.learned.onnx'), rows)));
    expect(argmaxes(left!)).toEqual(argmaxes(right!));
    // What is gone cannot be taken out again.
    const again = await product.run('unlearn digits.tiers --data all.csv --rows 100..219 --json'.split(' '), { cwd: with_ });
    expect([again.code, documentOf(again)]).toMatchObject([1, { error: { code: 'rows-not-learned' } }]);
  });

  test('of rows that the fit has seen is not called exact', async () => {
    const folder = copyOfBase();
    writeRows(join(folder, 'new.csv'), data, data.of([1], 64));
    await learn(product, folder, 'digits.tiers --data new.csv --policy never');
    const result = await unlearn(product, folder, 'digits.tiers --data digits.npz --rows all');
    expect(result).toMatchObject({ rows: 1437, rowsLeft: 0, exact: false });
    expect(result.reason).toContain('layers below were fitted on');
    expect(result.diagnostics.find(({ code }) => code === 'rows-not-learned')?.message).toMatch(/^360 of the rows/);
  });

  test('of rows that only wait takes them out, too', async () => {
    const folder = copyOfBase();
    edit(join(folder, 'digits.tiers'), (text) => text.replace('forgetting 1.0', 'forgetting 1.0\n  update when gain per joule > 1e9'));
    const rows = [...splitRows(1797, 0.8, 1).heldOut].slice(0, 128);
    writeRows(join(folder, 'new.csv'), data, rows);
    const run = await learn(product, folder, 'digits.tiers --data new.csv');
    expect(run.totals.updates).toBe(0);
    const before = (await readState(join(folder, 'digits.learned.state')))!.saved;
    expect(before.waiting.rows).toBe(128);
    expect(await unlearn(product, folder, 'digits.tiers --data new.csv --rows 0..9,100')).toMatchObject({ rows: 11, rowsLeft: 1437 });
    const after = (await readState(join(folder, 'digits.learned.state')))!.saved;
    expect(after.waiting.rows).toBe(117);
    expect(after.policy).toEqual(before.policy);
    // And the run goes on from there.
    await learn(product, folder, 'digits.tiers --data new.csv');
  });

  test('of the rows that scaled the random features is not called exact', async () => {
    const folder = smallFolder(product, '  learn rls lambda 1 expand 48\n');
    writeRows(join(folder, 'new.csv'), data, data.of([0, 1], 128));
    await learn(product, folder, 'small.tiers --data new.csv --batch 64');
    expect(await unlearn(product, folder, 'small.tiers --data new.csv --rows 100')).toMatchObject({ exact: true });
    expect(await unlearn(product, folder, 'small.tiers --data new.csv --rows 3')).toMatchObject({ exact: false });
  });

  /** Weights of a plain head in fp64, solved from the sums in a state by the reference implementation. */
  async function headWeights(path: string): Promise<Float64Array> {
    const { saved } = (await readState(path))!;
    const { loadParts } = await import('../../solver-core/learn/ridge/save.ts');
    const { solveSums } = await import('../../solver-core/learn/ridge/solve-sums.ts');
    const parts = loadParts(saved.learner).value!;
    return (await solveSums(parts.sums, parts.options.lambda, plainNumerics())).w;
  }
});

describe('an upper tier that learns by gradient steps', () => {
  const upper = '  learn adam rate 0.05 epochs 20\n';

  test('learns in several runs as in one, from the weights of the model', async () => {
    const rows = data.of([0, 1], 256);
    const [one, many] = [smallFolder(product, upper), smallFolder(product, upper)];
    writeRows(join(one, 'all.csv'), data, rows);
    const whole = await learn(product, one, 'small.tiers --data all.csv --batch 32');
    for (const half of [rows.slice(0, 128), rows.slice(128)]) {
      writeRows(join(many, 'part.csv'), data, half);
      await learn(product, many, 'small.tiers --data part.csv --batch 32');
    }
    const names = ['small.learned.onnx', 'small.learned.state'];
    expect(bytesOf(many, ...names)).toEqual(bytesOf(one, ...names));
    expect(whole.batches.at(-1)!.before).toBeGreaterThan(0.95);
    const labels = argmaxes(await scores(join(one, 'small.learned.onnx'), rows));
    expect(labels.filter((label, i) => label === data.y[rows[i]!]).length / rows.length).toBeGreaterThan(0.95);
    const refused = await product.run('unlearn small.tiers --data all.csv --rows 1 --json'.split(' '), { cwd: one });
    expect(documentOf(refused)).toMatchObject({ error: { code: 'unlearn-unsupported' } });
  });
});
