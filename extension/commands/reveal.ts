import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { hintPlaces } from '../hint-place.ts';

/** Opens the active plan; with a layer's id, at the line that names it. */
export async function openPlan(context: TierwiseContext, layerId?: unknown): Promise<void> {
  const plan = context.plans.active;
  if (!plan) return;
  if (typeof layerId === 'string' && !isNamed(context, layerId)) {
    const name = layerId.slice(0, 80).replace(/\$\(/g, '$ (');
    vscode.window.setStatusBarMessage(vscode.l10n.t('No tier of the plan names the layer {0}: it is frozen.', name), 5000);
    return;
  }
  const document = await vscode.workspace.openTextDocument(plan);
  const line = typeof layerId === 'string' ? await lineOf(context, plan, layerId) : undefined;
  const selection = line !== undefined && line < document.lineCount ? { selection: document.lineAt(line).range } : {};
  await vscode.window.showTextDocument(document, { preview: false, ...selection });
}

function isNamed(context: TierwiseContext, layerId: string): boolean {
  const tiers = context.plans.activeSnapshot?.check?.tiers.filter((tier) => tier.kind !== 'frozen') ?? [];
  return tiers.some((tier) => tier.layers.includes(layerId));
}

async function lineOf(context: TierwiseContext, plan: vscode.Uri, layerId: string): Promise<number | undefined> {
  const source = new vscode.CancellationTokenSource();
  const outline = await context.language.outline(plan, source.token);
  source.dispose();
  return outline && hintPlaces(outline).find((place) => place.ids.includes(layerId))?.line;
}
