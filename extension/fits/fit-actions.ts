import * as vscode from 'vscode';
import { openModel } from '../commands/models.ts';
import type { TierwiseContext } from '../context.ts';
import { inert } from '../inert.ts';
import { baseName } from '../to-view.ts';
import { explainTrust } from '../trust.ts';
import type { FitEntry } from './entry.ts';
import { entriesOf, entryOf, sayNoFolder, sayNothing } from './fit-choice.ts';
import type { FitHistory } from './fit-history.ts';
import { entryName } from './fit-text.ts';
import { fitsView } from './fits-tree.ts';

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

const damagedText = (entry: FitEntry): string =>
  vscode.l10n.t(
    'The kept copy of {0} is damaged or gone, so it was not restored (fit-copy-damaged). Fit again, or delete it from the list.',
    entryName(entry, vscode.l10n.t),
  );

const fileName = ({ output }: FitEntry): string => baseName(vscode.Uri.parse(output, true).path);
