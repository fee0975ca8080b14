/** Options of `select`, for the parser. */
export const selectOptions = {
  'max-drop': { type: 'string' },
  bits: { type: 'string' },
  values: { type: 'string' },
  'set-size': { type: 'string' },
  method: { type: 'string' },
  cell: { type: 'string' },
  trial: { type: 'boolean' },
} as const;

/** What was given of them, as text. */
export type SelectWords = {
  readonly [name in keyof typeof selectOptions]?: ((typeof selectOptions)[name]['type'] extends 'boolean' ? boolean : string) | undefined;
};
