/** Every code the checker of a plan can give. Stable: people filter on them and docs/tier-language.md explains each. */
export const diagnosticCodes = [
  'syntax-error',
  'unterminated-string',
  'unterminated-comment',
  'plan-too-large',
  'too-many-findings',
  'duplicate-clause',
  'missing-clause',
  'misplaced-clause',
  'missing-file',
  'path-outside-folder',
  'model-unreadable',
  'unknown-target',
  'unknown-word',
  'unknown-layer',
  'unknown-block',
  'duplicate-layer',
  'layer-not-solvable',
  'reversed-range',
  'empty-range',
  'tier-order',
  'module-order',
  'module-mismatch',
  'duplicate-tier-name',
  'bad-unit',
  'value-out-of-range',
  'budget-exceeded',
  'budget-uncertain',
  'budget-unknown',
] as const;

/** One of the stable codes above. */
export type PlanCode = (typeof diagnosticCodes)[number];
