/** A quantity as pages show it: text for people, numbers for charts. */
export interface FigureView {
  readonly text: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly bandText: string;
  readonly source: 'measured' | 'simulated' | 'modelled' | 'assumed';
  readonly ref: string;
}

/** Joules for a chart, with what every figure of energy carries. */
export interface JoulesView {
  readonly value: number;
  readonly unit: 'J';
  readonly low: number;
  readonly high: number;
  readonly source: FigureView['source'];
  readonly ref: string;
}
