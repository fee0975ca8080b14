import * as vscode from 'vscode';
import type { PlanStore } from '../plan-store.ts';
import { baseName } from '../to-view.ts';
import { exists } from './model-candidates.ts';

/** The plan about a model: the one the views show, one that is open, or the one of the same name beside it. */
export async function planOf(plans: PlanStore, model: vscode.Uri): Promise<vscode.Uri | undefined> {
  const isAbout = (plan: vscode.Uri): boolean => {
    const snapshot = plans.known(plan);
    const path = snapshot?.energy?.model ?? snapshot?.check?.model;
    return path !== undefined && path !== null && vscode.Uri.file(path).toString() === model.toString();
  };
  if (plans.active && isAbout(plans.active)) return plans.active;
  const open = vscode.workspace.textDocuments.filter((document) => document.languageId === 'tiers').map((document) => document.uri);
  const found = open.find(isAbout);
  if (found) return found;
  const beside = planBeside(model);
  return (await exists(beside)) ? beside : undefined;
}

/** Where a new plan of a model goes: beside it, under its name. */
export function planBeside(model: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(model, '..', `${baseName(model.path).replace(/\.onnx$/i, '')}.tiers`);
}
