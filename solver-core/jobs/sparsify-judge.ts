import { inputBatches } from '../fit/activations.ts';
import type { FitRows, ModelInput, ModelRuntime } from '../fit/index.ts';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError, assert } from '../model/error.ts';
import { encodeModel, withGraphOutputs } from '../onnx/index.ts';
import type { OnnxModel } from '../onnx/index.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { textLoss } from './text-loss.ts';
import type { TextWindows } from './text-loss.ts';
import type { TokenModel } from './token-model.ts';
import { openTokenRunner } from './token-runner.ts';

/** Rows that nothing was chosen by. */
export type HeldOut =
  | { readonly kind: 'text'; readonly token: TokenModel; readonly windows: TextWindows }
  | { readonly kind: 'rows'; readonly input: ModelInput; readonly output: string; readonly rows: FitRows };

/** A model on held-out rows. */
export interface Judgement {
  readonly loss: number;
  /** Share of right predictions; null without classes. */
  readonly accuracy: number | null;
  /** Cross-entropy of equal scores, nats: what guessing costs; null without classes. */
  readonly guessing: number | null;
  /** Share of zeros of each asked value. */
  readonly zeros: ReadonlyMap<string, number>;
}

/** Numbers that are in memory at once. */
const maxNumbers = 2 ** 25;

/** What a run is watched by. */
interface Watch {
  readonly runtime: ModelRuntime;
  readonly control: JobControl;
  readonly stage: string;
}

/**
 * Loss, share of right predictions, and zeros of inner values of a model on held-out rows, in one pass. `channels`: the values to count
 * zeros of, with the numbers per token. Throws `loss-not-finite`. Rejects with AbortError.
 */
export async function judge(model: OnnxModel, heldOut: HeldOut, channels: ReadonlyMap<string, number>, watch: Watch): Promise<Judgement> {
  const judged =
    heldOut.kind === 'text' ? await judgeText(model, heldOut, channels, watch) : await judgeRows(model, heldOut, channels, watch);
  if (Number.isFinite(judged.loss)) return judged;
  throw new TierwiseError(
    'loss-not-finite',
    'the loss of the model on held-out rows is not a finite number',
    'Check the model: its scores hold values that are infinite or not a number.',
  );
}

async function judgeText(
  model: OnnxModel,
  { token, windows: { windows, targets, tokens } }: Extract<HeldOut, { kind: 'text' }>,
  channels: ReadonlyMap<string, number>,
  { runtime, control, stage }: Watch,
): Promise<Judgement> {
  const names = [...channels.keys()];
  const zeros = new ZeroCount();
  const perToken = token.vocabulary + [...channels.values()].reduce((a, b) => a + b, 0);
  const size = Math.max(1, Math.floor(maxNumbers / (tokens * perToken)));
  const count = windows.length / tokens;
  let sum = 0;
  let correct = 0;
  const runner = await openTokenRunner(runtime, encodeModel(model), token, names);
  try {
    for (let first = 0; first < count; first += size) {
      checkAbort(control.abort);
      control.onProgress?.({ stage, message: `${first * tokens} of ${count * tokens} tokens`, fraction: first / count });
      const end = Math.min(count, first + size);
      const { logits, values } = await runner.run(windows.subarray(first * tokens, end * tokens), tokens);
      const part = textLoss(logits, token.vocabulary, targets.subarray(first * tokens, end * tokens));
      for (const loss of part.losses) sum += loss;
      correct += part.correct;
      for (const [name, data] of values) zeros.add(name, data);
      await nodeHost.pause();
    }
  } finally {
    await runner.dispose();
  }
  return { loss: sum / targets.length, accuracy: correct / targets.length, guessing: Math.log(token.vocabulary), zeros: zeros.shares() };
}

async function judgeRows(
  model: OnnxModel,
  { input, output, rows }: Extract<HeldOut, { kind: 'rows' }>,
  channels: ReadonlyMap<string, number>,
  { runtime, control, stage }: Watch,
): Promise<Judgement> {
  const names = [...new Set([output, ...channels.keys()])];
  const zeros = new ZeroCount();
  let sum = 0;
  let correct = 0;
  let classes = 0;
  const runner = await runtime.open(encodeModel(withGraphOutputs(model, names)));
  try {
    for await (const { first, count, tensor } of inputBatches(rows, input)) {
      checkAbort(control.abort);
      control.onProgress?.({ stage, message: `${first} of ${rows.rows} rows`, fraction: first / rows.rows });
      const outputs = await runner.run(new Map([[input.name, tensor]]), names);
      const filled = tensor.dims[0] ?? count;
      for (const name of channels.keys()) {
        const data = outputs.get(name)?.data ?? new Float32Array(0);
        zeros.add(name, data.subarray(0, (data.length / filled) * count));
      }
      const scores = outputs.get(output)?.data ?? new Float32Array(0);
      classes = rows.labels.kind === 'class' ? scores.length / filled : 0;
      const part = rowLosses(scores.subarray(0, (scores.length / filled) * count), rows, first, count);
      sum += part.sum;
      correct += part.correct;
    }
  } finally {
    await runner.dispose();
  }
  // One number per row is no choice between classes, though its labels be whole numbers.
  const [accuracy, guessing] = classes > 1 ? [correct / rows.rows, Math.log(classes)] : [null, null];
  return { loss: sum / rows.rows, accuracy, guessing, zeros: zeros.shares() };
}

/** Cross-entropy for classes, mean squared error per output otherwise. */
function rowLosses(
  scores: Float32Array,
  { labels }: FitRows,
  first: number,
  count: number,
): { readonly sum: number; readonly correct: number } {
  const width = scores.length / count;
  if (labels.kind === 'class' && width > 1) {
    const { losses, correct } = textLoss(scores, width, labels.values.subarray(first, first + count));
    return { sum: losses.reduce((a, b) => a + b, 0), correct };
  }
  assert(labels.kind === 'class' || labels.outputs === width, 'labels were checked against the model');
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += (scores[i]! - labels.values[first * width + i]!) ** 2 / width;
  return { sum, correct: 0 };
}

/** Zeros of values, counted part by part. */
class ZeroCount {
  private readonly counts = new Map<string, { zeros: number; numbers: number }>();

  add(name: string, data: Float32Array): void {
    const count = this.counts.get(name) ?? { zeros: 0, numbers: 0 };
    for (let i = 0; i < data.length; i++) if (data[i] === 0) count.zeros++;
    count.numbers += data.length;
    this.counts.set(name, count);
  }

  shares(): ReadonlyMap<string, number> {
    return new Map([...this.counts].map(([name, { zeros, numbers }]) => [name, numbers === 0 ? 0 : zeros / numbers]));
  }
}
