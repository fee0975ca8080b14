import * as vscode from 'vscode';
import type { DiffDocument, WeightChanges } from '../../solver-core/protocol/index.ts';
import type { CompareView } from '../../webview/messages/index.ts';
import type { TierwiseContext } from '../context.ts';
import { revisionsOf } from '../git-revisions.ts';
import { inert } from '../inert.ts';
import { toErrorData } from '../solver-error.ts';
import { baseName } from '../to-view.ts';
import { compareView } from '../to-weights-view.ts';
import { explainTrust } from '../trust.ts';

/** The earlier side of a comparison: a file, or a revision of the model itself. */
export interface CompareChoice {
  /** What the solver takes: a path or REVISION:path. */
  readonly before: string;
  readonly name: string;
}

const maxListed = 200;

interface Item extends vscode.QuickPickItem {
  readonly choice?: CompareChoice;
  readonly isFile?: true;
}

/** Asks for the model that is the earlier side; what was chosen for this model last stands first. undefined: nothing chosen. */
export async function chooseEarlier(context: TierwiseContext, model: vscode.Uri): Promise<CompareChoice | undefined> {
  const picked = await vscode.window.showQuickPick(itemsFor(context, model), {
    title: vscode.l10n.t('Compare {0} with\u2026', inert(baseName(model.path))),
    placeHolder: vscode.l10n.t('What you choose is the side before; {0} is the side after', inert(baseName(model.path))),
    matchOnDescription: true,
  });
  const choice = picked?.isFile === true ? await chooseFile(model) : picked?.choice;
  if (!choice) return undefined;
  if (isRevision(choice) && !vscode.workspace.isTrusted) {
    await explainTrust(
      vscode.l10n.t(
        'Comparing with a revision is blocked in a restricted workspace, because it runs git in a folder whose settings nobody has vouched for. Comparing two files is allowed.',
      ),
    );
    return undefined;
  }
  await context.memory.update(memoryKey(model), choice);
  return choice;
}

function memoryKey(model: vscode.Uri): string {
  return `tierwise.compareModel:${model.toString()}`;
}

function isRevision(choice: CompareChoice): boolean {
  return choice.before.startsWith('HEAD:');
}

async function itemsFor(context: TierwiseContext, model: vscode.Uri): Promise<Item[]> {
  const beside = await modelsBeside(model);
  const hasHead = vscode.workspace.isTrusted && (await revisionsOf(model)).length > 0;
  const head: CompareChoice = { before: `HEAD:${model.fsPath}`, name: vscode.l10n.t('{0} at HEAD', baseName(model.path)) };
  const known = [...beside, ...(hasHead ? [head] : [])];
  const last = remembered(context, model);
  const separator = (label: string): Item => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const item = (choice: CompareChoice): Item => ({
    label: isRevision(choice) ? '$(git-commit) HEAD' : `$(file) ${inert(choice.name)}`,
    ...(isRevision(choice) ? { description: vscode.l10n.t('the newest commit') } : {}),
    choice,
  });
  return [
    ...(last && (isRevision(last) ? hasHead : true) ? [separator(vscode.l10n.t('Last time')), item(last)] : []),
    separator(vscode.l10n.t('Beside this model')),
    ...known.filter((choice) => choice.before !== last?.before).map(item),
    separator(''),
    { label: `$(folder-opened) ${vscode.l10n.t('Choose a file\u2026')}`, isFile: true },
  ];
}

/** What was compared with this model last; anything else in the memory is ignored. */
function remembered(context: TierwiseContext, model: vscode.Uri): CompareChoice | undefined {
  const value: unknown = context.memory.get(memoryKey(model));
  if (typeof value !== 'object' || value === null || !('before' in value) || !('name' in value)) return undefined;
  const { before, name } = value;
  return typeof before === 'string' && typeof name === 'string' ? { before, name } : undefined;
}

/** Models in the same folder; those that share the beginning of the name (fitted, selected, sparse, learned) first. */
async function modelsBeside(model: vscode.Uri): Promise<CompareChoice[]> {
  const folder = vscode.Uri.joinPath(model, '..');
  const entries = await Promise.resolve(vscode.workspace.fs.readDirectory(folder)).catch(() => []);
  const own = baseName(model.path);
  const stem = own.split('.')[0] ?? own;
  return entries
    .filter(([name, type]) => type === vscode.FileType.File && name.toLowerCase().endsWith('.onnx') && name !== own)
    .sort(([a], [b]) => Number(b.startsWith(stem)) - Number(a.startsWith(stem)) || a.localeCompare(b))
    .slice(0, maxListed)
    .map(([name]) => ({ before: vscode.Uri.joinPath(folder, name).fsPath, name }));
}

async function chooseFile(model: vscode.Uri): Promise<CompareChoice | undefined> {
  const picked = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Compare {0} with', baseName(model.path)),
    openLabel: vscode.l10n.t('Compare'),
    defaultUri: vscode.Uri.joinPath(model, '..'),
    filters: { [vscode.l10n.t('Models')]: ['onnx'] },
  });
  return picked?.[0] && { before: picked[0].fsPath, name: baseName(picked[0].path) };
}

/** Compares energies, then weights; shows what is known as soon as it is. Ends quietly when `token` says so. */
export async function runComparison(
  context: TierwiseContext,
  model: vscode.Uri,
  choice: CompareChoice,
  token: vscode.CancellationToken,
  show: (view: CompareView) => void,
): Promise<void> {
  const t = vscode.l10n.t;
  const words = { name: choice.name, title: t('{0} before, {1} after', choice.name, baseName(model.path)) };
  const { energyTarget } = context.settings.current;
  const diff: DiffDocument = (
    await context.solver.request(
      'tierwise/diff',
      { before: choice.before, after: model.fsPath, ...(energyTarget === '' ? {} : { target: energyTarget }) },
      { token },
    )
  ).diff;
  show(compareView(diff, null, { ...words, running: t('Comparing the weights') }, t));
  let changes: WeightChanges | null = null;
  const notes: string[] = [];
  try {
    changes = await context.solver.request('tierwise/weightChanges', { path: model.fsPath, before: choice.before }, { token });
  } catch (error) {
    if (token.isCancellationRequested) return;
    notes.push(t('The weights could not be compared: {0}', toErrorData(error).message));
  }
  show(compareView(diff, changes, { ...words, running: null, notes }, t));
}
