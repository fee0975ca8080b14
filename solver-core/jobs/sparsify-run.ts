import type { RowsKind } from '../compress/sparsify/types.ts';
import { inputBatches } from '../fit/activations.ts';
import type { LabelledRows, ModelRunner, ModelRuntime } from '../fit/index.ts';
import { createRandom } from '../fit/prng.ts';
import { assert } from '../model/error.ts';
import { encodeModel, readModel, withGraphOutputs } from '../onnx/index.ts';
import type { SearchRequest, SearchRows } from './sparsify-search.ts';
import { textLoss, textWindows, type TextWindows } from './text-loss.ts';
import { openTokenRunner } from './token-runner.ts';

/** Tokens that steer and that decide, at most: the standard error of a paired difference is then a few hundredths of a percent. */
const mostTokens = { calibration: 2 ** 14, deciding: 2 ** 16 } as const;
/** Of a long text an eighth steers, up to this: corrections made from more rows lose a sixth less, for twice the time. */
const mostOfLongText = 2 ** 15;
/** The last part of the text decides, so that it shares no passage with the rest. */
const decidingPart = 0.2;
/** Numbers of inner values that one chunk may hold, and windows that it has at most. */
const maxNumbers = 2 ** 24;
const maxWindows = 64;

/** A model's bytes with the values that are asked of it. */
export interface AskedModel {
  readonly model: Uint8Array;
  readonly names: readonly string[];
}

/** Runs changed models on the rows of a request. */
export interface RowsRunner {
  /** Tokens or rows. */
  readonly rows: { readonly calibration: number; readonly deciding: number };
  /** The windows of a text that steer; null for rows. */
  readonly calibration: TextWindows | null;
  /** Loss per token or row, and the mean of each extra output (which has one number per token or row). */
  losses(
    model: Uint8Array,
    rows: RowsKind,
    extra: readonly string[],
  ): Promise<{ readonly losses: Float64Array; readonly means: ReadonlyMap<string, number> }>;
  /** Inner values of several models on the same calibration rows, chunk by chunk, channels last. */
  values(asked: readonly AskedModel[], share: number): AsyncIterable<readonly ReadonlyMap<string, Float32Array>[]>;
  dispose(): Promise<void>;
}

/** A runner for the rows of a request. */
export function openRowsRunner({ rows, runtime, seed }: Pick<SearchRequest, 'rows' | 'runtime' | 'seed'>): RowsRunner {
  return rows.kind === 'text' ? textRunner(rows, runtime, seed) : dataRunner(rows, runtime);
}

function textRunner({ token, ids, context }: Extract<SearchRows, { kind: 'text' }>, runtime: ModelRuntime, seed: number): RowsRunner {
  const border = Math.floor(ids.length * (1 - decidingPart));
  const steering = Math.min(mostOfLongText, Math.max(mostTokens.calibration, Math.floor(border / 8)));
  const parts = {
    calibration: someWindows(ids, context, 0, border, steering, seed),
    deciding: someWindows(ids, context, border, ids.length, mostTokens.deciding, seed),
  };
  return {
    rows: { calibration: parts.calibration.targets.length, deciding: parts.deciding.targets.length },
    calibration: parts.calibration,
    dispose: () => Promise.resolve(),
    async losses(model, rows, extra) {
      const { windows, targets, tokens } = parts[rows];
      const runner = await openTokenRunner(runtime, model, token, []);
      try {
        const { logits, values } = await runner.run(windows, tokens, extra);
        const means = new Map([...values].map(([name, data]) => [name, meanOf(data)]));
        return { losses: textLoss(logits, token.vocabulary, targets).losses, means };
      } finally {
        await runner.dispose();
      }
    },
    async *values(asked, share) {
      const { windows, tokens } = parts.calibration;
      const count = Math.max(1, Math.round((windows.length / tokens) * share));
      const runners = [];
      try {
        for (const { model, names } of asked) runners.push(await openTokenRunner(runtime, model, token, names));
        for (let first = 0; first < count;) {
          const size = Math.min(count - first, chunkWindows(asked));
          const chunk = windows.subarray(first * tokens, (first + size) * tokens);
          const results = [];
          for (const [i, runner] of runners.entries()) results.push((await runner.run(chunk, tokens, asked[i]?.names ?? [], false)).values);
          yield results;
          first += size;
        }
      } finally {
        for (const runner of runners) await runner.dispose();
      }
    },
  };
}

/** Mean, summed in double precision from the first number to the last. */
export function meanOf(data: Float32Array): number {
  let sum = 0;
  for (const value of data) sum += value;
  return sum / data.length;
}

/** Windows of a chunk: few where many values are asked, so that a chunk of usual models stays below some 64 MB. */
function chunkWindows(asked: readonly AskedModel[]): number {
  const names = asked.reduce((sum, { names: own }) => sum + own.length, 0);
  return Math.max(4, Math.min(maxWindows, Math.floor(maxNumbers / 2 ** 15 / Math.max(1, names))));
}

