import type { ModelRunner, ModelRuntime, RunTensor } from '../fit/model-runner.ts';
import { assert } from '../model/error.ts';
import { encodeModel, readModel, withGraphOutputs } from '../onnx/index.ts';
import type { TokenModel } from './token-model.ts';
import { spreadRows } from './token-rows.ts';

/** Tokens that a parallel model takes in one run, and windows of a step model; fixed, so that results do not depend on how many there are. */
const tokensPerRun = 4096;
const windowsPerStep = 256;

/** A language model that runs on windows of tokens. */
export interface TokenRunner {
  /**
   * Runs windows of equal length, [n, tokens] row-major, states zero at their start. Logits at every position, [n * tokens, vocabulary],
   * and of each asked inner value its last dimension at every position, [n * tokens, channels]. The values that may be asked are those
   * the runner was opened with; default: all of them. `scores` false: the logits stay behind, and an empty array comes in their place.
   */
  run(
    windows: Int32Array,
    tokens: number,
    extra?: readonly string[],
    scores?: boolean,
  ): Promise<{ readonly logits: Float32Array; readonly values: ReadonlyMap<string, Float32Array> }>;
  dispose(): Promise<void>;
}

/**
 * Opens a language model on a runtime. `model`: its bytes; `extra`: inner values that it shall give too, each with one row per token.
 * Rejects as the runtime does (`model-run-failed`, `runtime-unavailable`).
 */
export async function openTokenRunner(
  runtime: ModelRuntime,
  model: Uint8Array,
  token: TokenModel,
  extra: readonly string[] = [],
): Promise<TokenRunner> {
  const runner = await runtime.open(extra.length === 0 ? model : withOutputs(model, extra));
  return {
    async run(windows, tokens, asked = extra, scores = true) {
      assert(tokens >= 1 && windows.length % tokens === 0, `${windows.length} ids are no windows of ${tokens}`);
      assert(
        token.contextLimit === null || tokens <= token.contextLimit,
        `windows of ${tokens} tokens, the model takes ${token.contextLimit}`,
      );
      const n = windows.length / tokens;
      const result = new Results(n * tokens, scores ? [token.logits, ...asked] : asked);
      assert(
        token.exactContext !== true || tokens === token.contextLimit,
        `windows of ${tokens} tokens, the model takes ${token.contextLimit}`,
      );
      const size = token.batch ?? (token.kind === 'step' ? windowsPerStep : Math.max(1, Math.floor(tokensPerRun / tokens)));
      for (let first = 0; first < n; first += size) {
        const part = { first, count: Math.min(size, n - first), tokens, windows };
        if (token.kind === 'step') await runSteps(runner, token, part, result);
        else await runWhole(runner, token, part, result);
      }
      return result.taken(token.logits, asked);
    },
    dispose: () => runner.dispose(),
  };
}

function withOutputs(bytes: Uint8Array, extra: readonly string[]): Uint8Array {
  const { value } = readModel(bytes);
  assert(value !== undefined, 'the model was read before');
  return encodeModel(withGraphOutputs(value, extra));
}

/** Some windows of a run. */
interface Part {
  readonly first: number;
  readonly count: number;
  readonly tokens: number;
  readonly windows: Int32Array;
}

async function runWhole(runner: ModelRunner, token: TokenModel, { first, count, tokens, windows }: Part, result: Results): Promise<void> {
  const batch = token.batch ?? count;
  const data = new Float32Array(batch * tokens);
  data.set(windows.subarray(first * tokens, (first + count) * tokens));
  const outputs = await runner.run(new Map([[token.ids, { dims: [batch, tokens], data }]]), result.names);
  for (const name of result.names)
    result.put(name, firstRows(given(outputs, name), count, batch), { rows: count * tokens, first: first * tokens, stride: 1 });
}

async function runSteps(runner: ModelRunner, token: TokenModel, { first, count, tokens, windows }: Part, result: Results): Promise<void> {
  const batch = token.batch ?? count;
  const feeds = new Map<string, RunTensor>(
    token.states.map(({ input, shape }) => {
      const dims = shape.map((dim) => dim ?? batch);
      return [input, { dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) }];
    }),
  );
  const names = [...new Set([...result.names, ...token.states.map(({ output }) => output)])];
  const ids = new Float32Array(batch);
  feeds.set(token.ids, { dims: [batch], data: ids });
  for (let t = 0; t < tokens; t++) {
    for (let w = 0; w < count; w++) ids[w] = windows[(first + w) * tokens + t]!;
    const outputs = await runner.run(feeds, names);
    for (const name of result.names)
      result.put(name, firstRows(given(outputs, name), count, batch), { rows: count, first: first * tokens + t, stride: tokens });
    for (const { input, output } of token.states) feeds.set(input, given(outputs, output));
  }
}

/** The part of a batch that holds windows; a model with a fixed batch may get fewer of them than it takes. */
function firstRows({ dims, data }: RunTensor, count: number, batch: number): RunTensor {
  return count === batch ? { dims, data } : { dims, data: data.subarray(0, (data.length / batch) * count) };
}

function given(outputs: ReadonlyMap<string, RunTensor>, name: string): RunTensor {
  const tensor = outputs.get(name);
  assert(tensor !== undefined, `no value ${name}`);
  return tensor;
}

/** One row per token of every asked value, in the order of windows. */
class Results {
  readonly names: readonly string[];
  private readonly rows: number;
  private readonly arrays = new Map<string, Float32Array>();

  constructor(rows: number, names: readonly string[]) {
    this.rows = rows;
    this.names = [...new Set(names)];
  }

  /** Row i goes to row first + i * stride. */
  put(name: string, { dims, data }: RunTensor, { rows, first, stride }: { rows: number; first: number; stride: number }): void {
    assert(rows > 0 && data.length % rows === 0, `value ${name} of shape [${dims.join(', ')}] has no row for each of ${rows} tokens`);
    const width = data.length / rows;
    let array = this.arrays.get(name);
    if (array === undefined) this.arrays.set(name, (array = new Float32Array(this.rows * width)));
    spreadRows(data, width, array, first, stride);
  }

  taken(logits: string, asked: readonly string[]): { readonly logits: Float32Array; readonly values: ReadonlyMap<string, Float32Array> } {
    const values = new Map(this.arrays);
    const scores = values.get(logits) ?? new Float32Array(0);
    // Whoever asks for the scores as an inner value gets them as such.
    if (!asked.includes(logits)) values.delete(logits);
    return { logits: scores, values };
  }
}
