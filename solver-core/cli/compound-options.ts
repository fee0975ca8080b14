/** Options of `compound` alone, for the parser. */
export const compoundOptions = { stream: { type: 'string' } } as const;

/** What was given of them, as text. */
export interface CompoundWords {
  readonly stream?: string | undefined;
}
