import { createRandom } from '../fit/prng.ts';
import type { Weights } from '../learn/gradient/optimiser.ts';
import { copiedWeights, descend, optimiserMacs, startingWeights } from '../learn/gradient/optimiser.ts';
import { diverged, shuffled } from '../learn/gradient/steps.ts';
import type { HeadWeights, LearnedWeights, LearnerState, LearnRows, UpperLearner } from '../learn/learner.ts';
import { maxOutputs, maxWeights, tooManyWeights } from '../learn/ridge/options.ts';
import { requireFit } from '../learn/ridge/targets.ts';
import type { Checked } from '../model/diagnostic.ts';
import { TierwiseError, assert } from '../model/error.ts';
import type { Moments } from './moments.ts';
import { momentsTally } from './moments.ts';
import type { LinearHead } from './softmax-gradient.ts';
import { scoreRow, softmaxStep } from './softmax-gradient.ts';
import { decodeHead, encodeHead } from './softmax-state.ts';

/** What a cross-entropy head is, before it has seen a row. */
export interface SoftmaxOptions {
  /** Values per row. */
  readonly inputs: number;
  /** Adam's rate, above 0. */
  readonly rate: number;
  /** Passes over the rows of one update. */
  readonly epochs: number;
  /** Rows per gradient step. */
  readonly batchRows: number;
  /** Strength of (l2/2)·Σw² beside the mean cross-entropy, 0 or more. */
  readonly l2: number;
  /** Draws the order of the rows. */
  readonly seed: number;
}

export const defaultSoftmaxOptions = { rate: 1e-3, epochs: 4, batchRows: 32, l2: 1e-4, seed: 1 } as const;

/** Everything such a head knows; nothing in it is ever changed. */
export interface SoftmaxParts {
  readonly options: SoftmaxOptions;
  readonly outputs: number;
  /** parameters[0]: [inputs, outputs] weights, parameters[1]: [outputs] bias, both on inputs as `shift` and `scale` leave them. */
  readonly weights: Weights;
  /** [inputs] mean and deviation of the first rows, which inputs are freed from, so that one rate suits all; null: as they are. */
  readonly shift: Float64Array | null;
  readonly scale: Float64Array | null;
  readonly rows: number;
  /** Passes so far: the order of the next one is drawn from their number. */
  readonly passes: number;
}

/** A linear head that learns by gradient steps on its cross-entropy (softmax regression); grows with new classes. */
export interface SoftmaxHead extends UpperLearner {
  readonly kind: 'adam';
  updated(rows: LearnRows): Promise<SoftmaxHead>;
  /** The head after one pass over the rows; with `updated` it shares all but the number of passes. */
  passed(rows: LearnRows): SoftmaxHead;
  /** The head that reads its inputs freed of these means and deviations; only for one that has learned nothing. */
  standardised(moments: Moments): SoftmaxHead;
}

/**
 * A head that has learned nothing, or starts from weights a model has (then its inputs are taken as they are). Rejects with `learner-options` or
 * `learner-too-large`.
 */
export function createSoftmaxHead(options: SoftmaxOptions, start: { readonly outputs: number } | HeadWeights): SoftmaxHead {
  requireOptions(options, start.outputs);
  const { inputs } = options;
  const given = 'w' in start ? start : null;
  assert(given === null || given.expansion === null, 'a cross-entropy head starts from plain weights');
  assert(given === null || given.w.length === inputs * given.outputs, `weights of ${given?.w.length} values for ${inputs} inputs`);
  const parameters = given === null ? [new Float32Array(inputs * start.outputs), new Float32Array(start.outputs)] : [given.w, given.b];
  const free = given === null ? { shift: null, scale: null } : { shift: new Float64Array(inputs), scale: new Float64Array(inputs).fill(1) };
  return headOf({ options, outputs: start.outputs, weights: startingWeights('adam', parameters), ...free, rows: 0, passes: 0 });
}

/** The head that `state()` described; it goes on bit for bit. Findings: `state-wrong-learner`, `state-damaged`. */
export function resumeSoftmaxHead(state: LearnerState): Checked<SoftmaxHead> {
  const { value, diagnostics } = decodeHead(state);
  return { value: value === undefined ? undefined : headOf(value), diagnostics };
}

