import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, fileUri } from './product.ts';
import { until } from './until.ts';

const ENERGY = /\d ?[fpnµmk]?J/;
const IMPORTS = 'import torch\nfrom torch import nn\n';
const LAYERS = [
  'class Host(nn.Module):',
  '    def __init__(self):',
  '        super().__init__()',
  '        self.fc1 = nn.Linear(64, 192)  # tier: lower ',
  '        self.fc2 = nn.Linear(192, 128)',
  '        self.fc3 = nn.Linear(128, 10)  # tier: upper',
  '',
].join('\n');

/** Hints with joules in a document, waited for until there are `count`. */
async function hints(uri: vscode.Uri, lineCount: number, count: number): Promise<readonly vscode.InlayHint[]> {
  const whole = new vscode.Range(0, 0, lineCount, 0);
  return until(`${count} hints with joules`, async () => {
    const all = (await vscode.commands.executeCommand<vscode.InlayHint[] | undefined>('vscode.executeInlayHintProvider', uri, whole)) ?? [];
    const found = all.filter((hint) => ENERGY.test(typeof hint.label === 'string' ? hint.label : ''));
    return found.length >= count && found;
  });
}

async function completions(uri: vscode.Uri, position: vscode.Position): Promise<readonly string[]> {
  const list = await vscode.commands.executeCommand<vscode.CompletionList>('vscode.executeCompletionItemProvider', uri, position);
  return list.items.map((item) => (typeof item.label === 'string' ? item.label : item.label.label));
}

suite('Python source', () => {
  suiteSetup(async () => {
    await activated();
  });

  suiteTeardown(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.workspace.fs.delete(fileUri('host.py'));
  });

  test('has joules behind its layers and completes an annotation', async () => {
    const uri = fileUri('host.py');
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(`${IMPORTS}\n${LAYERS}`));
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    const found = await hints(uri, document.lineCount, 3);
    const first = document
      .getText()
      .split('\n')
      .findIndex((line) => line.includes('self.fc1'));
    assert.deepEqual(
      found.map((hint) => hint.position.line),
      [first, first + 1, first + 2],
    );
    const tooltip = found[0]?.tooltip;
    assert.ok(tooltip instanceof vscode.MarkdownString || typeof tooltip === 'object');
    assert.match((tooltip as vscode.MarkdownString).value, /measured|simulated|modelled|assumed/);
    assert.notEqual((tooltip as vscode.MarkdownString).isTrusted, true);
    const inside = await completions(uri, document.lineAt(first).range.end);
    assert.ok(inside.includes('ridge'), `${inside.slice(0, 20).join(', ')}`);
    const behind = await completions(uri, document.lineAt(first + 1).range.end);
    assert.ok(behind.includes('# tier:'), `${behind.slice(0, 20).join(', ')}`);
  });

  test('in a notebook knows the cells before', async () => {
    const cell = (text: string): vscode.NotebookCellData => new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, 'python');
    const notebook = await vscode.workspace.openNotebookDocument(
      'jupyter-notebook',
      new vscode.NotebookData([cell(`%matplotlib inline\n${IMPORTS}`), cell(LAYERS)]),
    );
    await vscode.window.showNotebookDocument(notebook);
    const document = notebook.cellAt(1).document;
    const found = await hints(document.uri, document.lineCount, 3);
    assert.deepEqual(
      found.map((hint) => hint.position.line),
      [3, 4, 5],
    );
    const inside = await completions(document.uri, document.lineAt(3).range.end);
    assert.ok(inside.includes('ridge'), `${inside.slice(0, 20).join(', ')}`);
  });
});
