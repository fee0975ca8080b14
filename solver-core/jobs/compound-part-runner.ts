import type { ModelRunner, RunTensor } from '../fit/index.ts';
import { TierwiseError } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import type { ModulePart } from './compound-parts.ts';

/** Beginnings of contexts whose states are kept, in tokens: what is said again often starts the same. */
const keptBeginnings = [8, 16, 32, 64, 128, 256];

/** What came of a run over some units (tokens, or one row). */
export interface PartResult {
  /** [units, width] */
  readonly rows: Float32Array;
  readonly states: readonly Float32Array[];
  /** States after so many units, counted from the beginning of the context. */
  readonly marks: ReadonlyMap<number, readonly Float32Array[]>;
}

/**
 * Runs a part on a context from unit `from` on: `ids` the tokens of the whole context (empty: rows), `input` its other input for the whole
 * context. `states`: where to go on; null: zeros.
 */
export type RunPart = (ids: Int32Array, input: Float32Array, from: number, states: readonly Float32Array[] | null) => Promise<PartResult>;

/** Runs a part as what it is: on rows, token by token with its states, or on whole windows. */
export function partRunner(part: ModulePart, runner: ModelRunner, value: string, width: number, rowShape: readonly number[]): RunPart {
  if (part.ids === null && part.states.length === 0 && rowShape.length > 0) return rowRunner(part, runner, value, width, rowShape);
  return part.states.length > 0 || isStep(part) ? stepRunner(part, runner, value, width) : parallelRunner(part, runner, value, width);
}

/** A part that takes one token at a time: ids [batch], or hidden values [batch, width]. */
function isStep({ input, ids }: ModulePart): boolean {
  const rank = input.shape?.length;
  return ids === input.name ? rank === 1 : rank === 2;
}

function rowRunner(part: ModulePart, runner: ModelRunner, value: string, width: number, rowShape: readonly number[]): RunPart {
  const inner = part.reads === 'source' ? rowShape : (part.input.shape ?? []).slice(1).map(Number);
  return async (_ids, input) => {
    // One row per run: the bits of a result never depend on its neighbours.
    const outputs = await runner.run(new Map([[part.input.name, { dims: [1, ...inner], data: input }]]), [value]);
    return { rows: checkedValue(outputs, value, width), states: [], marks: new Map() };
  };
}

function stepRunner(part: ModulePart, runner: ModelRunner, value: string, width: number): RunPart {
  const { input, states } = part;
  const names = [value, ...states.map(({ output }) => output)];
  return async (ids, hidden, from, start) => {
    const units = ids.length - from;
    const rows = new Float32Array(units * width);
    const marks = new Map<number, readonly Float32Array[]>();
    let held = states.map(({ shape }, i): RunTensor => {
      const dims = shape.map((dim) => dim ?? 1);
      return { dims, data: start?.[i] ?? new Float32Array(dims.reduce((a, b) => a * b, 1)) };
    });
    const inputWidth = hidden.length / ids.length;
    for (let t = from; t < ids.length; t++) {
      const own: RunTensor =
        part.ids === input.name
          ? { dims: [1], data: Float32Array.of(ids[t]!) }
          : { dims: [1, inputWidth], data: hidden.slice(t * inputWidth, (t + 1) * inputWidth) };
      const feeds = new Map<string, RunTensor>([[input.name, own]]);
      states.forEach(({ input: name }, i) => feeds.set(name, held[i]!));
      if (part.ids !== null && part.ids !== input.name) feeds.set(part.ids, { dims: [1], data: Float32Array.of(ids[t]!) });
      const outputs = await runner.run(feeds, names);
      rows.set(checkedValue(outputs, value, width), (t - from) * width);
      held = states.map(({ output }) => outputs.get(output) ?? missingValue(output));
      if (keptBeginnings.includes(t + 1))
        marks.set(
          t + 1,
          held.map(({ data }) => data.slice()),
        );
    }
    return { rows, states: held.map(({ data }) => data), marks };
  };
}

function parallelRunner(part: ModulePart, runner: ModelRunner, value: string, width: number): RunPart {
  return async (ids, hidden) => {
    const T = ids.length;
    const feeds = new Map<string, RunTensor>();
    if (part.ids !== null) feeds.set(part.ids, { dims: [1, T], data: Float32Array.from(ids) });
    if (part.ids !== part.input.name) feeds.set(part.input.name, { dims: [1, T, hidden.length / T], data: hidden });
    const outputs = await runner.run(feeds, [value]);
    return { rows: checkedValue(outputs, value, T * width), states: [], marks: new Map() };
  };
}

/** The numbers of a value that a model gave. Throws `layer-not-per-sample`, `features-not-finite`, `model-run-failed`. */
export function checkedValue(outputs: ReadonlyMap<string, RunTensor>, name: string, elements: number): Float32Array {
  const { data, dims } = outputs.get(name) ?? missingValue(name);
  if (data.length !== elements)
    throw new TierwiseError(
      'layer-not-per-sample',
      `the value ${quoteName(name)} has shape [${dims.join(', ')}], ${data.length} numbers where ${elements} were expected`,
      'A module gives one vector per token or row; choose another cut.',
    );
  const bad = data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new TierwiseError(
      'features-not-finite',
      `the model gives ${data[bad]} in ${quoteName(name)}`,
      'Check the data for values far outside of what the model was made for.',
    );
  return data;
}

/** Throws that a model gave no such value. */
export function missingValue(name: string): never {
  throw new TierwiseError('model-run-failed', `the model gave no value ${quoteName(name)}`, 'Check the model with `tierwise inspect`.');
}
