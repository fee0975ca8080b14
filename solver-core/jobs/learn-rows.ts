import { createHash } from 'node:crypto';
import { modelOutputs } from '../fit/activations.ts';
import { rowBatches, rowElements } from '../fit/index.ts';
import type { FitRows, LabelledRows, ModelInput, ModelRunner, ModelRuntime, RowLabels, SolveContext } from '../fit/index.ts';
import type { LearnRows } from '../learn/learner.ts';
import { TierwiseError } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import { sliceLabels } from './learn-labels.ts';

/** The part of the model below the upper tier: it turns rows of data into rows that a learner sees. */
export interface LowerPart {
  /** The encoded part; null where the upper tier reads the model's input itself. */
  readonly bytes: Uint8Array | null;
  readonly input: ModelInput;
  /** Name of the value that enters the upper tier, and its elements per sample. */
  readonly value: string;
  readonly width: number;
}

/** Rows as a learner sees them, with a fingerprint of what they came from. */
export interface SeenRows {
  readonly rows: LearnRows;
  /** [rows] whole numbers below 2^52: the same input and label give the same one on every machine. */
  readonly prints: Float64Array;
}

/** Runs the lower part. Dispose of it in the end. */
export interface LowerRunner {
  /** What enters the upper tier for these rows. Rejects with `features-not-finite`, `layer-not-per-sample`. */
  run(data: LabelledRows, context: SolveContext): Promise<SeenRows>;
  dispose(): Promise<void>;
}

export async function openLower(part: LowerPart, runtime: ModelRuntime): Promise<LowerRunner> {
  const runner = part.bytes === null ? null : await runtime.open(part.bytes);
  return {
    async run(data, context) {
      const x = runner === null ? new Float32Array(data.x) : await collect(part, runner, data, context);
      requireUsable(part, x, data.rows);
      return { rows: { rows: data.rows, x, labels: data.labels }, prints: fingerprints(data) };
    },
    dispose: async () => runner?.dispose(),
  };
}

/** All rows in order, `size` at a time, each batch a copy in memory with its own labels. `labels` replace those of the data. */
export async function* labelledBatches(
  data: FitRows,
  labels: RowLabels,
  size: number,
): AsyncGenerator<LabelledRows & { readonly first: number }> {
  for await (const { first, rows, x } of rowBatches(data, size))
    yield { first, rows, inputShape: data.inputShape, x: x.slice(0, rows * rowElements(data)), labels: sliceLabels(labels, first, rows) };
}

async function collect(part: LowerPart, runner: ModelRunner, data: LabelledRows, context: SolveContext): Promise<Float32Array> {
  const x = new Float32Array(data.rows * part.width);
  for await (const { first, count, tensor } of modelOutputs(runner, data, part.input, part.value, context)) {
    if (tensor.data.length !== count * part.width)
      throw new TierwiseError(
        'layer-not-per-sample',
        `the value ${quoteName(part.value)} has ${tensor.data.length / count} numbers per sample, the upper tier takes ${part.width}`,
        'An upper tier learns where each sample enters it as one row.',
      );
    x.set(tensor.data, first * part.width);
  }
  return x;
}

function requireUsable(part: LowerPart, x: Float32Array, rows: number): void {
  const bad = x.findIndex((v) => !Number.isFinite(v));
  if (bad < 0) return;
  throw new TierwiseError(
    'features-not-finite',
    `the model gives ${x[bad]} in ${quoteName(part.value)} for row ${Math.floor((bad / x.length) * rows)} of a batch`,
    'Check the data for values far outside of what the model was made for.',
  );
}

/** 52 bits of SHA-256 over a row's float32 input and its label. */
function fingerprints({ rows, x, labels }: LabelledRows): Float64Array {
  const width = x.length / Math.max(1, rows);
  return Float64Array.from({ length: rows }, (_, r) => {
    const label =
      labels.kind === 'class' ? labels.values.subarray(r, r + 1) : labels.values.subarray(r * labels.outputs, (r + 1) * labels.outputs);
    const digest = createHash('sha256')
      .update(bytesOf(x.subarray(r * width, (r + 1) * width)))
      .update(bytesOf(label))
      .digest();
    return digest.readUIntBE(0, 6) * 16 + (digest[6]! >> 4);
  });
}

function bytesOf(values: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
