import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { tokenModel, type TokenModel } from '../../../solver-core/jobs/token-model.ts';
import { openTokenRunner } from '../../../solver-core/jobs/token-runner.ts';
import { textLoss, textWindows } from '../../../solver-core/jobs/text-loss.ts';
import { inferShapes } from '../../../solver-core/model/index.ts';
import { readModel } from '../../../solver-core/onnx/index.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { hasShared, shared } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, int64s, modelBytes, node, value } from '../onnx/build-model.ts';

const own = (name: string): string => shared(`material/models/own/${name}`);

function recognised(bytes: Uint8Array): { token: TokenModel | undefined; message: string } {
  const model = readModel(bytes).value;
  if (model === undefined) throw new Error('no model');
  const { value: token, diagnostics } = tokenModel({ model, shapes: inferShapes(model.graph) });
  return { token, message: diagnostics.map((d) => `${d.code} ${d.message}`).join() };
}

interface ParallelReference {
  readonly ids: readonly (readonly number[])[];
  readonly logits_first: readonly (readonly number[])[];
  readonly logits_last: readonly (readonly number[])[];
}

interface StepReference {
  readonly ids: readonly (readonly number[])[];
  readonly logits_after_steps: Readonly<Record<string, readonly (readonly number[])[]>>;
}

const reference = <T>(name: string): T => JSON.parse(readFileSync(own(name), 'utf8')) as T;

function expectClose(actual: Float32Array, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((v, i) => expect(Math.abs(actual[i]! - v)).toBeLessThan(tolerances.outputsFp32.absolute));
}

describe.skipIf(!hasShared)('own language models', () => {
  test.each(['opt_char_ref.json', 'opt_char_synth_ref.json'])('the parallel model gives the logits of %s', async (name) => {
    const bytes = readFileSync(own('opt_char.onnx'));
    const { token } = recognised(bytes);
    expect(token).toEqual({ kind: 'parallel', vocabulary: 65, ids: 'ids', logits: 'logits', states: [], contextLimit: 128 });
    const { ids, logits_first: first, logits_last: last } = reference<ParallelReference>(name);
    const tokens = ids[0]!.length;
    const runner = await openTokenRunner(ortRuntime(), bytes, token!);
    try {
      const { logits } = await runner.run(Int32Array.from(ids.flat()), tokens);
      expect(logits.length).toBe(ids.length * tokens * 65);
      ids.forEach((_, w) => {
        expectClose(logits.subarray(w * tokens * 65, (w * tokens + 1) * 65), first[w]!);
        expectClose(logits.subarray((w * tokens + tokens - 1) * 65, (w * tokens + tokens) * 65), last[w]!);
      });
    } finally {
      await runner.dispose();
    }
  });

  test.each(['rwkv_char_step_ref.json', 'rwkv_char_step_synth_ref.json'])('the step model gives the logits of %s', async (name) => {
    const bytes = readFileSync(own('rwkv_char_step.onnx'));
    const { token } = recognised(bytes);
    expect(token).toEqual({
      kind: 'step',
      vocabulary: 65,
      ids: 'id',
      logits: 'logits',
      states: [{ input: 'state', output: 'new_state', shape: [6, 5, null, 128] }],
      contextLimit: null,
    });
    const { ids, logits_after_steps: after } = reference<StepReference>(name);
    const tokens = ids[0]!.length;
    const runner = await openTokenRunner(ortRuntime(), bytes, token!, ['/Add_output_0', '/Mul_15_output_0']);
    try {
      // The windows twice: states of one never reach another.
      const { logits, values } = await runner.run(Int32Array.from([...ids, ...ids].flat()), tokens);
      for (const [steps, wanted] of Object.entries(after))
        [...wanted, ...wanted].forEach((row, w) => {
          const at = w * tokens + Number(steps) - 1;
          expectClose(logits.subarray(at * 65, (at + 1) * 65), row);
        });
      expect(values.get('/Add_output_0')?.length).toBe(2 * ids.length * tokens * 128);
      expect(values.get('/Mul_15_output_0')?.length).toBe(2 * ids.length * tokens * 512);
      expect(values.get('/Mul_15_output_0')?.every((v) => v >= 0)).toBe(true);
      const again = await runner.run(Int32Array.from(ids.flat()), tokens, []);
      expect(again.values.size).toBe(0);
      // The scores as an inner value like any other: a head's result is a value of a layer, too.
      const scores = await runner.run(Int32Array.from(ids.flat()), tokens, ['logits']);
      expect(scores.values.get('logits')).toEqual(scores.logits);
    } finally {
      await runner.dispose();
    }
  });
});

