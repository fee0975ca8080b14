import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { showError } from '../errors-ui.ts';
import { revisionsOf } from '../git-revisions.ts';
import { inert } from '../inert.ts';
import { escapeMarkdown } from '../markdown.ts';
import { nameSides } from '../name-sides.ts';
import { validRevision } from '../revision-text.ts';
import { savePlan } from '../save-plan.ts';
import { refuseFar } from '../far-file.ts';
import { baseName } from '../to-view.ts';
import { explainTrust } from '../trust.ts';
import { activeModel } from './create-plan.ts';

const maxFilesListed = 200;

/** Compares a plan or model as it is on disk with its newest commit. */
export async function compareWithHead(context: TierwiseContext, given: vscode.Uri | undefined): Promise<void> {
  const file = given ?? fileInFront(context);
  if (!file) return sayNothingToCompare();
  if (refuseFar(file)) return;
  await compareWithRevision(context, file, 'HEAD');
}

/** Compares a plan or model with a revision or another file that the user picks. */
export async function compareWith(context: TierwiseContext, given: vscode.Uri | undefined): Promise<void> {
  const file = given ?? fileInFront(context);
  if (!file) return sayNothingToCompare();
  if (refuseFar(file)) return;
  const choice = await vscode.window.showQuickPick(choices(file), {
    placeHolder: vscode.l10n.t('Compare {0} with\u2026 (what you choose is the side before)', baseName(file.path)),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (choice?.revision !== undefined) return compareWithRevision(context, file, choice.revision);
  if (choice?.other) return compareFiles(context, choice.other, file);
  if (choice?.ask === 'revision') {
    const revision = await askRevision();
    if (revision !== undefined) await compareWithRevision(context, file, revision);
  }
  if (choice?.ask === 'file') {
    const picked = await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Compare {0} with', baseName(file.path)),
      openLabel: vscode.l10n.t('Compare'),
      defaultUri: vscode.Uri.joinPath(file, '..'),
      filters: { [vscode.l10n.t('Plans and models')]: ['tiers', 'onnx'] },
    });
    if (picked?.[0]) await compareFiles(context, picked[0], file);
  }
}

/** Compares two files: per-layer energy, and accuracy where records tell it. */
export async function compareFiles(context: TierwiseContext, before: vscode.Uri, after: vscode.Uri): Promise<void> {
  const title = vscode.l10n.t('{0} and {1}', baseName(before.path), baseName(after.path));
  if (!(await savePlan(before, notSaved(before)))) return;
  await compare(context, before.fsPath, after, title);
}

/** A model by a name that says more to people than its path, e.g. of a kept copy. */
export interface NamedModel {
  readonly label: string;
  readonly model: vscode.Uri;
}

/** Compares two models that have names of their own; a line in front says which side is which. `title` names the page. */
export async function compareNamed(context: TierwiseContext, title: string, before: NamedModel, after: NamedModel): Promise<void> {
  const heading = vscode.l10n.t('Before: **{0}**. After: **{1}**.', escapeMarkdown(before.label), escapeMarkdown(after.label));
  await compare(context, before.model.fsPath, after.model, title, (text) =>
    nameSides(text, heading, { before: before.label, after: after.label }),
  );
}

async function compareWithRevision(context: TierwiseContext, file: vscode.Uri, revision: string): Promise<void> {
  const why = vscode.l10n.t(
    'Comparing with a revision is blocked in a restricted workspace, because it runs git in a folder whose settings nobody has vouched for. Comparing two files is allowed.',
  );
  if (!vscode.workspace.isTrusted) return explainTrust(why);
  await compare(context, `${revision}:${file.fsPath}`, file, vscode.l10n.t('{0} at {1} and now', baseName(file.path), revision));
}

