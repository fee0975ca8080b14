import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { denseState, type SparsityState } from '../../../solver-core/compress/sparsify/types.ts';
import { openText } from '../../../solver-core/data/text.ts';
import { openVocabulary } from '../../../solver-core/data/vocabulary.ts';
import { bindModel } from '../../../solver-core/jobs/sparsify-bind.ts';
import { searchThresholds } from '../../../solver-core/jobs/sparsify-model.ts';
import type { SearchRequest } from '../../../solver-core/jobs/sparsify-search.ts';
import { textLoss, textWindows } from '../../../solver-core/jobs/text-loss.ts';
import { tokenModel } from '../../../solver-core/jobs/token-model.ts';
import { openTokenRunner } from '../../../solver-core/jobs/token-runner.ts';
import { findBlocks } from '../../../solver-core/model/blocks.ts';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import { findSites } from '../../../solver-core/model/sites.ts';
import { encodeModel, readModel, withThresholds } from '../../../solver-core/onnx/index.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { hasShared, shared } from '../../shared.ts';

const context = 32;

/** A search on a short passage of the training text, at the sites of the last block only. */
async function request(name: string, windows = 60): Promise<SearchRequest> {
  const model = readModel(readFileSync(shared(`material/models/own/${name}.onnx`))).value!;
  const shapes = inferShapes(model.graph);
  const layers = findLayers(model.graph, shapes);
  const { sites } = findSites(model.graph, layers, findBlocks(model.graph, layers));
  const vocabulary = (await openVocabulary(shared('material/models/own/vocab.json'))).value!;
  const { ids } = (await openText(shared('material/data/tinyshakespeare/input.txt'), vocabulary)).value!;
  return {
    model,
    layers,
    sites,
    active: new Set(sites.filter(({ block }) => block === 5).map(({ id }) => id)),
    rows: { kind: 'text', token: tokenModel({ model, shapes }).value!, ids: ids.subarray(0, windows * context + 1), context },
    runtime: ortRuntime(),
    method: 'budget',
    maxLoss: 0.02,
    per: 'channel',
    correct: true,
    seed: 1,
    resume: null,
  };
}

const control = { onProgress: () => undefined, onPoint: () => undefined, keep: () => Promise.resolve() };

