import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { inert } from '../inert.ts';
import { askInTurn, type Question } from '../questions.ts';
import type { FitEntry } from './entry.ts';
import { entryDescription, entryName } from './fit-text.ts';
import { textWorld, type FitNode } from './fits-tree.ts';

/** The version that is meant: that of the row, else the one that is picked; says so where there is none. */
export async function entryOf(context: TierwiseContext, given: unknown, placeholder: string): Promise<FitEntry | undefined> {
  if (isFitNode(given)) return given.entry;
  const question = await whichFit(context, placeholder);
  return question && askInTurn((ask) => ask(question));
}

/** The question for one of the kept fits of the active plan; undefined, and said so, where there is none. */
export async function whichFit(context: TierwiseContext, placeholder: string): Promise<Question<FitEntry> | undefined> {
  const plan = context.plans.active;
  if (!context.fitHistory) return void sayNoFolder();
  const { entries, current } = plan ? await context.fitHistory.of(plan.toString()) : { entries: [], current: null };
  if (entries.length === 0) return void sayNothing('no-fit');
  const world = textWorld();
  const answers = entries.map((entry) => ({
    label: `$(${entry === current ? 'pass-filled' : 'history'}) ${entryName(entry, world.t)}`,
    description: inert(entryDescription(entry, entry === current, world)),
    value: entry,
  }));
  return { placeholder, answers };
}

/** The fits of the rows that are selected in the tree. */
export const entriesOf = (selected: unknown): readonly FitEntry[] =>
  Array.isArray(selected) ? selected.filter(isFitNode).map(({ entry }) => entry) : [];

export function isFitNode(value: unknown): value is FitNode & { kind: 'fit' } {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'fit' && 'entry' in value;
}

/** Says why there is no fit to act on. */
export function sayNothing(why: 'no-fit' | 'not-ours' | 'before-lost'): void {
  const texts: Readonly<Record<typeof why, string>> = {
    'no-fit': vscode.l10n.t('No fit of this plan is kept: none was made in this workspace yet, or all were deleted.'),
    'not-ours': vscode.l10n.t(
      'The fitted model in use was not written by a fit of this list, so there is nothing to undo. Another fit can be restored.',
    ),
    'before-lost': vscode.l10n.t(
      'What was there before this fit is not kept any more: the list holds the newest ten, up to 1 GiB. Restore another fit, or delete the fitted model.',
    ),
  };
  void vscode.window.showInformationMessage(texts[why]);
}

export function sayNoFolder(): void {
  void vscode.window.showInformationMessage(vscode.l10n.t('Fits are kept for the open folder. Open one first.'));
}
