import type { ModelRunner, ModelRuntime, RunTensor } from '../../fit/model-runner.ts';
import type { Checked } from '../../model/diagnostic.ts';
import { assert } from '../../model/error.ts';
import type { ModelGraph } from '../../model/graph.ts';
import { buildModel } from '../../onnx/index.ts';
import { elementsOf } from './builder.ts';
import { compileUpperPart, type CompiledGraph, type FrozenTensor } from './compile.ts';
import type { LossKind } from './loss.ts';
import type { UpperPart } from './upper-part.ts';

/** What an engine runs. */
export interface EngineOptions {
  readonly graph: ModelGraph;
  readonly part: UpperPart;
  readonly frozen: ReadonlyMap<string, FrozenTensor>;
  readonly parameterShapes: readonly (readonly number[])[];
  readonly loss: LossKind;
  readonly runtime: ModelRuntime;
}

/** Loss and gradients of one batch. */
export interface Step {
  readonly loss: number;
  /** In the order of the parameters. */
  readonly gradients: readonly Float32Array[];
}

/** Runs forward and backward passes of an upper part on the model runtime; graphs are compiled once per batch size and kept. */
export interface GradientEngine {
  /** [rows, outputs]; x: [rows, …input]. */
  scores(parameters: readonly Float32Array[], x: Float32Array, rows: number): Promise<Float32Array>;
  /** Mean loss over the rows against targets [rows, outputs], and its gradients. */
  step(parameters: readonly Float32Array[], x: Float32Array, target: Float32Array, rows: number): Promise<Step>;
  /** Multiply-adds of one forward and backward pass over so many rows. */
  stepMacs(rows: number): number;
  dispose(): Promise<void>;
}

/** Rows of a forward pass; the last one is filled up with zero rows, which change nothing in the others. */
const scoreRows = 256;
/** Sessions kept: one for scores, and step graphs for a few batch sizes. */
const maxRunners = 8;

/** Compiles the graphs once to find what cannot be differentiated; nothing is run. Finding: `op-not-differentiable`. */
export function createEngine(options: EngineOptions): Checked<GradientEngine> {
  const compile = (rows: number, kind: 'scores' | 'step'): Checked<CompiledGraph> =>
    compileUpperPart({
      graph: options.graph,
      part: options.part,
      frozen: options.frozen,
      parameterShapes: options.parameterShapes,
      outputs: options.part.outputs,
      batch: rows,
      purpose: kind === 'scores' ? { kind } : { kind, loss: options.loss },
    });
  const probe = compile(1, 'step');
  if (probe.value === undefined) return { value: undefined, diagnostics: probe.diagnostics };
  // A graph written for one row may not take two; found now, it is a finding and not a failure in the middle of a run.
  const several = compile(2, 'step');
  if (several.value === undefined) return { value: undefined, diagnostics: several.diagnostics };
  return { value: engineOf(options, probe.value.macs, (rows, kind) => compile(rows, kind).value!), diagnostics: [] };
}

function engineOf(
  options: EngineOptions,
  macsPerRow: number,
  compile: (rows: number, kind: 'scores' | 'step') => CompiledGraph,
): GradientEngine {
  const { part, parameterShapes, runtime } = options;
  const width = elementsOf(part.inputShape);
  const runners = new Map<string, Promise<ModelRunner>>();
  let isDisposed = false;
  const runner = async (rows: number, kind: 'scores' | 'step'): Promise<ModelRunner> => {
    assert(!isDisposed, 'a gradient learner was used after it was disposed of');
    const key = `${kind} ${rows}`;
    const known = runners.get(key);
    if (known !== undefined) {
      // Asked for again: last in the order in which they are given up.
      runners.delete(key);
      runners.set(key, known);
      return known;
    }
    const [oldest] = runners.keys();
    if (runners.size >= maxRunners && oldest !== undefined) {
      const old = runners.get(oldest);
      runners.delete(oldest);
      await (await old)?.dispose();
    }
    const opened = runtime.open(buildModel(compile(rows, kind).graph));
    runners.set(key, opened);
    // A failure is told once and not remembered: the next step may have the memory.
    opened.catch(() => runners.delete(key));
    return opened;
  };
  const inputsOf = (parameters: readonly Float32Array[], x: Float32Array, rows: number): Map<string, RunTensor> => {
    const inputs = new Map<string, RunTensor>([['x', { dims: [rows, ...part.inputShape], data: x }]]);
    parameters.forEach((data, i) => inputs.set(`p${i}`, { dims: parameterShapes[i] ?? [], data }));
    return inputs;
  };
  const gradientNames = part.parameters.map((_, i) => `g${i}`);
  return {
    async scores(parameters, x, rows) {
      const session = await runner(scoreRows, 'scores');
      const scores = new Float32Array(rows * part.outputs);
      for (let first = 0; first < rows; first += scoreRows) {
        const count = Math.min(scoreRows, rows - first);
        const chunk = new Float32Array(scoreRows * width);
        chunk.set(x.subarray(first * width, (first + count) * width));
        const { data } = resultOf(await session.run(inputsOf(parameters, chunk, scoreRows), ['scores']), 'scores');
        scores.set(data.subarray(0, count * part.outputs), first * part.outputs);
      }
      return scores;
    },
    async step(parameters, x, target, rows) {
      const session = await runner(rows, 'step');
      const inputs = inputsOf(parameters, x, rows);
      inputs.set('target', { dims: [rows, part.outputs], data: target });
      const results = await session.run(inputs, ['loss', ...gradientNames]);
      return { loss: resultOf(results, 'loss').data[0] ?? NaN, gradients: gradientNames.map((name) => resultOf(results, name).data) };
    },
    stepMacs: (rows) => macsPerRow * rows,
    async dispose() {
      isDisposed = true;
      const open = [...runners.values()];
      runners.clear();
      for (const session of await Promise.allSettled(open)) if (session.status === 'fulfilled') await session.value.dispose();
    },
  };
}

function resultOf(results: ReadonlyMap<string, RunTensor>, name: string): RunTensor {
  const found = results.get(name);
  assert(found !== undefined, `the runtime gave no ${name}`);
  return found;
}
