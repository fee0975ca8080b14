/*
 * The arithmetic contract of the engine (hdl/README.md) restated with BigInt, as literally as possible and without looking at
 * the functional model: an oracle for it and for the RTL.
 */
import type { EngineCase, Outcome, Step } from './cases.ts';

function floorDiv(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? q - 1n : q;
}

function integerSqrt(x: bigint): bigint {
  let low = 0n;
  let high = x + 1n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle * middle <= x) low = middle;
    else high = middle;
  }
  return low;
}

interface Scaling {
  readonly e: bigint;
  readonly rm: bigint;
}

/** A word of two limbs, hi·2^F + lo with lo in [-2^(F-1), 2^(F-1) - 1]. */
interface TwoLimbs {
  readonly hi: bigint;
  readonly lo: bigint;
}

/** One engine with the problem of a case in it. */
class Oracle {
  breakdown = false;
  saturated = false;
  readonly G: bigint[][];
  R: bigint[][] = [];
  W: bigint[][] = [];
  private scalings: Scaling[] = [];
  /** Fraction bits of an operand, and of the words of the last factor. */
  private readonly F: bigint;
  private wordF: bigint;
  private readonly d: number;
  private readonly m: number;

  constructor(problem: EngineCase, wordBits: number) {
    this.F = BigInt(wordBits - 1);
    this.wordF = this.F;
    this.d = problem.features;
    this.m = problem.outputs;
    const columns = this.d + this.m;
    this.G = Array.from({ length: this.d }, (_, i) =>
      Array.from({ length: columns }, (_u, j) => (i === j ? BigInt(problem.diagonal[i]!) : 0n)),
    );
  }

  load(gram: Float64Array): void {
    const columns = this.d + this.m;
    for (let i = 0; i < this.d; i++) for (let j = i; j < columns; j++) this.G[i]![j] = BigInt(gram[i * columns + j]!);
  }

  rows(words: Int32Array, rows: number, sign: bigint): void {
    const columns = this.d + this.m;
    for (let k = 0; k < rows; k++) {
      const x = Array.from({ length: columns }, (_, j) => BigInt(words[k * columns + j]!));
      for (let i = 0; i < this.d; i++) for (let j = i; j < columns; j++) this.G[i]![j]! += sign * x[i]! * x[j]!;
    }
  }

  decay(shift: number): void {
    for (const row of this.G) row.forEach((v, j) => (row[j] = v - floorDiv(v, 2n ** BigInt(shift))));
  }

  factor(shift: number, limbs: 1 | 2): void {
    this.wordF = BigInt(limbs) * this.F;
    this.R = Array.from({ length: this.d }, () => Array.from({ length: this.d + this.m }, () => 0n));
    this.scalings = [];
    for (let i = 0; i < this.d; i++) {
      const above = Array.from({ length: i }, (_, k) => k);
      const S = (j: number): bigint =>
        limbs === 1
          ? floorDiv(this.G[i]![j]!, 2n ** BigInt(shift)) - above.reduce((sum, k) => sum + this.R[k]![i]! * this.R[k]![j]!, 0n)
          : this.twoLimbS(
              floorDiv(this.G[i]![j]! * 2n ** this.F, 2n ** BigInt(shift)),
              above.map((k) => [this.R[k]![i]!, this.R[k]![j]!]),
            );
      const scaling = this.pivot(S(i));
      this.scalings.push(scaling);
      for (let j = i; j < this.d + this.m; j++) this.R[i]![j] = this.scale(S(j), scaling);
    }
  }

  back(): void {
    this.W = this.backward(this.R.map((row) => row.slice(this.d)));
  }

  solve(r: Float64Array, part: 'both' | 'forward' | 'backward'): bigint[][] {
    const given = Array.from({ length: this.d }, (_, i) => Array.from(r.subarray(i * this.m, (i + 1) * this.m), BigInt));
    const z = part === 'backward' ? given : this.forward(given);
    return part === 'forward' ? z : this.backward(z);
  }

  private forward(r: bigint[][]): bigint[][] {
    const z: bigint[][] = [];
    for (let i = 0; i < this.d; i++) {
      const row = r[i]!.map((word, o) =>
        this.scale(
          this.substituted(
            word,
            z.map((done, k) => [this.R[k]![i]!, done[o]!]),
          ),
          this.scalings[i]!,
        ),
      );
      z.push(row);
    }
    return z;
  }

