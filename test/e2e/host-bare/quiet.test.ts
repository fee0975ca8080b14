import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { activated, product } from '../host/product.ts';

/** Command lines of the children of this process that run something of the product (Linux). */
function ownChildren(): readonly string[] {
  const tasks = `/proc/${process.pid}/task`;
  if (!existsSync(tasks)) return [];
  const pids = readdirSync(tasks).flatMap((task) => readFileSync(`${tasks}/${task}/children`, 'utf8').split(' ').filter(Boolean));
  return pids
    .map((pid) => (existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') : ''))
    .filter((line) => /tierwise.*\/dist\//.test(line));
}

/** Files of the product in the module cache. */
function ownModules(): readonly string[] {
  const root = product().extensionUri.fsPath;
  return Object.keys(require.cache)
    .filter((file) => file.startsWith(root))
    .map((file) => file.slice(root.length + 1).replaceAll('\\', '/'));
}

suite('a folder without a plan', () => {
  test('activation loads the first half of the extension alone, and starts no process', async () => {
    const api = await activated();
    assert.deepEqual([...ownModules()].sort(), ['dist/extension-shared.cjs', 'dist/extension.cjs']);
    assert.equal(api.solverPid(), undefined);
    assert.deepEqual(ownChildren(), []);
  });

  test('looking around does not change that', async () => {
    await vscode.commands.executeCommand('tierwise.layers.focus');
    await vscode.workspace.openTextDocument({ content: 'x = 1', language: 'plaintext' });
    const { solverPid } = await activated();
    assert.equal(solverPid(), undefined);
    assert.deepEqual(ownChildren(), []);
    assert.deepEqual(
      ownModules().filter((file) => /language-client|node_modules/.test(file)),
      [],
    );
  });

  test('the first question loads the client of the solver and starts it', async () => {
    const api = await activated();
    await api.solverReady();
    assert.ok(ownModules().includes('dist/json-rpc.cjs'));
    assert.equal(typeof api.solverPid(), 'number');
    if (existsSync('/proc/self/task')) assert.ok(ownChildren().some((line) => line.includes('solver.cjs')));
  });
});
