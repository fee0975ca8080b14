import * as v from 'valibot';
import * as vscode from 'vscode';
import type { SparsifyDocument, SparsifyPoint } from '../solver-core/protocol/index.ts';
import type { SparsifyOptions } from '../webview/messages/index.ts';
import { sparsifyOptionsSchema } from './panels/page-messages.ts';
import type { RunnerServices } from './plan-runner.ts';
import { SearchRunner, type SearchKind } from './search-runner.ts';
import { announceSparse, sparsifyTrustText } from './sparsify-messages.ts';
import { parseSparsifyRecord } from './sparsify-record.ts';
import { defaultSparsifyOptions } from './sparsify-run.ts';

/** Makes activations sparse by thresholds, without training. */
export type SparsifyRunner = SearchRunner<SparsifyOptions, SparsifyPoint, SparsifyDocument>;

export function createSparsifyRunner(services: RunnerServices): SparsifyRunner {
  return new SearchRunner(services, kind);
}

const kind: SearchKind<SparsifyOptions, SparsifyPoint, SparsifyDocument> = {
  key: 'sparsify',
  contextKey: 'tierwise.sparsifying',
  defaults: defaultSparsifyOptions,
  parseOptions: (saved) => {
    const result = v.safeParse(sparsifyOptionsSchema, saved);
    return result.success ? result.output : undefined;
  },
  parseDocument: (value) => parseSparsifyRecord(value),
  request: ({ solver }, plan, options, writes, progress) =>
    solver.request('tierwise/sparsify', { path: plan.fsPath, ...options, trial: !writes }, progress),
  pointOf: ({ sparsity }) => sparsity,
  announce: announceSparse,
  words: {
    trust: sparsifyTrustText,
    busy: () => vscode.l10n.t('Activations are being made sparse already. Stop that first, or wait for it.'),
    title: (name, writes) =>
      writes ? vscode.l10n.t('Writing the sparse model of {0}', name) : vscode.l10n.t('Searching for sparse activations for {0}', name),
    unsaved: (name) => vscode.l10n.t('{0} could not be saved, so nothing was searched.', name),
    failed: (name) => vscode.l10n.t('The search for sparse activations of {0} failed', name),
    stopped: () => vscode.l10n.t('The search was stopped. Nothing was written; the next one goes on from what it found.'),
    nothingWritten: () => vscode.l10n.t('No sparse model was written for this plan.'),
  },
};
