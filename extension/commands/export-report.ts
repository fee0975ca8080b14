import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { showError } from '../errors-ui.ts';
import { baseName } from '../to-view.ts';

type ReportFormat = 'html' | 'md' | 'csv' | 'json';

/** Renders the report in the solver, of what the views show, and writes it where the user says. Without `given` the format is asked for. */
export async function exportReport(context: TierwiseContext, plan: vscode.Uri, given?: ReportFormat): Promise<void> {
  const format = given ?? (await pickFormat());
  if (!format) return;
  try {
    const { path, text, target: energyTarget } = context.plans.question(plan);
    const unsaved = text === undefined ? {} : { text };
    const chosen = energyTarget === undefined ? {} : { target: energyTarget };
    const rendering = context.solver.request('tierwise/report', { path, format, ...unsaved, ...chosen });
    // The dialog may stay open for long; a failure meanwhile is reported below, not as an unhandled rejection.
    rendering.catch(() => undefined);
    const name = `${baseName(plan.path).replace(/\.(tiers|onnx)$/i, '')}.report.${format}`;
    const target = await vscode.window.showSaveDialog({
      defaultUri: vscode.Uri.joinPath(plan, '..', name),
      filters: { [format.toUpperCase()]: [format] },
      saveLabel: vscode.l10n.t('Export'),
    });
    if (!target) return;
    const rendered = await rendering;
    await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(rendered.text));
    void offerToOpen(target, format);
  } catch (error) {
    await showError(context.log, vscode.l10n.t('The report could not be exported'), error);
  }
}

async function pickFormat(): Promise<ReportFormat | undefined> {
  const items: readonly { readonly label: string; readonly description: string; readonly format: ReportFormat }[] = [
    { label: 'HTML', description: vscode.l10n.t('one page with charts, for reading'), format: 'html' },
    { label: 'Markdown', description: vscode.l10n.t('for documents and merge requests'), format: 'md' },
    { label: 'CSV', description: vscode.l10n.t('for spreadsheets'), format: 'csv' },
    { label: 'JSON', description: vscode.l10n.t('for programs, with every band and source'), format: 'json' },
  ];
  return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Export the energy report as') }))?.format;
}

/** A page is shown by a browser. One on another machine cannot read the file: there it is shown where it can be downloaded. */
async function offerToOpen(target: vscode.Uri, format: ReportFormat): Promise<void> {
  const isFar = format === 'html' && (vscode.env.remoteName !== undefined || vscode.env.uiKind === vscode.UIKind.Web);
  const open = isFar ? vscode.l10n.t('Show in explorer') : vscode.l10n.t('Open');
  const choice = await vscode.window.showInformationMessage(vscode.l10n.t('The report was written to {0}.', baseName(target.path)), open);
  if (choice !== open) return;
  if (isFar) await vscode.commands.executeCommand('revealInExplorer', target);
  else if (format === 'html') await vscode.env.openExternal(target);
  else await vscode.window.showTextDocument(target);
}
