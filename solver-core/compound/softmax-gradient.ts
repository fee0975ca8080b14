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

/** Rows that are worked on together: each weight is then read, and each gradient written, once for four multiply-adds. */
const together = 4;

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
  const { outputs, w } = head;
  const n = rows.length;
  gradient.b.fill(0);
  let squares = 0;
  for (let i = 0; i < w.length; i++) {
    const v = w[i]!;
    gradient.w[i] = l2 * v;
    squares += v * v;
  }
  const z = Array.from({ length: together }, () => new Float64Array(outputs));
  // Rows beyond the last are row 0 with a gap of zeros: they add nothing.
  const places = new Int32Array(together);
  let loss = 0;
  for (let first = 0; first < n; first += together) {
    for (let i = 0; i < together; i++) places[i] = (first + i < n ? rows[first + i]! : 0) * head.inputs;
    scoreRows(head, x, places, z);
    for (let i = 0; i < together; i++) {
      const gap = z[i]!;
      if (first + i >= n) {
        gap.fill(0);
        continue;
      }
      loss += lossToGap(gap, labels[rows[first + i]!]!);
      for (let o = 0; o < outputs; o++) {
        gap[o] = gap[o]! / n;
        gradient.b[o] = gradient.b[o]! + gap[o]!;
      }
    }
    addOuter(head, x, places, z, gradient.w);
  }
  return loss / n + 0.5 * l2 * squares;
}

/** Scores of four rows, which begin at `places` of x. */
function scoreRows({ inputs, outputs, w, b }: LinearHead, x: Float32Array, places: Int32Array, into: readonly Float64Array[]): void {
  const [z0, z1, z2, z3] = [into[0]!, into[1]!, into[2]!, into[3]!];
  const [p0, p1, p2, p3] = [places[0]!, places[1]!, places[2]!, places[3]!];
  for (const z of into) z.set(b);
  for (let j = 0; j < inputs; j++) {
    const x0 = x[p0 + j]!;
    const x1 = x[p1 + j]!;
    const x2 = x[p2 + j]!;
    const x3 = x[p3 + j]!;
    const at = j * outputs;
    for (let o = 0; o < outputs; o++) {
      const v = w[at + o]!;
      z0[o] = z0[o]! + x0 * v;
      z1[o] = z1[o]! + x1 * v;
      z2[o] = z2[o]! + x2 * v;
      z3[o] = z3[o]! + x3 * v;
    }
  }
}

/** Adds Σ x·gap of four rows to the gradient [inputs, outputs]. */
function addOuter(
  { inputs, outputs }: LinearHead,
  x: Float32Array,
  places: Int32Array,
  gaps: readonly Float64Array[],
  into: Float32Array,
): void {
  const [z0, z1, z2, z3] = [gaps[0]!, gaps[1]!, gaps[2]!, gaps[3]!];
  const [p0, p1, p2, p3] = [places[0]!, places[1]!, places[2]!, places[3]!];
  for (let j = 0; j < inputs; j++) {
    const x0 = x[p0 + j]!;
    const x1 = x[p1 + j]!;
    const x2 = x[p2 + j]!;
    const x3 = x[p3 + j]!;
    const at = j * outputs;
    for (let o = 0; o < outputs; o++) into[at + o] = into[at + o]! + (x0 * z0[o]! + x1 * z1[o]! + x2 * z2[o]! + x3 * z3[o]!);
  }
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
