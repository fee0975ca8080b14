import * as vscode from 'vscode';
import type { CompoundRun } from '../compound-run.ts';
import { compoundTrustText } from '../compound-messages.ts';
import type { TierwiseContext } from '../context.ts';
import { openTextHash } from '../plan-text-hash.ts';
import { compoundView } from '../to-compound-view.ts';
import { pageStrings } from './page-host.ts';
import { PlanPage } from './plan-page.ts';

/** A compound model on a stream: every decision with its joules while it runs, and the record afterwards. */
export type CompoundPage = PlanPage<CompoundRun>;

export function createCompoundPage(context: TierwiseContext): CompoundPage {
  const { compound } = context;
  /** Decisions of the run that the page has already; undefined: none of what it may have is of this run. */
  let told: { readonly run: number; readonly upTo: number } | undefined;
  let inspected: number | null = null;
  return new PlanPage(context, {
    panelType: 'tierwise.compoundPanel',
    page: 'compound',
    title: () => vscode.l10n.t('Compound model'),
    trust: compoundTrustText,
    runner: compound,
    view: (plan) => {
      const run = compound.run(plan);
      const known = told?.run === run.number ? told.upTo : null;
      if (known === null) inspected = null;
      told = { run: run.number, upTo: run.decisions.at(-1)?.index ?? -1 };
      const view = compoundView(run, { known, inspected, planHash: openTextHash(plan) }, vscode.l10n.t);
      return { kind: 'compound', strings: pageStrings(), view };
    },
    forget: () => {
      told = undefined;
    },
    handlers: (_plan, update) => ({
      onInspect: (index) => {
        inspected = index;
        update();
      },
    }),
  });
}
