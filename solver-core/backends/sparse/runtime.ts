import type { ModelRunner, ModelRuntime, RunTensor } from '../../fit/model-runner.ts';
import type { ModelGraph, ValueInfo } from '../../model/graph.ts';
import { quoteName } from '../../model/quote.ts';
import { TierwiseError } from '../../model/error.ts';
import { readModel } from '../../onnx/index.ts';
import { prepare, type Base } from './base.ts';
import { runFailed } from './errors.ts';
import type { LayerCount } from './layers.ts';
import { createMachine } from './machine.ts';
import { makeProgram, runProgram, type Program } from './program.ts';
import { elementsOf } from './values.ts';

/** `skipZeros`: whether multiply-adds with a zero input are left out. Default true; false is the same engine without it. */
export interface SparseOptions {
  readonly skipZeros?: boolean;
}

/** The engine as a ModelRuntime that counts. Both counts go on over all models it has opened, closed ones included. */
export interface SparseRuntime extends ModelRuntime {
  /** Multiply-adds of layers with stored weights, rows · inputs · outputs, and how many of these met a zero and were not made. */
  counts(): LayerCount;
  /** The same per layer (node name, else its first output); layers of equal id in several models are added up. */
  layerCounts(): ReadonlyMap<string, LayerCount>;
}

/** Programs kept per model: one per shape of the inputs. */
const maxPrograms = 8;

/**
 * The sparse engine: runs a model in WebAssembly SIMD without multiplying by zeros. For every MatMul or Gemm with stored weights the
 * nonzero inputs are listed, and only their rows of the weights are read. Everything is float32; results differ from other runtimes by
 * the order of sums. Skipping changes no bit but the sign of a zero; layers with weights that are infinite or not a number skip nothing,
 * so that 0 · ∞ stays NaN. One thread; `run` blocks.
 *
 * `open` rejects with `sparse-op-unsupported` (names operator and node), `model-run-failed`, `sparse-memory-exceeded` (2 GiB) or
 * `runtime-unavailable`.
 */
export function sparseRuntime(options: SparseOptions = {}): SparseRuntime {
  const open = new Set<Base>();
  const closed = new Map<string, LayerCount>();
  const layerCounts = (): ReadonlyMap<string, LayerCount> => {
    const all = new Map(closed);
    for (const base of open) addCounts(all, base.layers.counts());
    return all;
  };
  return {
    version: 'tierwise-sparse 1',
    open: (bytes) => {
      // Errors are rejections, as every runtime gives them.
      return Promise.resolve().then(() => {
        const base = openModel(bytes, options.skipZeros ?? true);
        open.add(base);
        return runnerOf(base.graph, engineOf(base), () => {
          if (!open.delete(base)) return;
          addCounts(closed, base.layers.counts());
        });
      });
    },
    layerCounts,
    counts() {
      let [macs, skipped] = [0, 0];
      for (const count of layerCounts().values()) {
        macs += count.macs;
        skipped += count.skipped;
      }
      return { macs, skipped };
    },
  };
}

function addCounts(target: Map<string, LayerCount>, counts: ReadonlyMap<string, LayerCount>): void {
  for (const [id, { macs, skipped }] of counts) {
    const old = target.get(id);
    target.set(id, { macs: macs + (old?.macs ?? 0), skipped: skipped + (old?.skipped ?? 0) });
  }
}

function openModel(bytes: Uint8Array, skipZeros: boolean): Base {
  const { value, diagnostics } = readModel(bytes);
  if (value === undefined) throw runFailed((diagnostics[0]?.message ?? 'it cannot be read').replace(/\.$/, ''));
  return prepare(value, createMachine(), skipZeros);
}

/** A model that runs: its programs, one per shape of the inputs. */
interface Engine {
  run(inputs: ReadonlyMap<string, RunTensor>, names: readonly string[]): ReadonlyMap<string, RunTensor>;
}