describe('models of fixed sizes', () => {
  const draw = (i: number): number => Math.sin(3 * i + 1);
  const tensors = [floats('table', [5, 3], draw), floats('w', [3, 5], draw)];

  /** ids [batch, tokens] -> scores of the sums of all tokens so far. */
  const parallel = (batch: number | string, tokens: number | string): Uint8Array =>
    modelBytes({
      node: [
        node('Gather', ['table', 'ids'], ['e']),
        node('Constant', [], ['axis'], { value: { tensor: int64s('', [1], []) } }),
        node('CumSum', ['e', 'axis'], ['h']),
        node('MatMul', ['h', 'w'], ['logits']),
      ],
      initializer: tensors,
      input: [value('ids', [batch, tokens], 7)],
      output: [value('logits', [batch, tokens, 5])],
    });

  /** The same, one token at a time. */
  const step = (batch: number | string): Uint8Array =>
    modelBytes({
      node: [node('Gather', ['table', 'id'], ['e']), node('Add', ['e', 'sum'], ['new_sum']), node('MatMul', ['new_sum', 'w'], ['logits'])],
      initializer: tensors,
      input: [value('id', [batch], 7), value('sum', [batch, 3])],
      output: [value('logits', [batch, 5]), value('new_sum', [batch, 3])],
    });

  test('give what the same models give with open ones', async () => {
    const windows = Int32Array.from({ length: 7 * 4 }, (_, i) => (i * i + 2) % 5);
    const results: Float32Array[] = [];
    for (const bytes of [parallel('n', 's'), parallel(3, 's'), parallel(2, 4), step('n'), step(3)]) {
      const { token, message } = recognised(bytes);
      expect(message).toBe('');
      const runner = await openTokenRunner(ortRuntime(), bytes, token!);
      results.push((await runner.run(windows, 4)).logits);
      await runner.dispose();
    }
    for (const logits of results) {
      expect(logits.length).toBe(7 * 4 * 5);
      logits.forEach((v, i) => expect(Math.abs(v - results[0]![i]!)).toBeLessThan(tolerances.outputsFp32.absolute));
    }
    expect(recognised(parallel(2, 4)).token).toMatchObject({ contextLimit: 4, exactContext: true, batch: 2 });
    expect(recognised(step('n')).token).not.toHaveProperty('batch');
  });
});

describe('recognising a language model', () => {
  const int64 = 7;

  test('finds the table of positions behind an offset', () => {
    const bytes = modelBytes({
      node: [
        node('Shape', ['ids'], ['shape']),
        node('Gather', ['shape', 'one'], ['count']),
        node('Range', ['zero', 'count', 'one'], ['range']),
        node('Add', ['range', 'two'], ['places']),
        node('Gather', ['positions', 'places'], ['p']),
        node('Gather', ['table', 'ids'], ['e']),
        node('Add', ['e', 'p'], ['h']),
        node('MatMul', ['h', 'w'], ['logits']),
      ],
      initializer: [
        floats('positions', [34, 4]),
        floats('table', [6, 4]),
        floats('w', [4, 6]),
        { ...floats('one', []), dataType: int64, rawData: new Uint8Array(BigInt64Array.of(1n).buffer), floatData: [] },
        { ...floats('zero', []), dataType: int64, rawData: new Uint8Array(BigInt64Array.of(0n).buffer), floatData: [] },
        { ...floats('two', []), dataType: int64, rawData: new Uint8Array(BigInt64Array.of(2n).buffer), floatData: [] },
      ],
      input: [value('ids', ['batch', 'seq'], int64)],
      output: [value('logits', ['batch', 'seq', 6])],
    });
    expect(recognised(bytes).token).toMatchObject({ kind: 'parallel', vocabulary: 6, contextLimit: 32 });
  });

  test('pairs states by name before it pairs them by shape', () => {
    const bytes = modelBytes({
      node: [
        node('Gather', ['table', 'id'], ['e']),
        node('Add', ['e', 'b'], ['h']),
        node('MatMul', ['h', 'w'], ['logits']),
        node('Identity', ['h'], ['a_out']),
        node('Add', ['h', 'a'], ['other']),
      ],
      initializer: [floats('table', [6, 4]), floats('w', [4, 6])],
      input: [value('id', ['n'], int64), value('b', ['n', 4]), value('a', ['n', 4])],
      output: [value('logits', ['n', 6]), value('other', ['n', 4]), value('a_out', ['n', 4])],
    });
    expect(recognised(bytes).token?.states).toEqual([
      { input: 'b', output: 'other', shape: [null, 4] },
      { input: 'a', output: 'a_out', shape: [null, 4] },
    ]);
  });

  test.each([
    ['floats', [value('x', ['n', 4])], 'no integer input'],
    ['two inputs of integers', [value('ids', ['n', 's'], int64), value('mask', ['n', 's'], int64)], '2 integer inputs'],
    ['a state that does not come back', [value('ids', ['n'], int64), value('lost', ['n', 9])], 'no output that becomes its input "lost"'],
  ])('says why a model with %s is none', (_, input, part) => {
    const bytes = modelBytes({
      node: [node('Identity', [input[0]!.name!], ['y'])],
      initializer: [],
      input,
      output: [value('y', ['n', 4])],
    });
    const { token, message } = recognised(bytes);
    expect(token).toBeUndefined();
    expect(message).toContain('not-a-language-model');
    expect(message).toContain(part);
  });
});

describe('the loss of a text', () => {
  test('is the mean over all next tokens', () => {
    const ids = Int32Array.of(0, 1, 2, 0, 1, 2, 0, 1);
    const { windows, targets } = textWindows(ids, 3);
    expect([...windows]).toEqual([0, 1, 2, 0, 1, 2]);
    expect([...targets]).toEqual([1, 2, 0, 1, 2, 0]);
    const logits = new Float32Array(6 * 3);
    for (let row = 0; row < 6; row++) logits[row * 3 + targets[row]!] = Math.log(2);
    const { losses, loss, correct } = textLoss(logits, 3, targets);
    // softmax of (ln 2, 0, 0) at its first place: 2 of 4.
    losses.forEach((v) => expect(Math.abs(v - Math.log(2))).toBeLessThan(tolerances.outputsFp32.absolute));
    expect(loss).toBe(losses.reduce((a, b) => a + b, 0) / 6);
    expect(correct).toBe(6);
  });

  test('is not finite where a score is not', () => {
    expect(textLoss(Float32Array.of(1, NaN), 2, Int32Array.of(1)).loss).toBeNaN();
  });
});
