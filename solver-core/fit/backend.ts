import type { AbortFlag, Host } from '../model/abort.ts';

/** Elements of rows; bytes (pixels, quantised activations) are the numbers 0..255 and have exact sums. */
export type RowValues = Float32Array | Float64Array | Uint8Array;

/** Consecutive rows of a ridge problem. Row-major; valid until the next chunk is asked for. */
export interface RowChunk {
  readonly rows: number;
  /** [rows, d] layer inputs. */
  readonly x: RowValues;
  /** [rows, k] targets. */
  readonly y: Float32Array | Float64Array;
}

/** Rows of one ridge problem. Every call of `chunks` yields the same rows in the same order with the same bits. */
export interface RowSource {
  readonly rows: number;
  /** d, without a bias column. */
  readonly columns: number;
  /** k. */
  readonly outputs: number;
  /** True: the rows lie in memory anyway, so that threads with buffers of their own do not change how much the work needs. Default false. */
  readonly isHeld?: boolean;
  /** `preferredRows`: how many rows per chunk suit the reader; a source that can be cut anywhere follows it. Never changes the rows. */
  chunks(preferredRows?: number): AsyncIterable<RowChunk>;
}

/** Quality of a solve, for the user. */
export interface SolveQuality {
  /** Inputs that carry information; the rank of the Gram is at most this. */
  readonly liveInputs: number;
  /** Estimate of the rank of the Gram at fp64's accuracy; null when not computed. */
  readonly rank: number | null;
  /** Effective degrees of freedom tr((G+λI)⁻¹G), bias not counted; null when not computed. */
  readonly degreesOfFreedom: number | null;
  /** How λ came about: 'given', 'default', 'gcv', 'held-out', with the score per candidate when it was chosen. */
  readonly lambdaFrom: 'given' | 'default' | 'gcv' | 'held-out';
}

/**
 * min over W [d, k], b [k] of Σ ‖y − xW − b‖² + λ‖W‖² (the bias is not penalised; method 2.1).
 * `lambda` undefined: λ = 1e-3 · tr(G)/d of the centred Gram. Backends never see 'auto': it is resolved before (fit/lambda/).
 */
export interface RidgeProblem {
  readonly source: RowSource;
  readonly lambda: number | undefined;
  /** False: no bias term, plain (XᵀX + λI)⁻¹XᵀY. */
  readonly bias: boolean;
}

export interface RidgeSolution {
  /** [d, k] row-major. */
  readonly w: Float64Array;
  /** [k]; zeros when the problem has no bias. */
  readonly b: Float64Array;
  /** The λ really used (after default and pivot retries). */
  readonly lambda: number;
  /** Estimate of κ₂(G + λI); null when not available. */
  readonly conditionEstimate: number | null;
  /** ‖C − (G+λI)W‖_F / ‖C‖_F in fp64, from the rows; on large problems of the host from their sums. */
  readonly relativeResidual: number;
  readonly refinementPasses: number;
  /** Inputs whose column is constant: their weights are 0. */
  readonly deadInputs: readonly number[];
  /** Engine cycles and host words; null on a backend without an engine. */
  readonly engine: EngineWork | null;
  /** For people: which arithmetic produced the answer. */
  readonly method: string;
  /** Absent on a backend that does not tell. */
  readonly quality?: SolveQuality;
}

/** What an engine did for one solve. */
export interface EngineWork {
  readonly gramCycles: number;
  readonly cholCycles: number;
  /** Substitutions from the last row, those of refinement included. */
  readonly backCycles: number;
  /** Substitutions from the first row; only refinement makes them. Absent: none. */
  readonly fsubCycles?: number;
  /** Words moved over the host port. */
  readonly hostWords: number;
  readonly lanes: number;
  readonly wordBits: number;
  /** 'rtl-wasm', 'functional', 'board' or 'card'. */
  readonly level: string;
}

export interface SolveContext {
  readonly host: Host;
  readonly abort?: AbortFlag;
  /** Called with the fraction done (0..1) and a short text. */
  readonly onProgress?: (fraction: number, message: string) => void;
}

export interface BackendInfo {
  readonly kind: 'cpu' | 'sim' | 'serial' | 'xrt';
  /** For people: which device answers. */
  readonly device: string;
  /** Hash of the image that computes, or a version. */
  readonly image: string;
  /** Something the user should know, e.g. a fall-back. */
  readonly note: string | null;
}

/** Solves ridge problems. One problem at a time. */
export interface Backend {
  readonly info: BackendInfo;
  /** Rejects with AbortError when cancelled, with TierwiseError (category backend) when the device fails. */
  solve(problem: RidgeProblem, context: SolveContext): Promise<RidgeSolution>;
  dispose(): Promise<void>;
}