function headOf(parts: SoftmaxParts): SoftmaxHead {
  const { options, outputs } = parts;
  const once = (rows: LearnRows, count: number): SoftmaxHead => {
    let next = prepared(parts, rows);
    for (let epoch = 0; epoch < count; epoch++) next = pass(next, rows);
    return headOf({ ...next, rows: parts.rows + rows.rows });
  };
  const self: SoftmaxHead = {
    kind: 'adam',
    outputs,
    rows: parts.rows,
    scores: (rows) => Promise.resolve().then(() => scoresOf(parts, rows)),
    updated: (rows) => Promise.resolve().then(() => (rows.rows === 0 ? self : once(rows, options.epochs))),
    passed: (rows) => (rows.rows === 0 ? self : once(rows, 1)),
    standardised: (moments) => {
      assert(parts.passes === 0, 'a head that has learned keeps its inputs');
      return headOf({ ...parts, ...freeing(moments) });
    },
    without: () =>
      Promise.reject(
        new TierwiseError(
          'unlearn-unsupported',
          'a head that learns by gradient steps cannot take rows out again: the steps mix all rows into the weights',
          'Use `learn rls` where rows may have to be removed.',
        ),
      ),
    updateCost: (rows) => {
      const parameters = (options.inputs + 1) * Math.max(1, outputs);
      const steps = options.epochs * Math.ceil(rows / options.batchRows);
      const macs = options.epochs * rows * 2 * options.inputs * Math.max(1, outputs) + steps * parameters * optimiserMacs('adam', false);
      // Weights, gradient and two moments.
      return { macs, bits: 32, memoryBytes: rows === 0 ? 0 : 16 * parameters };
    },
    weights: (): Promise<LearnedWeights> => Promise.resolve({ kind: 'head', head: folded(parts) }),
    state: () => encodeHead(parts),
  };
  return self;
}

/** What inputs are freed from. A constant input has no deviation; it is left to the bias. */
function freeing({ mean, deviation }: Moments): Pick<SoftmaxParts, 'shift' | 'scale'> {
  return { shift: mean, scale: deviation.map((v) => (v > 0 ? 1 / v : 0)) };
}

/** The parts with columns for every label of the rows, and inputs freed of these rows' means when nothing was learned before. */
function prepared(parts: SoftmaxParts, rows: LearnRows): SoftmaxParts {
  const { inputs } = parts.options;
  requireFit(rows, inputs);
  const grown = withOutputs(parts, Math.max(parts.outputs, highestLabel(rows) + 1));
  if (grown.shift !== null) return grown;
  const tally = momentsTally(inputs);
  tally.add(rows.x, rows.rows);
  return { ...grown, ...freeing(tally.moments()) };
}

/** One pass over the rows in an order drawn from the seed and the number of the pass. */
function pass(parts: SoftmaxParts, rows: LearnRows): SoftmaxParts {
  const { options, outputs } = parts;
  const { inputs, batchRows, l2, rate, seed } = options;
  assert(rows.labels.kind === 'class', 'a cross-entropy head learns classes');
  const labels = rows.labels.values;
  const x = freed(parts, rows);
  const order = shuffled(rows.rows, createRandom(seed, `pass ${parts.passes}`).below);
  let weights = copiedWeights(parts.weights);
  const [w, b] = [weights.parameters[0]!, weights.parameters[1]!];
  const gradient = { w: new Float32Array(w.length), b: new Float32Array(b.length) };
  for (let first = 0; first < order.length; first += batchRows) {
    const loss = softmaxStep({ inputs, outputs, w, b }, x, labels, order.subarray(first, first + batchRows), l2, gradient);
    if (!Number.isFinite(loss)) throw diverged(rate);
    weights = descend('adam', weights, [gradient.w, gradient.b], rate, undefined);
  }
  if (!w.every(Number.isFinite) || !b.every(Number.isFinite)) throw diverged(rate);
  return { ...parts, weights, passes: parts.passes + 1 };
}

function scoresOf(parts: SoftmaxParts, rows: LearnRows): Float32Array {
  const { outputs, options } = parts;
  requireFit(rows, options.inputs);
  const { w, b } = folded(parts);
  const head: LinearHead = { inputs: options.inputs, outputs, w, b };
  const scores = new Float32Array(rows.rows * outputs);
  const z = new Float64Array(outputs);
  for (let r = 0; r < rows.rows; r++) {
    scoreRow(head, rows.x, r * options.inputs, z);
    scores.set(z, r * outputs);
  }
  return scores;
}

