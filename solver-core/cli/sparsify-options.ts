/** Options of `sparsify` and of `eval` on texts, for the parser. */
export const sparsifyOptions = {
  'max-loss': { type: 'string' },
  per: { type: 'string' },
  'no-correct': { type: 'boolean' },
  without: { type: 'string', multiple: true },
  tokens: { type: 'string' },
  context: { type: 'string' },
  engine: { type: 'string' },
} as const;

/** What was given of them, as text. */
export interface SparsifyWords {
  readonly 'max-loss'?: string | undefined;
  readonly per?: string | undefined;
  readonly 'no-correct'?: boolean | undefined;
  readonly without?: readonly string[] | undefined;
  readonly tokens?: string | undefined;
  readonly context?: string | undefined;
  readonly engine?: string | undefined;
}
