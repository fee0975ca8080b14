import type { PageCommand, PageName } from '../../webview/messages/index.ts';

/** The command of VS Code behind each that a page may ask for. Also the list that messages of pages are checked against. */
export const hostCommands: Readonly<Record<PageCommand, string>> = {
  fit: 'tierwise.fitLowerTier',
  'cancel-fit': 'tierwise.cancelFit',
  'open-plan': 'tierwise.openPlan',
  'open-sample': 'tierwise.openSample',
  'open-report': 'tierwise.openReport',
  'export-report': 'tierwise.exportReport',
  refresh: 'tierwise.refresh',
  'create-plan': 'tierwise.createPlan',
  'open-fitted': 'tierwise.openFitted',
  learn: 'tierwise.learnFromData',
  'stop-learning': 'tierwise.stopLearning',
  'open-learning': 'tierwise.openLearning',
  'open-learned': 'tierwise.openLearned',
  optimise: 'tierwise.optimiseEnergy',
  'stop-optimise': 'tierwise.stopOptimise',
  'open-optimised': 'tierwise.openOptimised',
  'reveal-optimised': 'tierwise.revealOptimised',
  'compare-optimised': 'tierwise.compareOptimised',
  'delete-optimised': 'tierwise.deleteOptimised',
  sparsify: 'tierwise.sparsify',
  'stop-sparsify': 'tierwise.stopSparsify',
  'open-sparsified': 'tierwise.openSparsified',
  'reveal-sparsified': 'tierwise.revealSparsified',
  'compare-sparsified': 'tierwise.compareSparsified',
  'delete-sparsified': 'tierwise.deleteSparsified',
  'run-compound': 'tierwise.runCompound',
  'resume-compound': 'tierwise.resumeCompound',
  'restart-compound': 'tierwise.restartCompound',
  'stop-compound': 'tierwise.stopCompound',
  'open-compound-log': 'tierwise.openCompoundLog',
  'simulate-switching': 'tierwise.simulateSwitching',
  'stop-switching': 'tierwise.stopSwitching',
  'manage-trust': 'workbench.trust.manage',
};

/** The pages, as data: a message says which one it comes from. */
export const pageNames = [
  'report',
  'tiers',
  'model',
  'learning',
  'optimise',
  'sparsity',
  'compound',
] as const satisfies readonly PageName[];
