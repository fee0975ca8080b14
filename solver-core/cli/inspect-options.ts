/** Options of `inspect` about the weights of one layer, for the parser. */
export const inspectOptions = {
  before: { type: 'string' },
  bins: { type: 'string' },
} as const;

/** What was given of them. */
export interface InspectWords {
  readonly before?: string | undefined;
  readonly bins?: string | undefined;
}