function engineOf(base: Base): Engine {
  const { graph, machine } = base;
  const programs = new Map<string, Program>();
  const start = machine.mark();
  const programFor = (shapes: ReadonlyMap<string, readonly number[]>): Program => {
    const key = [...shapes.values()].map((dims) => dims.join('x')).join(' ');
    const known = programs.get(key);
    if (known !== undefined) return known;
    if (programs.size >= maxPrograms) {
      programs.clear();
      machine.release(start);
    }
    const before = machine.mark();
    try {
      const program = makeProgram(base, shapes);
      programs.set(key, program);
      return program;
    } catch (error) {
      machine.release(before);
      if (programs.size === 0 || !(error instanceof TierwiseError) || error.code !== 'sparse-memory-exceeded') throw error;
      // Older programs may be what fills the memory.
      programs.clear();
      machine.release(start);
      return programFor(shapes);
    }
  };
  makeLikelyProgram(graph.inputs, programFor);
  let last: Program | undefined;
  return {
    run(inputs, names) {
      // Nearly always the shapes are those of the run before.
      if (last === undefined || !takes(last, inputs)) {
        // Making another one may give up the memory of this one, also when it fails.
        last = undefined;
        last = programFor(shapesOf(graph.inputs, inputs));
      }
      return runProgram(base, last, inputs, names);
    },
  };
}

/** The engine until it is closed; a closed runner holds no memory of it, however long its owner keeps the runner. */
function runnerOf({ inputs: ins, outputs: outs }: ModelGraph, engine: Engine, close: () => void): ModelRunner {
  let open: { readonly engine: Engine; readonly close: () => void } | undefined = { engine, close };
  return {
    inputs: ins.map(({ name }) => name),
    outputs: outs.map(({ name }) => name),
    run: (inputs, names) =>
      Promise.resolve().then(() => {
        if (open === undefined) throw runFailed('it is closed already');
        return open.engine.run(inputs, names);
      }),
    dispose() {
      open?.close();
      open = undefined;
      return Promise.resolve();
    },
  };
}

/** Makes the program for a batch of one ahead of time, so that what cannot be run is found when the model is opened. */
function makeLikelyProgram(inputs: readonly ValueInfo[], programFor: (shapes: ReadonlyMap<string, readonly number[]>) => Program): void {
  if (inputs.some(({ shape }) => shape === null)) return;
  try {
    programFor(new Map(inputs.map(({ name, shape }) => [name, (shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1))])));
  } catch (error) {
    // Sizes of 1 may not fit a model whose open sizes depend on each other: the real ones will tell.
    if (!(error instanceof TierwiseError) || error.code !== 'model-run-failed') throw error;
  }
}

/** Whether inputs have the shapes that a program was made for. */
function takes(program: Program, inputs: ReadonlyMap<string, RunTensor>): boolean {
  for (const [name, { dims, elements }] of program.inputs) {
    const tensor = inputs.get(name);
    if (tensor?.data.length !== elements || tensor.dims.length !== dims.length) return false;
    for (let d = 0; d < dims.length; d++) if (tensor.dims[d] !== dims[d]) return false;
  }
  return true;
}

function shapesOf(declared: readonly ValueInfo[], inputs: ReadonlyMap<string, RunTensor>): ReadonlyMap<string, readonly number[]> {
  return new Map(
    declared.map(({ name, shape }) => {
      const tensor = inputs.get(name);
      if (tensor === undefined) throw runFailed(`its input ${quoteName(name)} is not given`);
      const { dims, data } = tensor;
      const fits = shape === null || (shape.length === dims.length && shape.every((dim, d) => typeof dim !== 'number' || dim === dims[d]));
      const expected = (shape ?? []).map((dim) => dim ?? '?').join(', ');
      if (!fits) throw runFailed(`its input ${quoteName(name)} has shape [${expected}] and is given [${dims.join(', ')}]`);
      if (elementsOf(dims) !== data.length) throw runFailed(`${data.length} numbers do not fill [${dims.join(', ')}]`);
      return [name, dims];
    }),
  );
}