describe.skipIf(!hasShared)('the search on model files', () => {
  test.each(['opt_char', 'rwkv_char_step'])('%s: values by block are those of the whole model, bit for bit', async (name) => {
    const asked = await request(name, 10);
    const { rows } = asked;
    if (rows.kind !== 'text') throw new Error('a text');
    const bound = await bindModel(asked);
    const [first, other] = [asked.sites.find(({ block }) => block === 0)!, asked.sites.find(({ block }) => block === 3)!];
    const setting = { threshold: new Float32Array(first.channels).fill(0.3), centre: new Float32Array(first.channels).fill(0.05) };
    const state: SparsityState = { settings: new Map([[first.id, setting]]), corrections: new Map() };
    const sparse = withThresholds(asked.model, [{ site: first.id, axis: -1, ...setting }], asked.layers);
    for (const [changed, model] of [
      [denseState, asked.model],
      [state, sparse],
    ] as const) {
      const names = [other.id, other.layers[0]!.preActivation];
      const runner = await openTokenRunner(ortRuntime(), encodeModel(model), rows.token, names);
      const parts: Float32Array[] = [];
      // All windows of the first 80 % calibrate here, in the order of the text.
      const { windows } = textWindows(rows.ids, context, 0, Math.floor(rows.ids.length * 0.8));
      const whole = (await runner.run(windows, context)).values;
      await runner.dispose();
      for await (const [values] of bound.model.values([{ state: changed, names: [other.id] }], 1)) parts.push(values!.get(other.id)!);
      expect(parts.length).toBe(1);
      expect(parts[0]).toEqual(whole.get(other.id));
    }
    await bound.dispose();
  });

  test.each(['opt_char', 'rwkv_char_step'])(
    '%s: a pass from the block of its site on gives the loss and zeros of a whole pass',
    async (name) => {
      const asked = await request(name, 10);
      const { rows, sites } = asked;
      if (rows.kind !== 'text') throw new Error('a text');
      const bound = await bindModel(asked);
      const { windows, targets } = textWindows(rows.ids, context, 0, Math.floor(rows.ids.length * 0.8));
      for (const block of [0, 2, 5]) {
        const site = sites.filter((own) => own.block === block).at(-1)!;
        const setting = { threshold: new Float32Array(site.channels).fill(0.3), centre: null };
        const state: SparsityState = { settings: new Map([[site.id, setting]]), corrections: new Map() };
        const judged = await bound.model.evaluate(state, 'calibration');
        const sparse = withThresholds(asked.model, [{ site: site.id, axis: -1, ...setting }], asked.layers);
        const others = sites.filter((own) => own.rectified || own === site || own === sites[0]);
        const names = others.map(({ id }) => id);
        const runner = await openTokenRunner(ortRuntime(), encodeModel(sparse), rows.token, names);
        const { logits, values } = await runner.run(windows, context);
        await runner.dispose();
        expect(judged.losses).toEqual(textLoss(logits, rows.token.vocabulary, targets).losses);
        for (const own of others) {
          const x = values.get(own.id)!;
          const zeros = x.filter((v) => Math.abs(v) <= (own === site ? Math.fround(0.3) : 0)).length / x.length;
          expect(judged.zeros.get(own.id)!.toFixed(5)).toBe(zeros.toFixed(5));
        }
        expect([...judged.zeros.keys()].sort()).toEqual(sites.map(({ id }) => id).sort());
      }
      await bound.dispose();
    },
  );

  test('a search keeps its bound, hands out what the file then does, and goes on from what it kept', async () => {
    const kept: unknown[] = [];
    const asked = await request('opt_char', 26);
    const found = await searchThresholds(asked, { ...control, keep: (value) => Promise.resolve(void kept.push(value)) });
    expect(found.chosen).not.toBeNull();
    const point = found.points.find(({ chosen }) => chosen)!;
    expect(point.lossIncrease).toBeLessThanOrEqual(0.02);
    expect(point.sparsity).toBeGreaterThan(found.points[0]!.sparsity);
    expect(new Set(found.chosen!.thresholds.map(({ site }) => site))).toEqual(asked.active);
    const again = await searchThresholds({ ...asked, resume: JSON.parse(JSON.stringify(kept.at(-2))) as unknown }, control);
    expect(again.chosen).toEqual(found.chosen);
    expect(again.evaluations).toBe(found.evaluations);

    // The zeros that were counted, counted anew in what the layers read; the loss, computed anew.
    const { rows } = asked;
    if (rows.kind !== 'text') throw new Error('a text');
    const sparse = withThresholds(asked.model, found.chosen!.thresholds, asked.layers, found.chosen!.corrections);
    const border = Math.floor(rows.ids.length * 0.8);
    const { windows, targets } = textWindows(rows.ids, context, border);
    const layers = findLayers(sparse.graph, inferShapes(sparse.graph));
    const read = layers.filter(({ weight }) => asked.sites.some((site) => site.layers.some((own) => own.weight === weight)));
    const runner = await openTokenRunner(ortRuntime(), encodeModel(sparse), rows.token, [...new Set(read.map(({ input }) => input))]);
    const { logits, values } = await runner.run(windows, context);
    await runner.dispose();
    let [zeros, macs] = [0, 0];
    for (const { input, linear } of read) {
      const x = values.get(input)!;
      const own = linear!.inputs * linear!.outputs;
      zeros += (own * x.filter((v) => v === 0).length) / x.length;
      macs += own;
    }
    expect((zeros / macs).toFixed(5)).toBe(point.sparsity.toFixed(5));
    expect(textLoss(logits, rows.token.vocabulary, targets).loss.toFixed(6)).toBe(point.loss.toFixed(6));
  });
});
