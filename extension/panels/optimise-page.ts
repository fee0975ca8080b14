import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { optimiseTrustText } from '../optimise-messages.ts';
import type { OptimiseRun } from '../optimise-run.ts';
import { openTextHash } from '../plan-text-hash.ts';
import { optimiseView } from '../to-optimise-view.ts';
import { pageStrings } from './page-host.ts';
import { PlanPage } from './plan-page.ts';

/** The search for cheaper weights: what to search for, the curve while it grows, and the result. */
export type OptimisePage = PlanPage<OptimiseRun>;

export function createOptimisePage(context: TierwiseContext): OptimisePage {
  const { optimise, plans } = context;
  return new PlanPage(context, {
    panelType: 'tierwise.optimisePanel',
    page: 'optimise',
    title: () => vscode.l10n.t('Optimise energy'),
    trust: optimiseTrustText,
    runner: optimise,
    view: (plan) => {
      const { inspect, fit } = plans.known(plan) ?? {};
      const hashes = inspect ? [inspect.model.sha256, ...(fit ? [fit.hashes.output] : [])] : [];
      const view = optimiseView(optimise.run(plan), optimise.options, hashes, openTextHash(plan), vscode.l10n.t);
      return { kind: 'optimise', strings: pageStrings(), view };
    },
    handlers: (planShown) => ({
      onOptimise: (options, start) => {
        const plan = planShown();
        if (start === 'nothing' || !plan) return optimise.remember(options);
        void optimise.start(plan, options, start === 'write');
      },
    }),
  });
}
