import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { activated, product } from './product.ts';

suite('activation', () => {
  test('the installed extension activates and its solver answers', async () => {
    const api = await activated();
    await api.solverReady();
    assert.equal(product().isActive, true);
  });

  test('every contributed command is registered', async () => {
    await activated();
    const manifest = product().packageJSON as { contributes: { commands: readonly { command: string }[] } };
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = manifest.contributes.commands.map((one) => one.command).filter((id) => !registered.has(id));
    assert.deepEqual(missing, []);
  });

  test('the commands people rely on are contributed', () => {
    const manifest = product().packageJSON as { contributes: { commands: readonly { command: string }[] } };
    const ids = manifest.contributes.commands.map((one) => one.command);
    for (const id of ['fitLowerTier', 'cancelFit', 'openReport', 'openSample', 'restartSolver'])
      assert.ok(ids.includes(`tierwise.${id}`), id);
  });

  test('neither ONNX Runtime nor a serial port driver is loaded into the extension host', async () => {
    await (await activated()).solverReady();
    const modules = Object.keys(require.cache).filter((file) => /onnxruntime|serialport/.test(file));
    assert.deepEqual(modules, []);
    // What a bundle may hide from the module cache, the memory map of the process shows (Linux).
    if (!existsSync('/proc/self/maps')) return;
    const mapped = readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .filter((line) => /onnxruntime|serialport/.test(line));
    assert.deepEqual(mapped, []);
  });

  test('no page has broken its policy', async () => {
    assert.deepEqual((await activated()).cspViolations(), []);
  });
});