/** The weights on the inputs as they come, as a model holds them: what the scores are made with, too. */
function folded({ options, outputs, weights, shift, scale }: SoftmaxParts): HeadWeights {
  const [w, b] = [weights.parameters[0]!, weights.parameters[1]!];
  const isPlain = shift === null || scale === null || (shift.every((v) => v === 0) && scale.every((v) => v === 1));
  if (isPlain) return { expansion: null, w, b, compensation: null, outputs };
  const plain = new Float32Array(w.length);
  const bias = Float64Array.from(b);
  for (let j = 0; j < options.inputs; j++)
    for (let o = 0; o < outputs; o++) {
      const v = w[j * outputs + o]! * scale[j]!;
      plain[j * outputs + o] = v;
      bias[o] = bias[o]! - shift[j]! * v;
    }
  return { expansion: null, w: plain, b: Float32Array.from(bias), compensation: null, outputs };
}

/** Further classes start with weights 0 and the smallest bias there is: a class must not win before it was seen. */
function withOutputs(parts: SoftmaxParts, outputs: number): SoftmaxParts {
  const { options, outputs: old, weights } = parts;
  if (outputs === old) return parts;
  if (options.inputs * outputs > maxWeights) throw tooManyWeights(options.inputs, outputs);
  const wider = (arrays: readonly Float32Array[]): readonly [Float32Array, Float32Array] => [
    widened(arrays[0]!, options.inputs, old, outputs),
    widened(arrays[1]!, 1, old, outputs),
  ];
  const parameters = wider(weights.parameters);
  parameters[1].fill(
    parameters[1].subarray(0, old).reduce((low, v) => Math.min(low, v), 0),
    old,
  );
  return { ...parts, outputs, weights: { ...weights, parameters, first: wider(weights.first), second: wider(weights.second) } };
}

/** [rows, outputs] with zeros in the columns from `old` on. */
function widened(values: Float32Array, rows: number, old: number, outputs: number): Float32Array {
  const wide = new Float32Array(rows * outputs);
  for (let j = 0; j < rows; j++) wide.set(values.subarray(j * old, (j + 1) * old), j * outputs);
  return wide;
}

/** [rows, inputs] freed of means and deviations. */
function freed({ options, shift, scale }: SoftmaxParts, rows: LearnRows): Float32Array {
  const { inputs } = options;
  if (shift === null || scale === null) return rows.x;
  const x = new Float32Array(rows.x.length);
  for (let i = 0; i < x.length; i++) x[i] = (rows.x[i]! - shift[i % inputs]!) * scale[i % inputs]!;
  return x;
}

function highestLabel({ labels }: LearnRows): number {
  assert(labels.kind === 'class', 'a cross-entropy head learns classes');
  const bad = labels.values.findIndex((label) => label < 0 || label >= maxOutputs);
  if (bad >= 0)
    throw new TierwiseError(
      'label-out-of-range',
      `row ${bad} has the label ${labels.values[bad]}, expected 0 to ${maxOutputs - 1}`,
      'Number the classes from 0.',
    );
  return labels.values.reduce((high, v) => Math.max(high, v), -1);
}

function requireOptions({ inputs, rate, epochs, batchRows, l2 }: SoftmaxOptions, outputs: number): void {
  const bad = (message: string, advice: string): TierwiseError => new TierwiseError('learner-options', message, advice);
  if (!Number.isSafeInteger(inputs) || inputs < 1) throw bad(`the head has ${inputs} inputs, expected 1 or more`, 'Check the model.');
  if (!(rate > 0 && Number.isFinite(rate))) throw bad(`the rate is ${rate}, expected above 0`, 'Use 1e-3.');
  if (!(l2 >= 0 && Number.isFinite(l2))) throw bad(`l2 is ${l2}, expected 0 or more`, 'Use 1e-4.');
  if (!Number.isSafeInteger(epochs) || epochs < 1) throw bad(`${epochs} passes per update, expected 1 or more`, 'Use 4.');
  if (!Number.isSafeInteger(batchRows) || batchRows < 1) throw bad(`${batchRows} rows per step, expected 1 or more`, 'Use 32.');
  if (inputs * outputs > maxWeights || outputs > maxOutputs) throw tooManyWeights(inputs, outputs);
}
