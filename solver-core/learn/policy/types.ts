/** Joules with bounds, as the energy part computes them; 0 <= lowJ <= valueJ <= highJ. */
export interface EnergyJ {
  readonly valueJ: number;
  readonly lowJ: number;
  readonly highJ: number;
}

/**
 * 'always': update on every batch. 'never': only skip. 'gain': the two stages of method 3.8.
 * The first two are the baselines and take no notice of budgets.
 */
export type PolicyKind = 'always' | 'never' | 'gain';

export interface PolicyOptions {
  readonly kind: PolicyKind;
  /** x of `update when gain per joule > x`: avoided errors per joule; undefined: no such rule. */
  readonly gainPerJoule?: number | undefined;
  /** Joules that each decision adds to the bucket, and the most it holds (`budget … per update`: both its limit); undefined: no bucket. */
  readonly bucket?: { readonly refillJ: number; readonly capacityJ: number } | undefined;
  /** m: newest labelled samples held out for judging candidates. Default 64. */
  readonly window?: number;
  /** Predictions that an update is expected to serve. Default 1000. */
  readonly horizon?: number;
  /** Standard errors between the mean gain and its lower bound. Default 1. */
  readonly z?: number;
  /** Rows waiting to be learned that call for a decision by their number alone. Default 512. */
  readonly pendingLimit?: number;
  /** Most rows that wait; the oldest beyond them are let go unlearned. Default 65536. */
  readonly pendingKeep?: number;
}

/** What is known for nothing about one batch (stage 0). */
export interface BatchSignals {
  /** Labelled rows of the batch. */
  readonly rows: number;
  /** Signals of the drift monitors that are up; any one of them triggers, except 'ddm-warning'. */
  readonly drift: readonly string[];
  /** Labels never seen before, in this batch. */
  readonly newClasses: number;
  /**
   * Mean loss of the present head as far as known (`DriftState.ewma`): no update can avoid more. Left out or null: not known. With it,
   * a probe that could not pay for itself is not made.
   */
  readonly error?: number | null;
}

/** Which rows are what, as positions in the stream of labelled rows. */
export interface PolicyRows {
  /** Rows [from, to) wait to be learned: what a candidate absorbs. */
  readonly pending: { readonly from: number; readonly to: number };
  /** Rows [from, to) are V. */
  readonly window: { readonly from: number; readonly to: number };
}

/** Outcome of stage 0. */
export type Trigger =
  | { readonly kind: 'skip'; readonly state: PolicyState; readonly decision: PolicyDecision }
  /** Update without judging (baseline 'always'): learn the pending rows, then call `settle`. */
  | { readonly kind: 'act'; readonly state: PolicyState; readonly decision: PolicyDecision; readonly rows: PolicyRows }
  /** Estimate what a probe costs and ask `afford`; then build the candidates and call `decide`. */
  | { readonly kind: 'probe'; readonly state: PolicyState; readonly causes: readonly string[]; readonly rows: PolicyRows };

export type PolicyAction = 'update' | 'refit';

/** A candidate that was built and judged on V. */
export interface Candidate {
  readonly action: PolicyAction;
  /** Losses on V of the present head minus those of the candidate; `pairedDifference` makes it. */
  readonly difference: PairedDifference;
  /** Spent already: building the candidate and judging it. */
  readonly probe: EnergyJ;
  /** Further joules if it is chosen (0 when the candidate is simply kept). */
  readonly commit: EnergyJ;
}

export interface PairedDifference {
  readonly mean: number;
  /** Sample standard deviation (n−1); 0 for one sample. */
  readonly deviation: number;
  readonly count: number;
}

/** What was decided for one batch, and why. */
export interface PolicyDecision {
  readonly batch: number;
  readonly action: 'skip' | PolicyAction;
  /** One sentence. */
  readonly reason: string;
  /** Why the batch was looked at more closely; empty: it was not. */
  readonly causes: readonly string[];
  /** Expected errors avoided over the horizon, of the chosen or best candidate; null: not estimated. */
  readonly expectedGain: number | null;
  /** expectedGain per joule (high bound); null: not estimated. */
  readonly gainPerJoule: number | null;
  /** Spent on this batch beyond inference. */
  readonly energy: EnergyJ;
  /** Joules left in the bucket; null: no bucket. */
  readonly bucketJ: number | null;
  /** Joules that an avoided error is worth; null: no price. */
  readonly priceJ: number | null;
}

/** Outcome of asking whether a probe can be paid. */
export interface Affordance {
  readonly state: PolicyState;
  /** The skip when it cannot; null: go on. */
  readonly decision: PolicyDecision | null;
}

/** Outcome of the guard after an action. */
export interface Settlement {
  readonly state: PolicyState;
  /** True: put the head back as it was before the action. The energy stays spent. */
  readonly restored: boolean;
  readonly reason: string;
}

/** What the policy knows; plain values. */
export interface PolicyState {
  readonly options: Required<Omit<PolicyOptions, 'gainPerJoule' | 'bucket'>> & Pick<PolicyOptions, 'gainPerJoule' | 'bucket'>;
  /** Decisions so far. */
  readonly batches: number;
  /** Labelled rows seen, and how many of the oldest have been learned or let go. */
  readonly seen: number;
  readonly absorbed: number;
  /** Where `absorbed` stood before the action that `settle` judges. */
  readonly absorbedBefore: number;
  /** Looks in a row that gained nothing. */
  readonly refusals: number;
  /** Position in the stream before which waiting rows alone call for no look. */
  readonly quietUntil: number;
  /** Events that wait for a decision about rows up to `until`. */
  readonly latched: readonly { readonly cause: string; readonly until: number }[];
  /** Causes of the decision under way. */
  readonly causes: readonly string[];
  /** `BatchSignals.error` of the decision under way. */
  readonly error: number | null;
  readonly bucketJ: number | null;
  readonly priceJ: number | null;
  /** Spent by all decisions so far, modelled value. */
  readonly spentJ: number;
  readonly updates: number;
  readonly skips: number;
  readonly restored: number;
  /** Everything that was asked and answered, in order: `replay` comes to the same decisions from it. */
  readonly log: readonly PolicyEvent[];
}

/** One entry of the log: the inputs of a transition. */
export type PolicyEvent =
  | { readonly kind: 'observe'; readonly signals: BatchSignals; readonly decision: PolicyDecision | null }
  | { readonly kind: 'afford'; readonly cost: EnergyJ; readonly decision: PolicyDecision | null }
  | { readonly kind: 'decide'; readonly candidates: readonly Candidate[]; readonly decision: PolicyDecision }
  | { readonly kind: 'settle'; readonly difference: PairedDifference | null; readonly extra: EnergyJ; readonly restored: boolean };
