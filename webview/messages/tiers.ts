export interface TierView {
  readonly kind: 'lower' | 'upper';
  readonly name: string;
  readonly layers: readonly string[];
  readonly canFit: boolean;
  /** An upper tier that can learn from data now. */
  readonly canLearn?: boolean;
}

export interface TiersView {
  readonly plan: string | null;
  readonly model: string | null;
  readonly backend: string;
  readonly target: string;
  readonly tiers: readonly TierView[];
  readonly frozen: readonly string[];
  readonly fitting: { readonly message: string; readonly fraction: number | null } | null;
  /** A learning run that is under way, or the newest of this window; null when there is none. */
  readonly learning?: { readonly running: boolean; readonly text: string } | null;
  /** `detail` says what the result was measured by and on. */
  readonly lastFit: { readonly before: string; readonly after: string; readonly stale: boolean; readonly detail?: string } | null;
  readonly errors: number;
}
