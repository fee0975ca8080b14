import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { openTextHash } from '../plan-text-hash.ts';
import { sparsifyTrustText } from '../sparsify-messages.ts';
import type { SparsifyRun } from '../sparsify-run.ts';
import { sparsityView } from '../to-sparsity-view.ts';
import { pageStrings } from './page-host.ts';
import { PlanPage } from './plan-page.ts';

/** Making activations sparse: what may be lost, the curve while it grows, and the result. */
export type SparsityPage = PlanPage<SparsifyRun>;

export function createSparsityPage(context: TierwiseContext): SparsityPage {
  const { sparsify, plans } = context;
  return new PlanPage(context, {
    panelType: 'tierwise.sparsityPanel',
    page: 'sparsity',
    title: () => vscode.l10n.t('Sparsify activations'),
    trust: sparsifyTrustText,
    runner: sparsify,
    view: (plan) => {
      const { inspect, fit } = plans.known(plan) ?? {};
      const hashes = inspect ? [inspect.model.sha256, ...(fit ? [fit.hashes.output] : [])] : [];
      const view = sparsityView(sparsify.run(plan), sparsify.options, hashes, openTextHash(plan), vscode.l10n.t);
      return { kind: 'sparsity', strings: pageStrings(), view };
    },
    handlers: (planShown) => ({
      onSparsify: (options, start) => {
        const plan = planShown();
        if (start === 'nothing' || !plan) return sparsify.remember(options);
        void sparsify.start(plan, options, start === 'write');
      },
    }),
  });
}
