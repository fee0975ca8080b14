import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, fileUri } from './product.ts';
import { until } from './until.ts';

const plan = 'model "m.onnx"\n\nlower tier a {\n  layers "/fc1/Gemm"\n  solve ridge lambda 1e-2\n}\n';

/** A file system in memory, as a virtual workspace has one: two files of one folder. */
function memoryFiles(): vscode.FileSystemProvider {
  const files = new Map<string, Uint8Array>([
    ['/x.tiers', new TextEncoder().encode(plan)],
    ['/m.onnx', new Uint8Array([8, 7])],
  ]);
  const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  const file = (uri: vscode.Uri): Uint8Array => {
    const found = files.get(uri.path);
    if (found === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return found;
  };
  return {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: (uri) =>
      uri.path === '/'
        ? { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 }
        : { type: vscode.FileType.File, ctime: 0, mtime: 0, size: file(uri).length },
    readDirectory: () => [...files.keys()].map((name) => [name.slice(1), vscode.FileType.File]),
    readFile: file,
    writeFile: (uri, content) => void files.set(uri.path, content),
    createDirectory: () => undefined,
    delete: (uri) => void files.delete(uri.path),
    rename: () => undefined,
  };
}

suite('a virtual workspace', () => {
  const uri = vscode.Uri.parse('tierwise-memory:/x.tiers');
  const model = vscode.Uri.parse('tierwise-memory:/m.onnx');
  let registration: vscode.Disposable;
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);

  suiteSetup(async () => {
    await activated();
    registration = vscode.workspace.registerFileSystemProvider('tierwise-memory', memoryFiles(), { isCaseSensitive: true });
    process.on('unhandledRejection', onFault);
  });
  suiteTeardown(async () => {
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    process.off('unhandledRejection', onFault);
    registration.dispose();
  });

  test('a plan opens in its language, and can be edited', async () => {
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    assert.equal(document.languageId, 'tiers');
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(0, 0), '// looked at\n');
    assert.equal(await vscode.workspace.applyEdit(edit), true);
    assert.equal(await document.save(), true);
  });

  test('hints and actions answer, with nothing', async () => {
    const range = new vscode.Range(0, 0, 10, 0);
    const hints = await vscode.commands.executeCommand<unknown[] | undefined>('vscode.executeInlayHintProvider', uri, range);
    assert.deepEqual(hints ?? [], []);
    await vscode.commands.executeCommand('vscode.executeCodeLensProvider', uri, 20);
  });

  test('commands about it return at once: each has said in one sentence why not', async () => {
    for (const command of ['fitLowerTier', 'learnFromData', 'optimiseEnergy', 'sparsify', 'runCompound', 'exportReport', 'compareWithHead'])
      await vscode.commands.executeCommand(`tierwise.${command}`, uri);
    await vscode.commands.executeCommand('tierwise.createPlan', model);
    await vscode.commands.executeCommand('tierwise.compareWith', model);
    assert.equal((await activated()).lastFit(), null);
  });

  test('a model opens in the model editor, which says why it shows nothing', async () => {
    await vscode.commands.executeCommand('vscode.openWith', model, 'tierwise.modelEditor');
    await until('the model editor', () => vscode.window.tabGroups.activeTabGroup.activeTab?.input instanceof vscode.TabInputCustom);
  });

  test('the plan of the folder on disk is the one that views show', async () => {
    await vscode.commands.executeCommand('tierwise.openReport', uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(fileUri('digits.tiers')));
    assert.deepEqual(faults, []);
  });
});
