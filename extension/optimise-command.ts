import * as v from 'valibot';
import * as vscode from 'vscode';
import type { SelectDocument, SelectPoint } from '../solver-core/protocol/index.ts';
import type { OptimiseOptions } from '../webview/messages/index.ts';
import { announceWritten, optimiseTrustText } from './optimise-messages.ts';
import { defaultOptions } from './optimise-run.ts';
import { optimiseOptionsSchema } from './panels/page-messages.ts';
import type { RunnerServices } from './plan-runner.ts';
import { SearchRunner, type SearchKind } from './search-runner.ts';
import { parseSelectRecord } from './select-record.ts';

/** Searches for weights that cost less energy. */
export type OptimiseRunner = SearchRunner<OptimiseOptions, SelectPoint, SelectDocument>;

export function createOptimiseRunner(services: RunnerServices): OptimiseRunner {
  return new SearchRunner(services, kind);
}

const kind: SearchKind<OptimiseOptions, SelectPoint, SelectDocument> = {
  key: 'optimise',
  contextKey: 'tierwise.optimising',
  defaults: defaultOptions,
  parseOptions: (saved) => {
    const result = v.safeParse(optimiseOptionsSchema, saved);
    return result.success ? result.output : undefined;
  },
  parseDocument: (value) => parseSelectRecord(value),
  request: ({ solver }, plan, options, writes, progress) =>
    solver.request('tierwise/select', { path: plan.fsPath, ...options, trial: !writes }, progress),
  pointOf: ({ point }) => point,
  announce: announceWritten,
  words: {
    trust: optimiseTrustText,
    busy: () => vscode.l10n.t('A search is under way already. Stop it first, or wait for it.'),
    title: (name, writes) =>
      writes ? vscode.l10n.t('Writing the optimised model of {0}', name) : vscode.l10n.t('Searching for cheaper weights for {0}', name),
    unsaved: (name) => vscode.l10n.t('{0} could not be saved, so nothing was searched.', name),
    failed: (name) => vscode.l10n.t('The search for {0} failed', name),
    stopped: () => vscode.l10n.t('The search was stopped. Nothing was written.'),
    nothingWritten: () => vscode.l10n.t('No model was written for this plan.'),
  },
};
