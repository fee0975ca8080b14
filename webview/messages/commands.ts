/** What a button of a page may ask of the host, as data: a message from either side is checked against it. */
export const pageCommands = [
  'fit',
  'cancel-fit',
  'open-plan',
  'open-sample',
  'open-report',
  'export-report',
  'refresh',
  'create-plan',
  'open-fitted',
  'learn',
  'stop-learning',
  'open-learning',
  'open-learned',
  'optimise',
  'stop-optimise',
  'open-optimised',
  'reveal-optimised',
  'compare-optimised',
  'delete-optimised',
  'sparsify',
  'stop-sparsify',
  'open-sparsified',
  'reveal-sparsified',
  'compare-sparsified',
  'delete-sparsified',
  'run-compound',
  'resume-compound',
  'restart-compound',
  'stop-compound',
  'open-compound-log',
  'simulate-switching',
  'stop-switching',
  'manage-trust',
] as const;

/** Commands a page may ask for; the host knows what each runs. */
export type PageCommand = (typeof pageCommands)[number];

/** The pages, by the names of their scripts. */
export const pageNames = ['report', 'tiers', 'model', 'learning', 'optimise', 'sparsity', 'compound'] as const;

/** One of the pages. */
export type PageName = (typeof pageNames)[number];
