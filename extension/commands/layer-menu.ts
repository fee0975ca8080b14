import * as vscode from 'vscode';
import type { TierGoal } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';
import { inert } from '../inert.ts';
import { showLayerInSource } from '../python/layer-commands.ts';

const maxLayers = 100_000;

/** Ids of the layers that a menu of the tree was opened on: the row itself, or all that are selected. Groups stand for their layers. */
export function layerIds(target: unknown, selected: unknown): string[] {
  const rows = Array.isArray(selected) && selected.length > 0 ? selected : [target];
  return [...new Set(rows.flatMap(idsOf))].slice(0, maxLayers);
}

function idsOf(row: unknown): string[] {
  if (typeof row === 'string') return [row];
  if (typeof row !== 'object' || row === null) return [];
  if ('layer' in row) return idOf(row.layer);
  return 'layers' in row && Array.isArray(row.layers) ? row.layers.flatMap(idOf) : [];
}

function idOf(layer: unknown): string[] {
  if (typeof layer === 'string') return [layer];
  return typeof layer === 'object' && layer !== null && 'id' in layer && typeof layer.id === 'string' ? [layer.id] : [];
}

/** Opens the model of the active plan at the first layer that is meant. */
export async function openTreeLayerInModel(context: TierwiseContext, target: unknown, selected: unknown): Promise<void> {
  const [id] = layerIds(target, selected);
  const model = modelOf(context);
  if (id !== undefined && model) await vscode.commands.executeCommand('tierwise.openModelAtLayer', model, id);
}

/** Shows the line of Python that builds the first layer that is meant. */
export async function showTreeLayerInSource(context: TierwiseContext, target: unknown, selected: unknown): Promise<void> {
  const [id] = layerIds(target, selected);
  const model = modelOf(context);
  if (id !== undefined && model) await showLayerInSource(context, model, id);
}

/** Copies the ids that are meant, one per line. */
export async function copyLayerIds(target: unknown, selected: unknown): Promise<void> {
  const ids = layerIds(target, selected);
  if (ids.length === 0) return;
  await vscode.env.clipboard.writeText(ids.join('\n'));
  const text = ids.length === 1 ? vscode.l10n.t('Copied the id of the layer') : vscode.l10n.t('Copied {0} ids', ids.length);
  vscode.window.setStatusBarMessage(text, 3000);
}

/** Asks for a tier and moves the layers that are meant there, by edits of the plan that can be undone. */
export async function moveLayersToTier(context: TierwiseContext, target: unknown, selected: unknown): Promise<void> {
  const plan = context.plans.active;
  const ids = layerIds(target, selected);
  if (!plan || ids.length === 0) return;
  const goal = await pickGoal(context, ids.length);
  if (!goal) return;
  // The server answers for documents that are open only.
  const document = await vscode.workspace.openTextDocument(plan);
  const { version } = document;
  const answer = await context.language.assignTier(plan, ids, goal);
  if (!answer) return warn(vscode.l10n.t('The plan could not be read. Open it and look at its problems.'));
  if ('refusal' in answer) return warn(`${answer.refusal.message} ${answer.refusal.advice}`.trim());
  if (document.version !== version) return warn(vscode.l10n.t('The plan was edited meanwhile. Nothing was moved; try again.'));
  const edit = new vscode.WorkspaceEdit();
  for (const { range, newText } of answer.edits) {
    const { start, end } = range;
    edit.replace(plan, new vscode.Range(start.line, start.character, end.line, end.character), newText);
  }
  // An unsaved plan that nobody sees would surprise: it is shown, and one Undo takes all of it back.
  const isVisible = vscode.window.visibleTextEditors.some((editor) => editor.document === document);
  if (!isVisible) await vscode.window.showTextDocument(document, { preview: false, preserveFocus: true });
  await vscode.workspace.applyEdit(edit);
}

interface GoalItem extends vscode.QuickPickItem {
  readonly goal?: TierGoal;
  readonly newKind?: 'lower' | 'upper';
}

async function pickGoal(context: TierwiseContext, count: number): Promise<TierGoal | undefined> {
  const tiers = context.plans.activeSnapshot?.check?.tiers ?? [];
  const items: GoalItem[] = [
    ...tiers.flatMap(({ kind, name, layers }): GoalItem[] =>
      kind === 'frozen'
        ? []
        : [
            {
              label:
                kind === 'lower'
                  ? `$(zap) ${vscode.l10n.t('Lower tier {0}', inert(name))}`
                  : `$(history) ${vscode.l10n.t('Upper tier {0}', inert(name))}`,
              description: layers.length === 1 ? vscode.l10n.t('1 layer') : vscode.l10n.t('{0} layers', layers.length),
              goal: { kind, name },
            },
          ],
    ),
    { label: `$(lock) ${vscode.l10n.t('Frozen')}`, description: vscode.l10n.t('in no tier, left alone'), goal: { kind: 'frozen' } },
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: `$(add) ${vscode.l10n.t('New lower tier…')}`, description: vscode.l10n.t('solved in one step'), newKind: 'lower' },
    { label: `$(add) ${vscode.l10n.t('New upper tier…')}`, description: vscode.l10n.t('learns step by step'), newKind: 'upper' },
  ];
  const placeHolder = count === 1 ? vscode.l10n.t('Move the layer to') : vscode.l10n.t('Move {0} layers to', count);
  const chosen = await vscode.window.showQuickPick(items, { placeHolder });
  if (chosen?.newKind === undefined) return chosen?.goal;
  const taken = new Set(tiers.map((tier) => tier.name));
  const name = await vscode.window.showInputBox({
    prompt: vscode.l10n.t('Name of the new tier'),
    value: freeName(chosen.newKind === 'lower' ? 'features' : 'head', taken),
    validateInput: (text) => {
      if (!/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(text))
        return vscode.l10n.t('A letter first, then letters, digits, dashes and underscores, at most 64.');
      return taken.has(text) ? vscode.l10n.t('There is a tier of this name.') : undefined;
    },
  });
  return name === undefined ? undefined : { kind: chosen.newKind, name };
}

function freeName(base: string, taken: ReadonlySet<string>): string {
  if (!taken.has(base)) return base;
  let n = 2;
  while (taken.has(`${base}${n}`)) n++;
  return `${base}${n}`;
}

function modelOf(context: TierwiseContext): vscode.Uri | undefined {
  const model = context.plans.activeSnapshot?.energy?.model;
  return model === undefined ? undefined : vscode.Uri.file(model);
}

function warn(text: string): void {
  void vscode.window.showWarningMessage(text);
}
