/** A linear head: scores = x·w + b. */
export interface LinearHead {
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs, outputs] row-major. */
  readonly w: Float32Array;
  /** [outputs] */
  readonly b: Float32Array;
}

/** Where the gradient goes; overwritten. */
export interface HeadGradient {
  readonly w: Float32Array;
  readonly b: Float32Array;
}

/** Scores of one row into `into` [outputs], summed in doubles in the order of the inputs. `x` holds the row from `from` on. */
export function scoreRow(head: LinearHead, x: Float32Array, from: number, into: Float64Array): void {
  const { inputs, outputs, w, b } = head;
  for (let o = 0; o < outputs; o++) into[o] = b[o]!;
  for (let j = 0; j < inputs; j++) {
    const v = x[from + j]!;
    if (v === 0) continue;
    const at = j * outputs;
    for (let o = 0; o < outputs; o++) into[o] = into[o]! + v * w[at + o]!;
  }
}

/**
 * Mean cross-entropy of rows with softmax(x·w + b), plus (l2/2)·Σw² (the bias is not penalised), and its gradient: Σ x·(p − y)/n + l2·w. `rows`:
 * numbers of the rows in x [.., inputs] and labels, each label below `outputs`. O(n·inputs·outputs) twice.
 */
export function softmaxStep(
  head: LinearHead,
  x: Float32Array,
  labels: ArrayLike<number>,
  rows: ArrayLike<number>,
  l2: number,
  gradient: HeadGradient,
): number {
  const { inputs, outputs, w } = head;
  const n = rows.length;
  const z = new Float64Array(outputs);
  gradient.b.fill(0);
  let squares = 0;
  for (let i = 0; i < w.length; i++) {
    gradient.w[i] = l2 * w[i]!;
    squares += w[i]! * w[i]!;
  }
  let loss = 0;
  for (let i = 0; i < n; i++) {
    const from = rows[i]! * inputs;
    const label = labels[rows[i]!]!;
    scoreRow(head, x, from, z);
    loss += lossToGap(z, label);
    for (let o = 0; o < outputs; o++) {
      z[o] = z[o]! / n;
      gradient.b[o] = gradient.b[o]! + z[o]!;
    }
    for (let j = 0; j < inputs; j++) {
      const v = x[from + j]!;
      if (v === 0) continue;
      const at = j * outputs;
      for (let o = 0; o < outputs; o++) gradient.w[at + o] = gradient.w[at + o]! + v * z[o]!;
    }
  }
  return loss / n + 0.5 * l2 * squares;
}

/** The cross-entropy of one row; its scores become p − y. */
function lossToGap(z: Float64Array, label: number): number {
  let top = -Infinity;
  for (let o = 0; o < z.length; o++) if (z[o]! > top) top = z[o]!;
  const mine = z[label]! - top;
  let sum = 0;
  for (let o = 0; o < z.length; o++) {
    const e = Math.exp(z[o]! - top);
    z[o] = e;
    sum += e;
  }
  for (let o = 0; o < z.length; o++) z[o] = z[o]! / sum;
  z[label] = z[label]! - 1;
  return Math.log(sum) - mine;
}