async function compare(
  context: TierwiseContext,
  before: string,
  after: vscode.Uri,
  title: string,
  dress = (text: string): string => text,
): Promise<void> {
  if (!(await savePlan(after, notSaved(after)))) return;
  const { energyTarget } = context.settings.current;
  try {
    const place = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Comparing {0}', title), cancellable: true };
    const { text } = await vscode.window.withProgress(place, (_progress, token) => {
      const params = { before, after: after.fsPath, format: 'md' as const, ...(energyTarget === '' ? {} : { target: energyTarget }) };
      return context.solver.request('tierwise/diff', params, { token });
    });
    await context.results.show(title, dress(text));
  } catch (error) {
    await showError(context.log, vscode.l10n.t('{0} could not be compared', baseName(after.path)), error);
  }
}

const notSaved = (file: vscode.Uri): string => vscode.l10n.t('{0} could not be saved, so it was not compared.', baseName(file.path));

/** Puts the comparison (or calibration) in front onto the clipboard, as Markdown. */
export async function copyResult(context: TierwiseContext): Promise<void> {
  const text = context.results.current;
  if (text === undefined) return void vscode.window.showInformationMessage(vscode.l10n.t('There is no comparison to copy yet.'));
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(vscode.l10n.t('Copied as Markdown.'), 4000);
}

interface Choice extends vscode.QuickPickItem {
  readonly revision?: string;
  readonly other?: vscode.Uri;
  readonly ask?: 'revision' | 'file';
}

async function choices(file: vscode.Uri): Promise<Choice[]> {
  const separator = (label: string): Choice => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const revisions = vscode.workspace.isTrusted ? await revisionsOf(file) : [];
  const all = await vscode.workspace.findFiles('**/*.{tiers,onnx}', '**/node_modules/**', maxFilesListed);
  const others = all.filter((uri) => uri.scheme === 'file' && uri.toString() !== file.toString());
  others.sort((a, b) => rank(a, file) - rank(b, file) || a.path.localeCompare(b.path));
  return [
    separator(vscode.l10n.t('Revisions')),
    { label: '$(git-commit) HEAD', description: vscode.l10n.t('the newest commit'), revision: 'HEAD' },
    ...revisions.map(({ name, title, when }): Choice => {
      return { label: `$(git-commit) ${name.slice(0, 12)}`, description: inert(title), detail: when, revision: name };
    }),
    { label: `$(edit) ${vscode.l10n.t('Another revision\u2026')}`, ask: 'revision' },
    separator(vscode.l10n.t('Plans and models')),
    ...others.map((uri): Choice => {
      return {
        label: `$(file) ${inert(baseName(uri.path))}`,
        description: inert(vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..'))),
        other: uri,
      };
    }),
    { label: `$(folder-opened) ${vscode.l10n.t('Choose a file\u2026')}`, ask: 'file' },
  ];
}

/** Files of the same kind in the same folder come first. */
function rank(uri: vscode.Uri, file: vscode.Uri): number {
  const ending = (path: string): string => path.slice(path.lastIndexOf('.'));
  const folder = (path: string): string => path.slice(0, path.lastIndexOf('/'));
  return (ending(uri.path) === ending(file.path) ? 0 : 2) + (folder(uri.path) === folder(file.path) ? 0 : 1);
}

async function askRevision(): Promise<string | undefined> {
  return vscode.window.showInputBox({
    prompt: vscode.l10n.t('A commit, branch or tag'),
    placeHolder: 'main~3',
    validateInput: (text) => (validRevision(text) ? undefined : vscode.l10n.t('A revision has no spaces and does not begin with a dash.')),
  });
}

/** The plan or model that is meant when none was named: the one in the active tab, else the active plan. */
function fileInFront(context: TierwiseContext): vscode.Uri | undefined {
  const edited = vscode.window.activeTextEditor?.document;
  if (edited?.languageId === 'tiers' && edited.uri.scheme === 'file') return edited.uri;
  return activeModel() ?? context.plans.active;
}

function sayNothingToCompare(): void {
  void vscode.window.showInformationMessage(vscode.l10n.t('Open a plan or a model first: it is what will be compared.'));
}