/** At most so many tokens in windows that do not overlap, drawn without returning, in the order of the text. */
function someWindows(ids: Int32Array, context: number, first: number, end: number, tokens: number, seed: number): TextWindows {
  const count = Math.max(0, Math.floor((end - first - 1) / context));
  const wanted = Math.min(count, Math.max(1, Math.floor(tokens / context)));
  const order = Array.from({ length: count }, (_, i) => i);
  const random = createRandom(seed, 'sparsify-windows');
  for (let i = 0; i < wanted; i++) {
    const j = i + random.below(count - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const starts = order
    .slice(0, wanted)
    .sort((a, b) => a - b)
    .map((window) => first + window * context);
  return textWindows(ids, context, first, end, starts);
}

function dataRunner({ input, output, calibration, deciding }: Extract<SearchRows, { kind: 'rows' }>, runtime: ModelRuntime): RowsRunner {
  const parts = { calibration, deciding };
  return {
    rows: { calibration: calibration.rows, deciding: deciding.rows },
    calibration: null,
    dispose: () => Promise.resolve(),
    async losses(model, rows, extra) {
      const data = parts[rows];
      const names = [output, ...extra];
      const losses = new Float64Array(data.rows);
      const sums = new Map(extra.map((name) => [name, 0]));
      const runner = await openWith(runtime, model, names);
      try {
        for await (const { first, count, tensor } of inputBatches(data, input)) {
          const results = await runner.run(new Map([[input.name, tensor]]), names);
          const filled = tensor.dims[0] ?? count;
          const part = (name: string): Float32Array => {
            const all = results.get(name)?.data ?? new Float32Array(0);
            return all.subarray(0, (all.length / filled) * count);
          };
          losses.set(rowLosses(part(output), data, first, count), first);
          for (const name of extra) {
            const shares = part(name);
            sums.set(name, (sums.get(name) ?? 0) + (shares.reduce((a, b) => a + b, 0) / Math.max(1, shares.length)) * count);
          }
        }
      } finally {
        await runner.dispose();
      }
      return { losses, means: new Map([...sums].map(([name, sum]) => [name, sum / data.rows])) };
    },
    async *values(asked, share) {
      const wanted = Math.max(1, Math.round(calibration.rows * share));
      const runners: ModelRunner[] = [];
      try {
        for (const { model, names } of asked) runners.push(await openWith(runtime, model, names));
        for await (const { first, count, tensor } of inputBatches(calibration, input)) {
          if (first >= wanted) break;
          const results = [];
          for (const [i, runner] of runners.entries()) {
            const names = asked[i]?.names ?? [];
            const outputs = await runner.run(new Map([[input.name, tensor]]), names);
            results.push(new Map(names.map((name) => [name, channelsLast(outputs.get(name), count)])));
          }
          yield results;
        }
      } finally {
        for (const runner of runners) await runner.dispose();
      }
    },
  };
}

async function openWith(runtime: ModelRuntime, bytes: Uint8Array, names: readonly string[]): Promise<ModelRunner> {
  const { value } = readModel(bytes);
  assert(value !== undefined, 'the model was read before');
  return await runtime.open(encodeModel(withGraphOutputs(value, names)));
}

/** The first `count` rows; of [batch, channels, ...positions] one row per position. */
function channelsLast(value: { readonly dims: readonly number[]; readonly data: Float32Array } | undefined, count: number): Float32Array {
  assert(value !== undefined, 'the runner gave every value');
  const { dims, data } = value;
  const [batch = 1, channels = 1, ...rest] = dims;
  const own = data.subarray(0, (data.length / batch) * count);
  // Values of convolutions have four dimensions or, of one-dimensional ones, three, which text models do not have here.
  if (rest.length < 2) return own;
  const positions = rest.reduce((a, b) => a * b, 1);
  const result = new Float32Array(own.length);
  for (let row = 0; row < count; row++)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < positions; p++) result[(row * positions + p) * channels + c] = own[(row * channels + c) * positions + p]!;
  return result;
}

/** Per row: cross-entropy for classes, mean squared error per output otherwise. */
function rowLosses(scores: Float32Array, { labels }: LabelledRows, first: number, count: number): Float64Array {
  const width = scores.length / count;
  if (labels.kind === 'class' && width > 1) return textLoss(scores, width, labels.values.subarray(first, first + count)).losses;
  const losses = new Float64Array(count);
  for (let row = 0; row < count; row++)
    for (let o = 0; o < width; o++)
      losses[row] = losses[row]! + (scores[row * width + o]! - labels.values[(first + row) * width + o]!) ** 2 / width;
  return losses;
}
