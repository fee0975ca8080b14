/** Where a number comes from, weakest last: a meter, a simulation of the real circuit, a published model, a guess. */
export type Source = 'measured' | 'simulated' | 'modelled' | 'assumed';

/** Units a quantity may carry. SI base units in storage; scaling happens only where a number is shown. */
export type Unit = 'J' | 's' | 'W' | '1' | '1/J';

/**
 * A number with its provenance. Invariants: `low <= value <= high`, `ref` not empty.
 * No joule leaves the solver core in any other form.
 */
export interface Quantity<U extends Unit = Unit> {
  readonly value: number;
  readonly unit: U;
  readonly low: number;
  readonly high: number;
  readonly source: Source;
  /** Names the tables, formulas or sensors the value rests on, separated by "; ". */
  readonly ref: string;
}
