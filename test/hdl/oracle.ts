/*
 * The arithmetic contract of the engine (hdl/README.md) restated with BigInt, as literally as possible and without looking at
 * the functional model: an oracle for it and for the RTL.
 */
import type { EngineCase, Outcome } from './cases.ts';

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

/** Runs a case on the contract; `cycles` of the flags are 0. */
export function oracle(problem: EngineCase, wordBits: number): Outcome {
  const F = BigInt(wordBits - 1);
  const one = 2n ** F;
  const { features: d, outputs: m } = problem;
  const columns = d + m;
  const at = <T>(rows: T[][], i: number, j: number): T => rows[i]![j]!;
  const G = Array.from({ length: d }, (_, i) => Array.from({ length: columns }, (_u, j) => (i === j ? BigInt(problem.diagonal[i]!) : 0n)));
  let R: bigint[][] = [];
  let scalings: Scaling[] = [];
  let W: bigint[][] = [];
  let saturated = false;
  const clip = (v: bigint): bigint => {
    if (v >= -one && v <= one - 1n) return v;
    saturated = true;
    return v < 0n ? -one : one - 1n;
  };
  const scale = (s: bigint, { e, rm }: Scaling): bigint => {
    const t = clip(floorDiv(s * 2n ** e, one));
    return clip(floorDiv(t * rm + 2n ** (F - 2n), 2n ** (F - 1n)));
  };
  const flags = problem.steps.map((step) => {
    saturated = false;
    let breakdown = false;
    if (step.kind === 'rows') {
      for (let k = 0; k < step.rows; k++) {
        const x = Array.from({ length: columns }, (_, j) => BigInt(step.words[k * columns + j]!));
        for (let i = 0; i < d; i++) for (let j = i; j < columns; j++) G[i]![j]! += x[i]! * x[j]!;
      }
    } else if (step.kind === 'factor') {
      R = Array.from({ length: d }, () => Array.from({ length: columns }, () => 0n));
      scalings = [];
      for (let i = 0; i < d; i++) {
        const S = (j: number): bigint => {
          let sum = floorDiv(at(G, i, j), 2n ** BigInt(step.shift));
          for (let k = 0; k < i; k++) sum -= at(R, k, i) * at(R, k, j);
          return sum;
        };
        const pivot = S(i);
        const limit = 2n ** (2n * F);
        if (pivot <= 0n) breakdown = true;
        if (pivot >= limit) saturated = true;
        let x = pivot < 1n ? 1n : pivot >= limit ? limit - 1n : pivot;
        let e = 0n;
        while (x < 2n ** (2n * F - 2n)) {
          x *= 4n;
          e += 1n;
        }
        const exact = 2n ** (2n * F - 1n) / integerSqrt(x);
        const scaling = { e, rm: exact < one - 1n ? exact : one - 1n };
        scalings.push(scaling);
        for (let j = i; j < columns; j++) R[i]![j] = scale(S(j), scaling);
      }
    } else {
      W = Array.from({ length: d }, () => Array.from({ length: m }, () => 0n));
      for (let i = d - 1; i >= 0; i--) {
        for (let o = 0; o < m; o++) {
          let s = at(R, i, d + o) * one;
          for (let k = i + 1; k < d; k++) s -= at(R, i, k) * at(W, k, o);
          W[i]![o] = scale(s, scalings[i]!);
        }
      }
    }
    return { breakdown, saturated, cycles: 0 };
  });
  const upper = (rows: bigint[][]): number[] => rows.flatMap((row, i) => row.map((v, j) => (j < i ? 0 : Number(v))));
  return { flags, gram: upper(G), factor: upper(R), weights: W.flat().map(Number) };
}
