import type { AbortFlag } from '../../model/abort.ts';

/*
 * Symbols of the arithmetic contract (hdl/README.md): d features, m outputs, N lanes, DW word bits, F = DW - 1 fraction bits,
 * AW accumulator bits, sh the shift of the Gram, columns = features then outputs.
 */

/** What an engine is: where it runs and what fits into it. */
export interface EngineInfo {
  /** 'functional': bit-exact model without RTL; 'rtl-wasm': the RTL itself, simulated; 'board': hardware. */
  readonly level: 'functional' | 'rtl-wasm' | 'board';
  /** For people, e.g. "RTL simulation (8 lanes, 18-bit words)". */
  readonly device: string;
  /** sha256 of the image that computes, or 'functional-model/<version>'. */
  readonly image: string;
  /** N: multiply-accumulate lanes. */
  readonly lanes: number;
  /** DW: bits of an operand word; words are integers in [-2^(DW-1), 2^(DW-1) - 1]. */
  readonly wordBits: number;
  /** AW: bits of a Gram entry; entries are integers in [-2^(AW-1), 2^(AW-1) - 1]. At most 48, so a double holds them exactly. */
  readonly accumulatorBits: number;
  /** Most columns (features + outputs rounded up to a multiple of `lanes`). */
  readonly maxColumns: number;
  /** Most features; with this bound no accumulator can wrap in CHOL or BACK. */
  readonly maxFeatures: number;
  /** Most features × (padded columns / lanes): Gram words of one lane. Use `engineFits` to ask for a problem size. */
  readonly gramDepth: number;
  /** Operand words of one lane: factor, weights and a chunk of rows share them. */
  readonly operandDepth: number;
}

/** Outcome of one command (or of the commands of one call). */
export interface EngineFlags {
  /** A pivot S_ii was <= 0: the shifted Gram is not positive definite at this word length. Only `factor` sets it. */
  readonly breakdown: boolean;
  /** A result did not fit its word and was clipped (or a pivot reached 2^(2F)): rescale and repeat. */
  readonly saturated: boolean;
  /** Clock cycles the engine was busy; a pure function of operation, sizes and lanes (see cycles.ts). */
  readonly cycles: number;
}

/** Sums since `begin`. */
export interface EngineTotals {
  readonly gramCycles: number;
  readonly cholCycles: number;
  readonly backCycles: number;
  /** Words moved over the host port, both directions; one clock cycle each. */
  readonly hostWords: number;
}

/** One ridge problem as the engine sees it: integers only. */
export interface EngineProblem {
  /** d >= 1. */
  readonly features: number;
  /** m >= 1. */
  readonly outputs: number;
  /** [d] exact integers, |v| < 2^(AW-1): initial G_ii, i.e. the ridge term in units of one product of two words. */
  readonly diagonal: Float64Array;
}

/**
 * A device that computes G = diag + XᵀX|XᵀY exactly, then R = chol(G >> sh) | Z, then W by back substitution.
 * One problem at a time, one call at a time (await each). Order: begin, accumulate*, factor, backSubstitute; the Gram survives
 * `factor`, so more rows may follow and `factor` may be repeated. All matrices are row-major.
 *
 * Every method rejects with AbortError when `abort` is set (the device then needs `begin` again), with TierwiseError
 * (category 'backend') when the problem does not fit (`engine-too-small`), the exact Gram could overflow
 * (`engine-gram-overflow`), words are out of range (`engine-bad-words`) or the device fails.
 */
export interface EngineDevice {
  readonly info: EngineInfo;
  readonly totals: EngineTotals;
  /** Starts a problem: G = diagonal, all other entries 0. Resets `totals`. */
  begin(problem: EngineProblem, abort?: AbortFlag): Promise<void>;
  /**
   * GRAM: G_ij += sum_k words[k][i] * words[k][j]. `words`: [rows, d + m], X then Y, integers in
   * [-2^(DW-1), 2^(DW-1) - 1]. Any number of rows; cut into chunks inside. Saturated is never set: overflow is refused beforehand.
   */
  accumulate(words: Int32Array, rows: number, abort?: AbortFlag): Promise<EngineFlags>;
  /** CHOL with A = floor(G / 2^shift), 0 <= shift < AW. Choose it with `gramShift` (shift.ts). */
  factor(shift: number, abort?: AbortFlag): Promise<EngineFlags>;
  /** BACK for all m outputs: W with F fraction bits. Needs `factor` first. */
  backSubstitute(abort?: AbortFlag): Promise<EngineFlags>;
  /** [d, d + m] exact integers; zeros below the diagonal. */
  readGram(): Promise<Float64Array>;
  /** R | Z: [d, d + m] words with F fraction bits; zeros below the diagonal. */
  readFactor(): Promise<Int32Array>;
  /** W: [d, m] words with F fraction bits. */
  readWeights(): Promise<Int32Array>;
  dispose(): Promise<void>;
}
