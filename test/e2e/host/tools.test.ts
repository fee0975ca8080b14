import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, product } from './product.ts';

interface Contributed {
  readonly contributes: { readonly languageModelTools: readonly { readonly name: string }[] };
}

/** Calls a tool as a chat model would, and gives its text. */
async function call(name: string, input: object): Promise<string> {
  const result = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
  return result.content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
}

suite('tools for chat models', () => {
  suiteSetup(async function () {
    await activated();
    // Editors without language models have no tools, and that is no fault.
    const known = (vscode as { readonly lm?: { readonly tools?: readonly { readonly name: string }[] } }).lm?.tools ?? [];
    if (!known.some(({ name }) => name === 'tierwise_inspectEnergy')) this.skip();
  });

  test('every contributed tool answers', async () => {
    const names = (product().packageJSON as Contributed).contributes.languageModelTools.map(({ name }) => name);
    assert.equal(names.length, 3);
    for (const name of names) assert.ok((await call(name, { layer: '/fc1/Gemm', path: 'digits.tiers' })).length > 50, name);
  });

  test('energy is told with band, source and reference', async () => {
    const text = await call('tierwise_inspectEnergy', { path: 'digits.tiers', top: 2 });
    assert.match(text, /Total per inference: .*J \(band .* to .*; (measured|simulated|modelled|assumed); rests on "/);
    assert.match(text, /1\. "\/fc\d\/Gemm"/);
  });

  test('a figure is taken apart', async () => {
    assert.match(await call('tierwise_explainFigure', { path: 'digits.onnx', layer: '/fc1/Gemm' }), /- part "/);
  });

  test('a file outside of the workspace is not read', async () => {
    assert.match(await call('tierwise_inspectEnergy', { path: '/etc/hosts.onnx' }), /^(file-not-found|outside-workspace)/);
    assert.match(await call('tierwise_checkBudgets', { path: '../other.tiers' }), /^(file-not-found|outside-workspace)/);
  });
});
