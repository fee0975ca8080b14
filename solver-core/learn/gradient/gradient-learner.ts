import { createRandom } from '../../fit/prng.ts';
import { TierwiseError } from '../../model/error.ts';
import type { UpperTier } from '../../model/plan.ts';
import type { LearnedWeights, LearnRows } from '../learner.ts';
import { elementsOf } from './builder.ts';
import type { GradientEngine } from './engine.ts';
import { estimateFisher, mergedFisher, type Fisher } from './fisher.ts';
import { copiedWeights, descend, optimiserMacs, type Pull, type Weights } from './optimiser.ts';
import { encodeState } from './state.ts';
import { diverged, shuffled } from './steps.ts';
import { stepTargets } from './targets.ts';
import type { ForwardForm, GradientLearner, GradientTask } from './types.ts';
import type { UpperPart } from './upper-part.ts';

/** What all learners grown from one start share. */
export interface LearnerSetup {
  readonly kind: 'sgd' | 'adam';
  readonly tier: UpperTier;
  readonly task: GradientTask;
  readonly part: UpperPart;
  readonly shapes: readonly (readonly number[])[];
  readonly engine: GradientEngine;
  readonly batchRows: number;
  readonly fisherRows: number;
  /** Undefined: the passes use the weights themselves. */
  readonly form?: ForwardForm;
}

/** What changes as a learner learns. */
export interface Progress {
  readonly weights: Weights;
  /** Rows absorbed, and calls of `updated`: the order of the next call's steps is drawn from its number. */
  readonly rows: number;
  readonly updates: number;
  readonly fisher: Fisher | undefined;
  readonly anchor: readonly Float32Array[] | undefined;
}

/** A learner at one point of its progress. */
export function gradientLearner(setup: LearnerSetup, progress: Progress): GradientLearner {
  const { part, engine, tier, kind } = setup;
  const width = elementsOf(part.inputShape);
  const next = (change: Partial<Progress>): GradientLearner => gradientLearner(setup, { ...progress, ...change });
  const fisherOf = (rows: LearnRows, parameters: readonly Float32Array[], stream: string): Promise<Fisher> =>
    estimateFisher(
      {
        engine,
        parameters: inForm(setup, parameters),
        x: rows.x,
        rows: rows.rows,
        width,
        outputs: part.outputs,
        task: setup.task,
        maxRows: setup.fisherRows,
      },
      createRandom(tier.seed, stream),
    );
  const protect = async (rows: LearnRows, parameters: readonly Float32Array[], stream: string): Promise<Partial<Progress>> => ({
    fisher: mergedFisher(progress.fisher, await fisherOf(rows, parameters, stream)),
    anchor: parameters,
  });
  return {
    kind,
    outputs: part.outputs,
    rows: progress.rows,
    input: { value: part.input, shape: part.inputShape },
    scores: ({ x, rows }) => engine.scores(inForm(setup, progress.weights.parameters), x, rows),
    loss: (rows) => meanLoss(setup, inForm(setup, progress.weights.parameters), rows, width),
    inForm(form) {
      const { form: _before, ...plain } = setup;
      return gradientLearner(form === undefined ? plain : { ...plain, form }, progress);
    },
    async importance(rows) {
      const { values } = await fisherOf(rows, progress.weights.parameters, `importance ${progress.updates}`);
      return new Map(part.parameters.map((name, i) => [name, values[i]!]));
    },
    async updated(rows) {
      const weights = await trained(setup, progress, rows, width);
      const change = { weights, rows: progress.rows + rows.rows, updates: progress.updates + 1 };
      const protection = tier.ewc > 0 ? await protect(rows, weights.parameters, `fisher ${progress.updates}`) : {};
      return next({ ...change, ...protection });
    },
    consolidated: async (rows) => next(await protect(rows, progress.weights.parameters, `fisher before ${progress.updates}`)),
    without: () =>
      Promise.reject(
        new TierwiseError(
          'unlearn-unsupported',
          `an upper tier that learns by ${kind} cannot take rows out again: gradient steps mix all rows into the weights`,
          'Use `learn rls` where rows may have to be removed, or learn anew without them.',
        ),
      ),
    updateCost: (rows) => updateCost(setup, rows),
    weights: () => Promise.resolve(initializers(setup, progress.weights)),
    state: () => encodeState(setup, progress),
    dispose: () => engine.dispose(),
  };
}

