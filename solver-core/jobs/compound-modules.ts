import type { Content, LowerModule, LowerRequest, LowerResult, UpperModule, UpperRequest } from '../compound/types.ts';
import type { ModelRunner, ModelRuntime, RunTensor } from '../fit/index.ts';
import { TierwiseError, assert } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import { encodeModel } from '../onnx/index.ts';
import type { CompoundParts, ModulePart } from './compound-parts.ts';
import { sha256 } from './files.ts';

/** A context at work: what it is made of, and what the lower module gave for it. */
export interface WorkContext {
  readonly name: string;
  readonly content: Content;
  /** [tokens or 1, hidden width] */
  readonly hidden: Float32Array;
}

/** The modules of a compound model, open. Dispose of them in the end. */
export interface CompoundModules {
  /** Its features are the hidden values: what the cache keeps. */
  readonly lower: LowerModule;
  readonly upperVersion: string;
  readonly exitWidth: number;
  readonly upperWidth: number;
  /** What the lower exit's head reads, [rows, exit width], from hidden values. */
  exit(hidden: Float32Array): Promise<Float32Array>;
  /** The upper module on these contexts. */
  upper(contexts: readonly WorkContext[]): UpperModule;
  /** Upper features of every token (or the row) of a context, [tokens or 1, upper width]. */
  upperAll(context: WorkContext): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Beginnings of contexts whose states are kept, in tokens: what is said again often starts the same. */
const keptBeginnings = [8, 16, 32, 64, 128, 256];

/** Opens both modules. `facts`: what else a representation depends on (the vocabulary), as text. `rowShape`: dimensions of one row; [] for text. */
export async function openModules(
  parts: CompoundParts,
  runtime: ModelRuntime,
  facts: string,
  rowShape: readonly number[],
): Promise<CompoundModules> {
  const { lower, upper, tail, hidden } = parts;
  const bytes = { lower: encodeModel(lower.model), upper: encodeModel(upper.model), tail: tail === null ? null : encodeModel(tail.model) };
  const open: ModelRunner[] = [];
  const opened = async (model: Uint8Array): Promise<ModelRunner> => {
    const runner = await runtime.open(model);
    open.push(runner);
    return runner;
  };
  const dispose = async (): Promise<void> => {
    for (const runner of open) await runner.dispose();
  };
  try {
    const lowerRunner = await opened(bytes.lower);
    const upperRunner = await opened(bytes.upper);
    const tailRunner = bytes.tail === null ? null : await opened(bytes.tail);
    const lowerVersion = sha256(JSON.stringify([sha256(bytes.lower), hidden.name, facts])).slice(0, 32);
    const upperVersion = sha256(JSON.stringify([lowerVersion, sha256(bytes.upper), upper.features])).slice(0, 32);
    const runLower = partRunner(lower, lowerRunner, hidden.name, hidden.width, rowShape);
    const runUpper = partRunner(upper, upperRunner, upper.features, upper.width, rowShape);
    const upperInput = (context: WorkContext): Float32Array =>
      upper.reads === 'hidden' ? context.hidden : context.content.kind === 'row' ? context.content.values : new Float32Array(0);
    return {
      lower: { version: lowerVersion, width: hidden.width, represent: (requests) => representAll(requests, runLower, lower) },
      upperVersion,
      exitWidth: lower.width,
      upperWidth: upper.width,
      async exit(values) {
        if (tail === null || tailRunner === null) return values;
        const rows = values.length / hidden.width;
        const dims = lower.ids !== null && lower.states.length === 0 ? [1, rows, hidden.width] : [rows, hidden.width];
        const outputs = await tailRunner.run(new Map([[tail.input, { dims, data: values }]]), [tail.output]);
        return checked(outputs, tail.output, rows * lower.width);
      },
      upper: (contexts) => upperOf(contexts, upperVersion, upper.width, runUpper, upperInput),
      upperAll: async (context) => (await runUpper(idsOf(context.content), upperInput(context), 0, null)).rows,
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** What came of a run over some units (tokens, or one row). */
interface PartResult {
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
type RunPart = (ids: Int32Array, input: Float32Array, from: number, states: readonly Float32Array[] | null) => Promise<PartResult>;

function partRunner(part: ModulePart, runner: ModelRunner, value: string, width: number, rowShape: readonly number[]): RunPart {
  if (part.ids === null && part.states.length === 0 && !isText(part, rowShape)) return rowRunner(part, runner, value, width, rowShape);
  return part.states.length > 0 || isStep(part) ? stepRunner(part, runner, value, width) : parallelRunner(part, runner, value, width);
}

/** Parts that take text have no shape of rows. */
function isText(_part: ModulePart, rowShape: readonly number[]): boolean {
  return rowShape.length === 0;
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
    return { rows: checked(outputs, value, width), states: [], marks: new Map() };
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
      rows.set(checked(outputs, value, width), (t - from) * width);
      held = states.map(({ output }) => outputs.get(output) ?? missing(output));
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
    return { rows: checked(outputs, value, T * width), states: [], marks: new Map() };
  };
}

async function representAll(requests: readonly LowerRequest[], run: RunPart, part: ModulePart): Promise<readonly LowerResult[]> {
  const results: LowerResult[] = [];
  for (const { content, known } of requests) {
    const ids = idsOf(content);
    const from = part.states.length === 0 ? 0 : (known?.tokens ?? 0);
    const source = content.kind === 'row' ? content.values : new Float32Array(0);
    const { rows, states, marks } = await run(ids, source, from, from === 0 ? null : (known?.representation.states ?? null));
    const features = joined(from === 0 ? new Float32Array(0) : (known?.representation.features ?? new Float32Array(0)), rows);
    const width = features.length / Math.max(1, ids.length);
    const beginnings = [...marks]
      .filter(([tokens]) => tokens < ids.length)
      .map(([tokens, kept]) => ({ tokens, representation: { features: features.slice(0, tokens * width), states: kept } }));
    results.push({ features, states, computed: content.kind === 'row' ? 1 : ids.length - from, beginnings });
  }
  return results;
}

function upperOf(
  contexts: readonly WorkContext[],
  version: string,
  width: number,
  run: RunPart,
  inputOf: (context: WorkContext) => Float32Array,
): UpperModule {
  const byName = new Map(contexts.map((context) => [context.name, context]));
  return {
    version,
    width,
    async represent(requests: readonly UpperRequest[]) {
      const answer = new Float32Array(requests.length * width);
      // The furthest token of each context that is asked for: one run gives all rows up to it.
      const upTo = new Map<string, number>();
      for (const { context, to } of requests) upTo.set(context, Math.max(upTo.get(context) ?? 0, to));
      const rows = new Map<string, Float32Array>();
      for (const [name, to] of upTo) {
        const context = byName.get(name);
        assert(context !== undefined, `no context ${name} in this batch`);
        const ids = idsOf(context.content);
        const input = inputOf(context);
        const part = ids.length === 0 ? input : input.subarray(0, (input.length / ids.length) * to);
        rows.set(name, (await run(ids.subarray(0, to), part, 0, null)).rows);
      }
      requests.forEach(({ context, to }, i) => {
        const all = rows.get(context) ?? missing(context);
        const at = all.length === width ? 0 : (to - 1) * width;
        answer.set(all.subarray(at, at + width), i * width);
      });
      return answer;
    },
  };
}

/** The tokens of a content; none for a row. */
function idsOf(content: Content): Int32Array {
  return content.kind === 'tokens' ? content.tokens : new Int32Array(0);
}

function checked(outputs: ReadonlyMap<string, RunTensor>, name: string, elements: number): Float32Array {
  const { data, dims } = outputs.get(name) ?? missing(name);
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

function missing(name: string): never {
  throw new TierwiseError('model-run-failed', `the model gave no value ${quoteName(name)}`, 'Check the model with `tierwise inspect`.');
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  if (a.length === 0) return b;
  const all = new Float32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
