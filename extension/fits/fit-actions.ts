import * as vscode from 'vscode';
import { compareNamed, type NamedModel } from '../commands/compare.ts';
import { openModel } from '../commands/models.ts';
import type { TierwiseContext } from '../context.ts';
import { inert } from '../inert.ts';
import { baseName } from '../to-view.ts';
import { explainTrust } from '../trust.ts';
import type { FitEntry } from './entry.ts';
import type { FitHistory } from './fit-history.ts';
import { entryDescription, entryName, entryWhen } from './fit-text.ts';
import { fitsView, textWorld, type FitNode } from './fits-tree.ts';

const messageMs = 8000;

/** Puts the tree of fits in front. */
export async function showFits(): Promise<void> {
  await vscode.commands.executeCommand(`${fitsView}.focus`);
}

/** Takes back the newest fit of a plan: what was there before comes back, byte for byte. */
export async function undoFit(context: TierwiseContext, plan: vscode.Uri): Promise<void> {
  const history = mayChange(context);
  if (!history) return;
  const step = await history.undoStep(plan.toString());
  if (step.kind === 'nothing') return sayNothing(step.why);
  const { t } = vscode.l10n;
  const name = entryName(step.fit, t);
  const output = fileName(step.fit);
  if (step.file === 'changed') {
    const anyway = t('Undo anyway');
    const text = t(
      '{0} was changed after {1} wrote it, by something else than a fit of this window. Undo replaces it; a copy of it is kept in the list of fits.',
      output,
      name,
    );
    if ((await vscode.window.showWarningMessage(text, { modal: true }, anyway)) !== anyway) return;
  }
  await history.undo(step);
  await context.plans.refresh(plan);
  const done =
    step.to === null
      ? t('{0} was undone: there is no {1}, as before. Restore brings it back.', name, output)
      : t('{0} was undone: {1} is again {2}. Restore brings it back.', name, output, entryName(step.to, t));
  vscode.window.setStatusBarMessage(`$(discard) ${inert(done)}`, messageMs);
}

/** Makes a kept version the fitted model again. */
export async function restoreFit(context: TierwiseContext, given: unknown): Promise<void> {
  const history = mayChange(context);
  const entry = history && (await entryOf(context, given, vscode.l10n.t('Which fit should be restored?')));
  if (!history || !entry) return;
  if (!(await history.restore(entry))) return void vscode.window.showErrorMessage(damagedText(entry));
  await context.plans.refresh(vscode.Uri.parse(entry.plan, true));
  const text = vscode.l10n.t('{0} is {1} again.', fileName(entry), entryName(entry, vscode.l10n.t));
  vscode.window.setStatusBarMessage(`$(history) ${inert(text)}`, messageMs);
}

/** Deletes kept copies; the files beside the model stay. */
export async function deleteFit(context: TierwiseContext, given: unknown, selected: unknown): Promise<void> {
  const history = mayChange(context);
  if (!history) return;
  const several = entriesOf(selected);
  const one = several.length > 1 ? undefined : await entryOf(context, given, vscode.l10n.t('Which kept fit should be deleted?'));
  const entries = one ? [one] : several;
  const [first] = entries;
  if (!first) return;
  const remove = vscode.l10n.t('Delete');
  const text =
    entries.length === 1
      ? vscode.l10n.t(
          'Delete the kept copy of {0}? It cannot be restored then. Files beside the model stay.',
          entryName(first, vscode.l10n.t),
        )
      : vscode.l10n.t('Delete the kept copies of {0} fits? They cannot be restored then. Files beside the model stay.', entries.length);
  if ((await vscode.window.showWarningMessage(text, { modal: true }, remove)) !== remove) return;
  for (const entry of entries) await history.remove(entry);
}

/** Opens the kept model of a version; the one in use where it is. */
export async function openFit(context: TierwiseContext, given: unknown): Promise<void> {
  const entry = await entryOf(context, given, vscode.l10n.t('Which fit should be opened?'));
  if (entry && context.fitHistory) await openModel(vscode.Uri.parse(context.fitHistory.modelOf(entry), true));
}

/**
 * Compares two fits, or a fit with the model it was made from. Two selected rows are compared, the older one first; of one the other
 * side is asked for.
 */
