import type { StreamState } from '../compound/types.ts';
import type { ModelRuntime, RunTensor } from '../fit/index.ts';
import { TierwiseError } from '../model/error.ts';
import { encodeModel, keepInputs, scoresName, withGraphOutputs, withMetadata, withScores } from '../onnx/index.ts';
import type { HeadReading, OnnxModel } from '../onnx/index.ts';
import type { Reading } from './compound-batch.ts';
import { pooledRow } from './compound-pool.ts';
import type { CompoundModules } from './compound-modules.ts';
import { lowerWithTail } from './compound-parts.ts';
import type { CompoundParts, ModulePart } from './compound-parts.ts';
import type { SourceContext } from './compound-contexts.ts';
import { readModel } from '../onnx/index.ts';

/** The two modules with their heads, as files. */
export interface WrittenModules {
  readonly lower: Uint8Array;
  readonly upper: Uint8Array;
}

/**
 * Both modules as ONNX, each with the head of its exit (output `tierwise_scores`) where there is one. The lower one also gives the value
 * that the upper one reads, and each its own states. Temperature, threshold and class names are metadata. Nothing that changes from run to run is in them.
 */
export async function writtenModules(
  parts: CompoundParts,
  state: StreamState,
  reading: Reading,
  names: readonly string[] | null,
): Promise<WrittenModules> {
  const below = lowerWithTail(parts);
  const lower = await withHeadOf(below.model, below.features, parts.lower, state.lower.learner, reading);
  const upper = await withHeadOf(withoutUnread(parts.upper), parts.upper.features, parts.upper, state.upper.learner, reading);
  const facts = (module: 'lower' | 'upper'): Record<string, string> => ({
    'tierwise.compound.module': `${module}: ${parts[module].name}`,
    'tierwise.compound.temperature': String(state[module].temperature),
    'tierwise.compound.threshold': String(state.threshold),
    'tierwise.compound.version': state.versions[module],
    ...(names === null ? {} : { 'tierwise.compound.classes': JSON.stringify(names) }),
  });
  return {
    lower: encodeModel(withMetadata(withGraphOutputs(lower, [parts.hidden.name]), facts('lower'))),
    upper: encodeModel(withMetadata(upper, facts('upper'))),
  };
}

/** The upper module asks only for what it reads. */
function withoutUnread({ model, input, ids, states }: ModulePart): OnnxModel {
  return keepInputs(model, [input.name, ...(ids === null ? [] : [ids]), ...states.map((state) => state.input)]);
}

async function withHeadOf(
  model: OnnxModel,
  features: string,
  part: ModulePart,
  learner: StreamState['lower']['learner'],
  reading: Reading,
): Promise<OnnxModel> {
  if (learner.outputs === 0) return model;
  const learned = await learner.weights();
  if (learned.kind !== 'head' || learned.head.expansion !== null)
    throw new TierwiseError('head-not-plain', 'the head of an exit is no dense layer', 'Use `learn rls` or `learn adam`.');
  return withScores(model, features, learned.head, readingOf(part, reading));
}

function readingOf({ ids, states }: ModulePart, reading: Reading): HeadReading {
  const isRow = ids === null && states.length === 0 && reading === 'each';
  if (reading === 'each') return isRow ? 'flat' : 'rows';
  return states.length > 0 ? 'running' : 'mean-and-last';
}

/** Scores of a written pair on one context, through the runtime alone: what anybody who opens the files gets. */
export interface FileScores {
  /** [tokens or 1, outputs] of the last token for running heads at every token so far. */
  readonly lower: Float32Array;
  readonly upper: Float32Array;
}

/** Opens the written files and runs them on contexts. Rejects with `model-run-failed` when the runtime takes one of them not. */
async function runWritten(
  files: WrittenModules,
  parts: CompoundParts,
  runtime: ModelRuntime,
  contexts: readonly SourceContext[],
  rowShape: readonly number[],
): Promise<readonly FileScores[]> {
  const lower = await runtime.open(files.lower);
  const upper = await runtime.open(files.upper);
  try {
    const results: FileScores[] = [];
    for (const { content } of contexts) {
      const ids = content.kind === 'tokens' ? content.tokens : null;
      const below = await runFile(
        lower,
        files.lower,
        parts.lower,
        ids,
        content.kind === 'row' ? { dims: [1, ...rowShape], data: content.values } : null,
        parts.hidden.name,
      );
      const source =
        parts.upper.reads === 'hidden' ? below.hidden : content.kind === 'row' ? { dims: [1, ...rowShape], data: content.values } : null;
      const above = await runFile(upper, files.upper, parts.upper, ids, source, null);
      results.push({ lower: below.scores, upper: above.scores });
    }
    return results;
  } finally {
    await lower.dispose();
    await upper.dispose();
  }
}

async function runFile(
  runner: Awaited<ReturnType<ModelRuntime['open']>>,
  bytes: Uint8Array,
  part: ModulePart,
  ids: Int32Array | null,
  source: RunTensor | null,
  hidden: string | null,
): Promise<{ readonly scores: Float32Array; readonly hidden: RunTensor | null }> {
  const hasScores = runner.outputs.includes(scoresName);
  const asked = [...(hasScores ? [scoresName] : []), ...(hidden === null ? [] : [hidden])];
  const rank = part.input.shape?.length;
  const isStep = ids !== null && (part.states.length > 0 || (part.ids === part.input.name ? rank === 1 : rank === 2));
  if (!isStep) {
    const feeds = new Map<string, RunTensor>();
    if (ids !== null && part.ids !== null) feeds.set(part.ids, { dims: [1, ids.length], data: Float32Array.from(ids) });
    if (source !== null && part.input.name !== part.ids) feeds.set(part.input.name, source);
    const outputs = await runner.run(feeds, asked);
    return { scores: outputs.get(scoresName)?.data ?? new Float32Array(0), hidden: hidden === null ? null : (outputs.get(hidden) ?? null) };
  }
  return runSteps(runner, bytes, part, ids, source, { asked, hidden });
}

