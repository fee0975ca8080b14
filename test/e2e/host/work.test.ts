import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import { tolerances } from '../../tolerances.ts';
import { activated, fileUri } from './product.ts';
import { until } from './until.ts';

interface FitRecord {
  readonly output: string;
  readonly backend: { readonly kind: string };
  readonly layers: readonly { readonly id: string; readonly relativeResidual: number }[];
  readonly evaluation: { readonly before: number; readonly after: number };
}

async function sha256(uri: vscode.Uri): Promise<string> {
  return createHash('sha256')
    .update(await vscode.workspace.fs.readFile(uri))
    .digest('hex');
}

suite('work', () => {
  test('a model opens in the model editor', async () => {
    await activated();
    const uri = fileUri('digits.onnx');
    await vscode.commands.executeCommand('vscode.openWith', uri, 'tierwise.modelEditor');
    const input = await until('the model editor', () => {
      const active = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return active instanceof vscode.TabInputCustom && active;
    });
    assert.equal(input.viewType, 'tierwise.modelEditor');
    assert.equal(input.uri.toString(), uri.toString());
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  test('the report and the panel open', async () => {
    await vscode.commands.executeCommand('tierwise.openReport');
    await vscode.commands.executeCommand('tierwise.tiersPanel.focus');
    assert.deepEqual((await activated()).cspViolations(), []);
  });

  test('a fit writes a better model beside the old one', async function () {
    this.timeout(240_000);
    const api = await activated();
    const plan = fileUri('digits.tiers');
    const model = fileUri('digits.onnx');
    const before = await sha256(model);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(plan));
    await vscode.commands.executeCommand('tierwise.fitLowerTier', plan);
    const record = await until('the fit record', () => (api.lastFit() as FitRecord | undefined | null) ?? undefined, 200_000);
    assert.ok(record.evaluation.after >= 0.96, `after ${record.evaluation.after}`);
    assert.ok(record.evaluation.before < 0.5, `before ${record.evaluation.before}`);
    assert.equal(record.backend.kind, 'sim');
    assert.ok(record.layers.length >= 2);
    for (const layer of record.layers)
      assert.ok(layer.relativeResidual < tolerances.ridgeRefined.relative, `${layer.id}: ${layer.relativeResidual}`);
    assert.equal(await sha256(model), before);
    await vscode.workspace.fs.stat(fileUri('digits.fitted.onnx'));
    await vscode.workspace.fs.stat(fileUri('digits.fitted.json'));
  });

  test('the solver can be restarted', async () => {
    await vscode.commands.executeCommand('tierwise.restartSolver');
    await (await activated()).solverReady();
    assert.deepEqual((await activated()).cspViolations(), []);
  });
});
