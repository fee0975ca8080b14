import type { AbortFlag } from '../../model/abort.ts';

/*
 * Symbols of the arithmetic contract (hdl/README.md): d features, m outputs, N lanes, DW word bits, F = DW - 1 fraction bits,
 * AW accumulator bits, sh the shift of the Gram, columns = features then outputs.
 */

/** How many operand words hold one result word. */
export type Limbs = 1 | 2;

/** What an engine is: where it runs and what fits into it. */
export interface EngineInfo {
  /** 'functional': bit-exact model without RTL; 'rtl-wasm': the RTL itself, simulated; 'board': behind a serial port; 'card': over XRT. */
  readonly level: 'functional' | 'rtl-wasm' | 'board' | 'card';
  /** For people, e.g. "RTL simulation (8 lanes, 18-bit words)". */
  readonly device: string;
  /** sha256 of the image that computes, or 'functional-model/<version>'. */
  readonly image: string;
  /** N: multiply-accumulate lanes. */
  readonly lanes: number;
  /** DW: bits of an operand word; words are integers in [-2^(DW-1), 2^(DW-1) - 1]. */
  readonly wordBits: number;
  /** 2 when the engine also computes with words of two limbs (2F fraction bits), else 1. */
  readonly limbs: Limbs;
  /** Clock of the hardware, hertz; absent where there is none (models and simulations). */
  readonly clockHz?: number;
  /** AW: bits of a Gram entry; entries are integers in [-2^(AW-1), 2^(AW-1) - 1]. At most 48, so a double holds them exactly. */
  readonly accumulatorBits: number;
  /** Most columns (features + outputs rounded up to a multiple of `lanes`). */
  readonly maxColumns: number;
  /** Most features; with this bound no accumulator can wrap in CHOL or BACK. */
  readonly maxFeatures: number;
  /** Gram words of one lane; a problem takes its packed block triangle. Use `engineFits` to ask for a problem size. */
  readonly gramDepth: number;
  /** Operand words of one lane: factor, vectors and a chunk of rows share them. */
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
  /** BACK and BACKV. */
  readonly backCycles: number;
  readonly fsubCycles: number;
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

/** Results of an engine: exact integers that stand for value · 2^-fractionBits. */
export interface EngineWords {
  readonly values: Float64Array;
  /** F with one limb, 2F with two. */
  readonly fractionBits: number;
}

/** How rows enter the Gram. */
export interface AccumulateOptions {
  /** Takes the rows out again (downdate). Default false. Only rows that were added may be taken out. */
  readonly subtract?: boolean;
}

/** Which substitutions `solve` makes: Rᵀz = r (FSUB), R w = z (BACKV), or one after the other. */
export type SolvePart = 'both' | 'forward' | 'backward';

/** Answer of `solve`. */
export interface EngineSolve {
  /** [d, m]. */
  readonly words: EngineWords;
  /** Saturated: some word was clipped, scale the right-hand side down and repeat. Cycles are those of all commands. */
  readonly flags: EngineFlags;
}

/** What to send to an engine behind a link, and what it costs. */
export interface UploadPlan {
  /** 'rows': the engine sums X | Y itself; 'gram': the host does, exactly, and sends the sums. The bits of W are the same. */
  readonly send: 'rows' | 'gram';
  readonly bytesRows: number;
  readonly bytesGram: number;
  /** Time on the link of what is sent. */
  readonly seconds: number;
}

/**
 * A device that computes G = diag + XᵀX|XᵀY exactly, then R = chol(G >> sh) | Z, then W by back substitution.
 * One problem at a time, one call at a time (await each). Order: begin, accumulate*, factor, backSubstitute or solve*; the Gram
 * survives `factor`, so more rows may follow and `factor` may be repeated. All matrices are row-major.
 *
 * Every method rejects with AbortError when `abort` is set (the device then needs `begin` again), with TierwiseError
 * (category 'backend') when the problem does not fit (`engine-too-small`), the exact Gram could overflow
 * (`engine-gram-overflow`), words are out of range (`engine-bad-words`) or the device fails.
 */
export interface EngineDevice {
  readonly info: EngineInfo;
  readonly totals: EngineTotals;
  /**
   * What to send for the problem begun last: `rows` rows whose words need `dataBits` bits. Absent where rows cost no time on a link; then
   * rows are sent.
   */
  readonly upload?: (rows: number, dataBits: number) => UploadPlan;
  /** Starts a problem: G = diagonal, all other entries 0. Resets `totals`. */
  begin(problem: EngineProblem, abort?: AbortFlag): Promise<void>;
  /**
   * GRAM: G_ij += sum_k words[k][i] * words[k][j], or -= with `subtract`. `words`: [rows, d + m], X then Y, integers in
   * [-2^(DW-1), 2^(DW-1) - 1]. Any number of rows; cut into chunks inside. Saturated is never set: overflow is refused beforehand.
   */
  accumulate(words: Int32Array, rows: number, abort?: AbortFlag, options?: AccumulateOptions): Promise<EngineFlags>;
  /** Forgetting: G_ij := G_ij - floor(G_ij / 2^shift) for all i <= j, 1 <= shift <= 63. One GRAM pass with a row of zeros. */
  decay(shift: number, abort?: AbortFlag): Promise<EngineFlags>;
  /**
   * Replaces G, the diagonal of `begin` included, by these exact integers, [d, d + m]; below the diagonal nothing is read. They must
   * be sums of products of columns: |G_ij|² <= G_ii·G_jj.
   */
  loadGram(gram: Float64Array, abort?: AbortFlag): Promise<void>;
  /**
   * CHOL with A = floor(G / 2^shift), 0 <= shift < AW. Choose it with `gramShift` (shift.ts). `limbs` 2 (default 1) only where the
   * engine has them and the layout says that they fit (`layout.limbs`).
   */
  factor(shift: number, abort?: AbortFlag, limbs?: Limbs): Promise<EngineFlags>;
  /** BACK for all m outputs, in the words of the factor. Needs `factor` first. */
  backSubstitute(abort?: AbortFlag): Promise<EngineFlags>;
  /**
   * FSUB and BACKV in place: w = (RᵀR)⁻¹ r for [d, m] words r with the fraction bits of the factor, within [-1, 1 - 2^(1-F)].
   * `part` 'backward' alone takes z and gives R⁻¹z, 'forward' alone gives R⁻ᵀr. The words of W are gone afterwards.
   */
  solve(r: EngineWords, abort?: AbortFlag, part?: SolvePart): Promise<EngineSolve>;
  /** [d, d + m] exact integers; zeros below the diagonal. */
  readGram(abort?: AbortFlag): Promise<Float64Array>;
  /** R | Z: [d, d + m] words of the last `factor`; zeros below the diagonal. */
  readFactor(abort?: AbortFlag): Promise<EngineWords>;
  /** W: [d, m] words in the fraction bits of the last `factor`. */
  readWeights(abort?: AbortFlag): Promise<EngineWords>;
  dispose(): Promise<void>;
}