async function runSteps(
  runner: Awaited<ReturnType<ModelRuntime['open']>>,
  bytes: Uint8Array,
  part: ModulePart,
  ids: Int32Array,
  source: RunTensor | null,
  { asked, hidden }: { readonly asked: readonly string[]; readonly hidden: string | null },
): Promise<{ readonly scores: Float32Array; readonly hidden: RunTensor | null }> {
  const { value } = readModel(bytes);
  const own = new Map((value?.graph.inputs ?? []).map(({ name, shape }) => [name, shape ?? []]));
  const pairs = [
    ...part.states.map(({ input, output }) => [input, output] as const),
    ['tierwise_sum', 'new_tierwise_sum'] as const,
    ['tierwise_count', 'new_tierwise_count'] as const,
  ].filter(([input]) => own.has(input));
  let held = pairs.map(([input]): RunTensor => {
    const dims = (own.get(input) ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
    return { dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) };
  });
  const width = source === null ? 0 : source.data.length / ids.length;
  const scores: Float32Array[] = [];
  const values: Float32Array[] = [];
  for (let t = 0; t < ids.length; t++) {
    const feeds = new Map<string, RunTensor>();
    if (part.ids !== null) feeds.set(part.ids, { dims: [1], data: Float32Array.of(ids[t]!) });
    if (source !== null && part.input.name !== part.ids)
      feeds.set(part.input.name, { dims: [1, width], data: source.data.slice(t * width, (t + 1) * width) });
    pairs.forEach(([input], i) => feeds.set(input, held[i]!));
    const outputs = await runner.run(feeds, [...asked, ...pairs.map(([, output]) => output)]);
    scores.push(outputs.get(scoresName)?.data ?? new Float32Array(0));
    if (hidden !== null) values.push(outputs.get(hidden)?.data ?? new Float32Array(0));
    held = pairs.map(([, output], i) => outputs.get(output) ?? held[i]!);
  }
  const flat = (rows: readonly Float32Array[]): Float32Array => {
    const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
    rows.reduce((at, row) => (all.set(row, at), at + row.length), 0);
    return all;
  };
  return {
    scores: flat(scores),
    hidden: hidden === null ? null : { dims: [ids.length, flat(values).length / ids.length], data: flat(values) },
  };
}

/** What the written files are checked with. */
export interface CheckTools {
  readonly parts: CompoundParts;
  readonly modules: CompoundModules;
  readonly runtime: ModelRuntime;
  readonly state: StreamState;
  readonly reading: Reading;
  readonly rowShape: readonly number[];
}

/** Scores closer than this share of the largest are too close to tell apart: sums of float32 products in another order differ by less. */
const tieShare = 1e-5;
/** Contexts of the last batch that are run again. */
const checkedContexts = 4;

/**
 * Opens the written files in the runtime and compares what they predict with what this process predicts by the same heads, at both exits.
 * Rejects with `model-run-failed` when a file does not open, and `compound-files-differ` when a prediction is another one.
 */
export async function checkWritten(files: WrittenModules, tools: CheckTools, contexts: readonly SourceContext[]): Promise<void> {
  const { parts, modules, runtime, state, reading, rowShape } = tools;
  const chosen = contexts.slice(-checkedContexts);
  const found = await runWritten(files, parts, runtime, chosen, rowShape);
  for (const [i, { name, content }] of chosen.entries()) {
    const [represented] = await modules.lower.represent([{ content, known: null }]);
    const hidden = represented?.features ?? new Float32Array(0);
    const units = content.kind === 'tokens' ? content.tokens.length : 1;
    const rowsOf = (values: Float32Array): Float32Array => (reading === 'pooled' ? pooledRow(values, units) : values);
    const below = rowsOf(await modules.exit(hidden));
    const above = rowsOf(await modules.upperAll({ name, content, hidden }));
    await requireSame(state.lower.learner, below, found[i]!.lower, 'lower');
    await requireSame(state.upper.learner, above, found[i]!.upper, 'upper');
  }
}

async function requireSame(learner: StreamState['lower']['learner'], x: Float32Array, file: Float32Array, exit: string): Promise<void> {
  const { outputs } = learner;
  if (outputs === 0) return;
  const rows = Math.max(1, Math.round(x.length / (await widthOf(learner))));
  const own = await learner.scores({ rows, x, labels: { kind: 'class', values: new Int32Array(rows), classes: 0 } });
  // A running head scores after every token; the last one has read all.
  const from = file.length - own.length;
  for (let r = 0; r < rows; r++) {
    const [mine, theirs] = [own.subarray(r * outputs, (r + 1) * outputs), file.subarray(from + r * outputs, from + (r + 1) * outputs)];
    const [a, b] = [largest(mine), largest(theirs)];
    const scale = Math.max(...mine.map(Math.abs), Number.MIN_VALUE);
    if (a === b || Math.abs(mine[a]! - mine[b]!) <= tieShare * scale) continue;
    throw new TierwiseError(
      'compound-files-differ',
      `the written ${exit} module predicts class ${b} where this run predicts ${a}; nothing was written`,
      'This is a defect; please report it with the plan.',
    );
  }
}

async function widthOf(learner: StreamState['lower']['learner']): Promise<number> {
  const learned = await learner.weights();
  return learned.kind === 'head' ? learned.head.w.length / learned.head.outputs : 1;
}

function largest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