  private backward(z: bigint[][]): bigint[][] {
    const w: bigint[][] = z.map(() => []);
    for (let i = this.d - 1; i >= 0; i--) {
      w[i] = z[i]!.map((word, o) => {
        const pairs: [bigint, bigint][] = [];
        for (let k = i + 1; k < this.d; k++) pairs.push([this.R[i]![k]!, w[k]![o]!]);
        return this.scale(this.substituted(word, pairs), this.scalings[i]!);
      });
    }
    return w;
  }

  /** S of FSUB, BACK and BACKV: the word less the products. */
  private substituted(word: bigint, pairs: readonly (readonly [bigint, bigint])[]): bigint {
    if (this.wordF === this.F) return word * 2n ** this.F - pairs.reduce((sum, [a, b]) => sum + a * b, 0n);
    return this.twoLimbS(word * 2n ** this.F, pairs);
  }

  /** S' of two limbs from a start with 3F fraction bits; the product of the low limbs is dropped by definition. */
  private twoLimbS(start: bigint, pairs: readonly (readonly [bigint, bigint])[]): bigint {
    let [H, C] = [0n, 0n];
    for (const [a, b] of pairs) {
      const [u, v] = [this.split(a), this.split(b)];
      H += u.hi * v.hi;
      C += u.hi * v.lo + u.lo * v.hi;
    }
    return (start - H * 2n ** this.F - C) * 2n ** this.F;
  }

  private split(v: bigint): TwoLimbs {
    const [one, half] = [2n ** this.F, 2n ** (this.F - 1n)];
    const lo = v + half - floorDiv(v + half, one) * one - half;
    return { hi: (v - lo) / one, lo };
  }

  private pivot(S: bigint): Scaling {
    const f = this.wordF;
    const limit = 2n ** (2n * f);
    if (S <= 0n) this.breakdown = true;
    if (S >= limit) this.saturated = true;
    let x = S < 1n ? 1n : S >= limit ? limit - 1n : S;
    let e = 0n;
    while (x < 2n ** (2n * f - 2n)) {
      x *= 4n;
      e += 1n;
    }
    const exact = 2n ** (2n * f - 1n) / integerSqrt(x);
    return { e, rm: exact < 2n ** f - 1n ? exact : 2n ** f - 1n };
  }

  private scale(s: bigint, { e, rm }: Scaling): bigint {
    const f = this.wordF;
    const t = this.clip(floorDiv(s * 2n ** e, 2n ** f));
    const word = this.clip(floorDiv(t * rm + 2n ** (f - 2n), 2n ** (f - 1n)));
    if (f === this.F || this.split(word).hi < 2n ** this.F) return word;
    this.saturated = true;
    return (2n ** this.F - 1n) * 2n ** this.F + 2n ** (this.F - 1n) - 1n;
  }

  private clip(v: bigint): bigint {
    const one = 2n ** this.wordF;
    if (v >= -one && v <= one - 1n) return v;
    this.saturated = true;
    return v < 0n ? -one : one - 1n;
  }
}

/** Does one step; the words of a solve, nothing for the others. */
function take(engine: Oracle, step: Step): bigint[][] | undefined {
  if (step.kind === 'rows') engine.rows(step.words, step.rows, step.subtract === true ? -1n : 1n);
  else if (step.kind === 'decay') engine.decay(step.shift);
  else if (step.kind === 'load') engine.load(step.gram);
  else if (step.kind === 'factor') engine.factor(step.shift, step.limbs ?? 1);
  else if (step.kind === 'back') engine.back();
  else return engine.solve(step.r, step.part ?? 'both');
  return undefined;
}

/** Runs a case on the contract; `cycles` of the flags are 0. */
export function oracle(problem: EngineCase, wordBits: number): Outcome {
  const engine = new Oracle(problem, wordBits);
  const solved: number[][] = [];
  const flags = problem.steps.map((step) => {
    engine.breakdown = false;
    engine.saturated = false;
    const words = take(engine, step);
    if (words !== undefined) solved.push(words.flat().map(Number));
    return { breakdown: engine.breakdown, saturated: engine.saturated, cycles: 0 };
  });
  const upper = (rows: bigint[][]): number[] => rows.flatMap((row, i) => row.map((v, j) => (j < i ? 0 : Number(v))));
  const weights = keepsWeights(problem) ? engine.W.flat().map(Number) : [];
  return { flags, gram: upper(engine.G), factor: upper(engine.R), weights, ...(solved.length === 0 ? {} : { solved }) };
}

/** True when W can be read at the end: BACK ran, and nothing took its place. */
function keepsWeights(problem: EngineCase): boolean {
  const kinds = problem.steps.map((step) => step.kind);
  const back = kinds.lastIndexOf('back');
  return back > Math.max(kinds.lastIndexOf('solve'), kinds.lastIndexOf('factor'));
}
