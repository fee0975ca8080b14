import type { Content, LowerModule, LowerRequest, LowerResult, UpperModule, UpperRequest } from '../compound/types.ts';
import type { ModelRunner, ModelRuntime } from '../fit/index.ts';
import { assert } from '../model/error.ts';
import { encodeModel } from '../onnx/index.ts';
import { checkedValue, missingValue, partRunner } from './compound-part-runner.ts';
import type { RunPart } from './compound-part-runner.ts';
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
        return checkedValue(outputs, tail.output, rows * lower.width);
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
        const all = rows.get(context) ?? missingValue(context);
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

function joined(a: Float32Array, b: Float32Array): Float32Array {
  if (a.length === 0) return b;
  const all = new Float32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
