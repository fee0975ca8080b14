import type { AbortFlag } from '../../model/abort.ts';
import type { EngineDevice, Limbs } from './device.ts';
import type { ScaledFactor } from './refine-factor.ts';

/** Bits given up at a time when the words of a solve do not fit. */
const headroomStep = 2;

/** Bits of its words that a column should leave unused: the next residual may grow a little more. */
const spareBits = 2;

/**
 * M⁻¹ on the engine: FSUB and BACKV on the factor it holds. Right-hand sides are scaled per column by powers of two, as large as their
 * results allow; what fits one column once is where its next solve begins. Everything here follows from words and data alone, so every
 * level of the engine gives the same bits.
 */
export class DeviceSolver {
  /** Solves made so far, repeated ones included. */
  nSolves = 0;
  private readonly device: EngineDevice;
  private readonly factor: ScaledFactor;
  private readonly fractionBits: number;
  private readonly perSolve: number;
  private readonly abort: AbortFlag | undefined;
  private readonly outputs: number;
  /** [outputs] bits by which a column's words may grow from r to its result. */
  private readonly headroom: Int32Array;

  /** `factor`: what the device holds, in words of `limbs` limbs. `perSolve`: m of the problem it holds; `outputs`: columns of every right-hand side. */
  constructor(device: EngineDevice, factor: ScaledFactor, limbs: Limbs, perSolve: number, outputs: number, abort: AbortFlag | undefined) {
    this.device = device;
    this.factor = factor;
    this.fractionBits = limbs * (device.info.wordBits - 1);
    this.perSolve = perSolve;
    this.outputs = outputs;
    this.abort = abort;
    // A result may grow by the smallest pivot's inverse squared, or a little more.
    let smallest = 1;
    for (let i = 0; i < factor.d; i++) smallest = Math.min(smallest, factor.l[i * factor.d + i]!);
    this.headroom = new Int32Array(outputs).fill(this.capped(1 - 2 * exponentOf(smallest)));
  }

  /** M⁻¹ r, [d, outputs] in the units of the data; a new array. */
  async apply(r: Float64Array): Promise<Float64Array> {
    const { outputs } = this;
    const result = new Float64Array(r.length);
    for (let first = 0; first < outputs; first += this.perSolve) {
      await this.solveColumns(r, first, Math.min(this.perSolve, outputs - first), result);
    }
    return result;
  }

  private async solveColumns(r: Float64Array, first: number, count: number, result: Float64Array): Promise<void> {
    const { outputs, fractionBits, perSolve, headroom } = this;
    const { d, columnNorm, unit } = this.factor;
    const largest = new Float64Array(count);
    for (let i = 0; i < d; i++) {
      for (let o = 0; o < count; o++) largest[o] = Math.max(largest[o]!, Math.abs(r[i * outputs + first + o]! / columnNorm[i]!));
    }
    for (;;) {
      // A column's words stay below 2^(fraction bits - headroom).
      const scale = largest.map((v, o) => (v === 0 ? 0 : 2 ** (fractionBits - headroom[first + o]! - exponentOf(v) - 1)));
      const values = new Float64Array(d * perSolve);
      for (let i = 0; i < d; i++) {
        for (let o = 0; o < count; o++) {
          values[i * perSolve + o] = Math.round((r[i * outputs + first + o]! / columnNorm[i]!) * scale[o]!) + 0;
        }
      }
      const { words, flags } = await this.device.solve({ values, fractionBits }, this.abort);
      this.nSolves++;
      if (flags.saturated && this.widen(first, count)) continue;
      for (let o = 0; o < count; o++) if (scale[o] !== 0) this.keep(first + o, o, words.values);
      for (let i = 0; i < d; i++) {
        for (let o = 0; o < count; o++) {
          const word = words.values[i * perSolve + o]!;
          result[i * outputs + first + o] = word === 0 ? 0 : word / scale[o]! / unit / columnNorm[i]!;
        }
      }
      return;
    }
  }

  /** Gives all columns of a solve more room; false when there is none left. */
  private widen(first: number, count: number): boolean {
    let isWider = false;
    for (let o = first; o < first + count; o++) {
      const wider = this.capped(this.headroom[o]! + headroomStep);
      isWider ||= wider > this.headroom[o]!;
      this.headroom[o] = wider;
    }
    return isWider;
  }

  /** Fits the room of a column to what it used. */
  private keep(column: number, o: number, words: Float64Array): void {
    let largest = 0;
    for (let i = 0; i < this.factor.d; i++) largest = Math.max(largest, Math.abs(words[i * this.perSolve + o]!));
    const spare = this.fractionBits - exponentOf(Math.max(1, largest)) - spareBits;
    this.headroom[column] = this.capped(this.headroom[column]! - spare);
  }

  private capped(bits: number): number {
    return Math.min(this.fractionBits - 2, Math.max(0, bits));
  }
}

/** The smallest e with |v| < 2^e, for v ≠ 0. Exact, unlike the logarithm it starts from. */
export function exponentOf(v: number): number {
  const size = Math.abs(v);
  let e = Math.ceil(Math.log2(size));
  while (2 ** e <= size) e++;
  while (2 ** (e - 1) > size) e--;
  return e + 0;
}
