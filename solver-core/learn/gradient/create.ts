import type { Checked, Diagnostic } from '../../model/diagnostic.ts';
import { assert } from '../../model/error.ts';
import { readTensor } from '../../onnx/index.ts';
import type { LearnerState } from '../learner.ts';
import type { FrozenTensor } from './compile.ts';
import { createEngine } from './engine.ts';
import { gradientLearner, type LearnerSetup } from './gradient-learner.ts';
import { startingWeights } from './optimiser.ts';
import { decodeState } from './state.ts';
import type { GradientLearner, GradientOptions } from './types.ts';
import { findUpperPart, type UpperPart } from './upper-part.ts';

/**
 * A learner for the tier with the model's present weights. Findings: those of findUpperPart and readTensor, and `op-not-differentiable`
 * naming the node and the operator. Nothing is run yet. Call `dispose` on it in the end.
 */
export function createGradientLearner(options: GradientOptions): Promise<Checked<GradientLearner>> {
  const { value, diagnostics } = setUp(options);
  if (value === undefined) return Promise.resolve({ value: undefined, diagnostics });
  const weights = startingWeights(value.setup.kind, value.parameters);
  const learner = gradientLearner(value.setup, { weights, rows: 0, updates: 0, fisher: undefined, anchor: undefined });
  return Promise.resolve({ value: learner, diagnostics });
}

/**
 * The learner that `state()` described, on the same model: weights, optimiser moments, counters, Fisher information and anchor continue
 * bit for bit. Findings: as for createGradientLearner, and `state-mismatch` when the state belongs to another model, tier or task.
 */
export function resumeGradientLearner(state: LearnerState, options: GradientOptions): Promise<Checked<GradientLearner>> {
  const { value, diagnostics } = setUp(options);
  if (value === undefined) return Promise.resolve({ value: undefined, diagnostics });
  const progress = decodeState(value.setup, state);
  if (progress.value === undefined) return Promise.resolve({ value: undefined, diagnostics: progress.diagnostics });
  return Promise.resolve({ value: gradientLearner(value.setup, progress.value), diagnostics });
}

interface Start {
  readonly setup: LearnerSetup;
  readonly parameters: readonly Float32Array[];
}

function setUp(options: GradientOptions): Checked<Start> {
  const { model, layers, tier, task, runtime, batchRows = 32, fisherRows = 256 } = options;
  assert(tier.learner !== 'rls', 'a tier that learns by rls reached the gradient learner');
  assert(batchRows >= 1 && batchRows <= 4096, `${batchRows} rows per step`);
  const { value: part, diagnostics } = findUpperPart(model.graph, layers, tier.layers, options.output);
  if (part === undefined) return { value: undefined, diagnostics };
  const stored = storedTensors(options, part);
  if (stored.value === undefined) return { value: undefined, diagnostics: stored.diagnostics };
  const { parameters, frozen } = stored.value;
  const shapes = parameters.map(({ dims }) => dims);
  const loss = task === 'class' && part.outputs > 1 ? 'cross-entropy' : 'squared-error';
  const engine = createEngine({ graph: model.graph, part, frozen, parameterShapes: shapes, loss, runtime });
  if (engine.value === undefined) return { value: undefined, diagnostics: engine.diagnostics };
  const setup = { kind: tier.learner, tier, task, part, shapes, engine: engine.value, batchRows, fisherRows };
  return { value: { setup, parameters: parameters.map(({ data }) => data) }, diagnostics };
}

/** Start values of the parameters in their order, and the float tensors that the part reads and does not train. */
function storedTensors(
  { model, external }: GradientOptions,
  part: UpperPart,
): Checked<{ readonly parameters: readonly FrozenTensor[]; readonly frozen: ReadonlyMap<string, FrozenTensor> }> {
  const frozen = new Map<string, FrozenTensor>();
  const trained = new Map<string, FrozenTensor>();
  const problems: Diagnostic[] = [];
  for (const name of new Set(part.nodes.flatMap((node) => node.inputs))) {
    const isTrained = part.parameters.includes(name);
    const { value, diagnostics } = readTensor(model, name, external);
    if (value !== undefined) (isTrained ? trained : frozen).set(name, { dims: value.dims, data: Float32Array.from(value.data) });
    // Computed values, integers and absent operands are no float tensors of the file; the rules ask for what they need.
    else if (isTrained) problems.push(...diagnostics);
  }
  if (problems.length > 0) return { value: undefined, diagnostics: problems };
  return { value: { parameters: part.parameters.map((name) => trained.get(name)!), frozen }, diagnostics: [] };
}