export async function compareFits(context: TierwiseContext, given: unknown, selected: unknown): Promise<void> {
  const history = context.fitHistory;
  if (!history) return sayNoFolder();
  const chosen = entriesOf(selected);
  const after =
    chosen.length === 2 ? chosen.toSorted((a, b) => b.id - a.id)[0] : await entryOf(context, given, vscode.l10n.t('Compare which fit?'));
  if (!after) return;
  const other = chosen.length === 2 ? chosen.find((entry) => entry.id !== after.id) : undefined;
  const before = other ? sideOf(history, other) : await pickBefore(context, history, after);
  if (!before) return;
  const now = sideOf(history, after);
  // Times are in the heading of the page: in its tab they would hide which plan it is about.
  const plan = baseName(vscode.Uri.parse(after.plan, true).path);
  await compareNamed(context, vscode.l10n.t('{0} and {1} of {2}', before.name, now.name, plan), before, now);
}

/** A side of a comparison: a short name for titles, and one with its time. */
interface FitSide extends NamedModel {
  readonly name: string;
}

function sideOf(history: FitHistory, entry: FitEntry): FitSide {
  const world = textWorld();
  const name = entryName(entry, world.t);
  const label = vscode.l10n.t('{0} of {1}', name, entryWhen(entry, world));
  return { name, label, model: vscode.Uri.parse(history.modelOf(entry), true) };
}

async function pickBefore(context: TierwiseContext, history: FitHistory, after: FitEntry): Promise<FitSide | undefined> {
  const plan = vscode.Uri.parse(after.plan, true);
  const world = textWorld();
  const { entries, current } = await history.of(after.plan);
  const { energy, check } = context.plans.snapshot(plan);
  const original = check?.model ?? energy?.model;
  const others = entries.filter(({ id }) => id !== after.id);
  const items = [
    ...(original === undefined
      ? []
      : [
          {
            label: `$(file) ${inert(baseName(original))}`,
            description: vscode.l10n.t('the model before any fit'),
            side: { name: baseName(original), label: baseName(original), model: vscode.Uri.file(original) },
          },
        ]),
    ...others.map((entry) => ({
      label: `$(history) ${entryName(entry, world.t)}`,
      description: inert(entryDescription(entry, entry.id === current?.id, world)),
      side: sideOf(history, entry),
    })),
  ];
  const placeHolder = vscode.l10n.t('Compare {0} with\u2026 (what you choose is the side before)', entryName(after, world.t));
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.side;
}

/** The version that is meant: that of the row, else the one that is picked. */
async function entryOf(context: TierwiseContext, given: unknown, placeHolder: string): Promise<FitEntry | undefined> {
  if (isFitNode(given)) return given.entry;
  const plan = context.plans.active;
  if (!context.fitHistory) return void sayNoFolder();
  const { entries, current } = plan ? await context.fitHistory.of(plan.toString()) : { entries: [], current: null };
  if (entries.length === 0) return void sayNothing('no-fit');
  const world = textWorld();
  const items = entries.map((entry) => ({
    label: `$(${entry === current ? 'pass-filled' : 'history'}) ${entryName(entry, world.t)}`,
    description: inert(entryDescription(entry, entry === current, world)),
    entry,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.entry;
}

/** The history where files may be written now; undefined, with the reason, where they may not. */
function mayChange(context: TierwiseContext): FitHistory | undefined {
  if (!vscode.workspace.isTrusted) {
    const why = vscode.l10n.t('Undoing and restoring fits is blocked in a restricted workspace, because it writes files beside the model.');
    return void explainTrust(why);
  }
  if (context.fits.running) {
    const wait = vscode.l10n.t('A fit is running. Wait for it or cancel it; then fits can be undone and restored.');
    return void vscode.window.showInformationMessage(wait);
  }
  if (!context.fitHistory) return void sayNoFolder();
  return context.fitHistory;
}

function sayNothing(why: 'no-fit' | 'not-ours' | 'before-lost'): void {
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

function sayNoFolder(): void {
  void vscode.window.showInformationMessage(vscode.l10n.t('Fits are kept for the open folder. Open one first.'));
}

const damagedText = (entry: FitEntry): string =>
  vscode.l10n.t(
    'The kept copy of {0} is damaged or gone, so it was not restored (fit-copy-damaged). Fit again, or delete it from the list.',
    entryName(entry, vscode.l10n.t),
  );

const fileName = ({ output }: FitEntry): string => baseName(vscode.Uri.parse(output, true).path);

function isFitNode(value: unknown): value is FitNode & { kind: 'fit' } {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'fit' && 'entry' in value;
}

const entriesOf = (selected: unknown): readonly FitEntry[] =>
  Array.isArray(selected) ? selected.filter(isFitNode).map(({ entry }) => entry) : [];
