import { assert } from '../model/error.ts';

/** Windows of a text: the tokens that go in, and at every place the token that comes next. */
export interface TextWindows {
  /** [windows * tokens] row-major. */
  readonly windows: Int32Array;
  readonly targets: Int32Array;
  readonly tokens: number;
}

/** Cross-entropy of the next token. */
export interface TextLoss {
  /** [tokens] nats, in the order of the windows. */
  readonly losses: Float64Array;
  /** Mean of `losses`: summed in double precision from the first to the last. */
  readonly loss: number;
  /** How often the token with the highest score was the right one (the first of equal ones). */
  readonly correct: number;
}

/**
 * Windows of `tokens` tokens that follow each other in ids[first, end), each predicting all its next tokens: as many as fit, the rest
 * at the end is left out. `starts`: other places to begin at, so that a window needs `tokens + 1` ids from there.
 */
export function textWindows(ids: Int32Array, tokens: number, first = 0, end = ids.length, starts?: readonly number[]): TextWindows {
  assert(tokens >= 1, `windows of ${tokens} tokens`);
  const count = Math.max(0, Math.floor((end - first - 1) / tokens));
  const from = starts ?? Array.from({ length: count }, (_, w) => first + w * tokens);
  const windows = new Int32Array(from.length * tokens);
  const targets = new Int32Array(from.length * tokens);
  from.forEach((start, w) => {
    assert(start >= 0 && start + tokens < ids.length, `a window of ${tokens} tokens at ${start} of ${ids.length}`);
    windows.set(ids.subarray(start, start + tokens), w * tokens);
    targets.set(ids.subarray(start + 1, start + tokens + 1), w * tokens);
  });
  return { windows, targets, tokens };
}

/**
 * Cross-entropy of logits [rows, vocabulary] with the right tokens [rows], in double precision and a fixed order. A score that is not
 * finite makes the loss of its row NaN or infinite. O(rows · vocabulary).
 */
export function textLoss(logits: Float32Array, vocabulary: number, targets: Int32Array): TextLoss {
  const rows = targets.length;
  assert(logits.length === rows * vocabulary, `${logits.length} scores are not ${rows} x ${vocabulary}`);
  const losses = new Float64Array(rows);
  let sum = 0;
  let correct = 0;
  for (let row = 0; row < rows; row++) {
    const at = row * vocabulary;
    let best = 0;
    for (let v = 1; v < vocabulary; v++) if (logits[at + v]! > logits[at + best]!) best = v;
    const largest = logits[at + best]!;
    let total = 0;
    for (let v = 0; v < vocabulary; v++) total += Math.exp(logits[at + v]! - largest);
    const target = targets[row]!;
    const loss = Math.log(total) + largest - logits[at + target]!;
    losses[row] = loss;
    sum += loss;
    if (best === target) correct++;
  }
  return { losses, loss: sum / rows, correct };
}