/** `epochs` passes over the rows in minibatches, in an order drawn from the seed, the number of the update and the pass. */
async function trained(setup: LearnerSetup, progress: Progress, rows: LearnRows, width: number): Promise<Weights> {
  const { tier, kind, engine, batchRows, part } = setup;
  const targets = stepTargets(rows, part.outputs);
  let weights = copiedWeights(progress.weights);
  const pull = pullOf(tier.ewc, progress);
  for (let epoch = 0; epoch < tier.epochs; epoch++) {
    const order = shuffled(rows.rows, createRandom(tier.seed, `order ${progress.updates} ${epoch}`).below);
    for (let first = 0; first < order.length; first += batchRows) {
      const chosen = order.subarray(first, first + batchRows);
      const x = picked(rows.x, chosen, width);
      const used = inForm(setup, weights.parameters);
      const { loss, gradients } = await engine.step(used, x, picked(targets, chosen, part.outputs), chosen.length);
      if (!Number.isFinite(loss)) throw diverged(tier.rate);
      weights = descend(kind, weights, gradients, tier.rate, pull);
    }
  }
  if (weights.parameters.some((p) => !p.every(Number.isFinite))) throw diverged(tier.rate);
  return weights;
}

/** The parameters as the passes use them. */
function inForm({ form, part, shapes }: LearnerSetup, parameters: readonly Float32Array[]): readonly Float32Array[] {
  return form === undefined ? parameters : parameters.map((values, i) => form(part.parameters[i]!, values, shapes[i]!));
}

function pullOf(strength: number, { fisher, anchor }: Progress): Pull | undefined {
  return strength > 0 && fisher !== undefined && anchor !== undefined ? { strength, fisher: fisher.values, anchor } : undefined;
}

async function meanLoss(
  { engine, part, batchRows }: LearnerSetup,
  parameters: readonly Float32Array[],
  rows: LearnRows,
  width: number,
): Promise<number> {
  const targets = stepTargets(rows, part.outputs);
  let sum = 0;
  for (let first = 0; first < rows.rows; first += batchRows) {
    const count = Math.min(batchRows, rows.rows - first);
    const x = rows.x.slice(first * width, (first + count) * width);
    const target = targets.slice(first * part.outputs, (first + count) * part.outputs);
    sum += count * (await engine.step(parameters, x, target, count)).loss;
  }
  return rows.rows === 0 ? 0 : sum / rows.rows;
}

function updateCost(setup: LearnerSetup, rows: number): { readonly macs: number; readonly bits: 32; readonly memoryBytes: number } {
  const { tier, kind, engine, batchRows, fisherRows, shapes } = setup;
  const parameters = shapes.reduce((sum, shape) => sum + elementsOf(shape), 0);
  const steps = tier.epochs * Math.ceil(rows / batchRows);
  const fisher = tier.ewc > 0 ? engine.stepMacs(Math.min(rows, fisherRows)) : 0;
  const macs = tier.epochs * engine.stepMacs(rows) + steps * parameters * optimiserMacs(kind, tier.ewc > 0) + fisher;
  const copies = 2 + (kind === 'adam' ? 2 : 1) + (tier.ewc > 0 ? 2 : 0);
  return { macs, bits: 32, memoryBytes: 4 * parameters * copies };
}

function initializers({ part, shapes }: LearnerSetup, { parameters }: Weights): LearnedWeights {
  return { kind: 'initializers', weights: new Map(part.parameters.map((name, i) => [name, { dims: shapes[i]!, data: parameters[i]! }])) };
}

function picked(values: Float32Array, rows: Uint32Array, width: number): Float32Array {
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, at) => out.set(values.subarray(row * width, (row + 1) * width), at * width));
  return out;
}
