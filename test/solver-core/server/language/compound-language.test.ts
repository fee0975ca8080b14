import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CompletionItem, DocumentSymbol, FoldingRange, Hover, WorkspaceEdit } from 'vscode-languageserver/node.js';
import type { PlanOutline } from '../../../../solver-core/protocol/index.ts';
import { BlockModel, packedGatedBlock } from '../../model/block-models.ts';
import { applyEdits, LanguageClientProcess, marked } from './client.ts';

let client: LanguageClientProcess;
let count = 0;
beforeAll(async () => {
  client = await LanguageClientProcess.start();
  const model = new BlockModel();
  const first = packedGatedBlock(model, model.embed());
  const second = packedGatedBlock(model, first.out);
  writeFileSync(join(client.folder, 'deep.onnx'), model.bytes(model.dense(packedGatedBlock(model, second.out).out)));
  writeFileSync(join(client.folder, 'input.txt'), 'to be or not to be');
  writeFileSync(join(client.folder, 'vocab.json'), '[]');
});
afterAll(async () => {
  await client.stop();
});

const plan = `model "deep.onnx"
text "input.txt" tokens "vocab.json" context 64

compound reader {
  lower blocks 0..1
  upper rest
  cache 64 MB
  escalate below auto within 0.01
  learn auto
  update when gain per joule > 0.5
  budget 5 uJ per decision
}
`;

/** A plan of its own for every test, opened. */
async function opened(text: string): Promise<string> {
  const uri = client.uri(`compound${++count}.tiers`);
  await client.open(uri, text);
  return uri;
}

async function complete(text: string): Promise<readonly CompletionItem[]> {
  const at = marked(text);
  const { items } = await client.completion(await opened(at.text), at.position);
  return [...items].sort((a, b) => ((a.sortText ?? a.label) < (b.sortText ?? b.label) ? -1 : 1));
}

async function hover(text: string): Promise<string | undefined> {
  const at = marked(text);
  const result = await client.request<Hover | null>('textDocument/hover', await opened(at.text), { position: at.position });
  const contents = result?.contents;
  return contents !== undefined && typeof contents === 'object' && 'value' in contents
    ? contents.value.replace(/&#(\d+);/g, (_, c: string) => String.fromCharCode(Number(c)))
    : undefined;
}

test('a sound plan over a real model has no findings', async () => {
  expect(await client.open(client.uri('sound.tiers'), plan)).toEqual([]);
});

test('a block that is not there comes with a repair', async () => {
  const wrong = plan.replace('0..1', '0..7');
  const uri = client.uri('wrong.tiers');
  const [found] = await client.open(uri, wrong);
  expect(found).toMatchObject({
    code: 'unknown-block',
    message: 'the model has no block 7; it has 3, from 0 ("block 0") to 2 ("block 2")',
  });
  if (found === undefined) return;
  const [action] = await client.actions(uri, found.range, [found]);
  expect(action?.title).toBe('Change to blocks 0..2');
  expect(applyEdits(wrong, action?.edit?.changes?.[uri] ?? [])).toBe(wrong.replace('0..7', '0..2'));
});

test('a repair of several lines is called by what it adds', async () => {
  const wrong = 'model "deep.onnx"\n\ncompound reader {\n  upper rest\n}\n';
  const uri = client.uri('bare.tiers');
  const found = await client.open(uri, wrong);
  const header = found.find((d) => d.message.includes('needs rows'));
  expect(header?.code).toBe('missing-clause');
  if (header === undefined) return;
  const actions = await client.actions(uri, header.range, [header]);
  const titles = actions.map((action) => action.title);
  expect(titles).toEqual(expect.arrayContaining(['Add text "input.txt" tokens "vocab.json"', 'Add lower blocks 0']));
  expect(titles).not.toContain('Add compound reader');
});

describe('completion', () => {
  const inside = (clause: string): string => `model "deep.onnx"\ncompound c {\n  ${clause}\n}`;
  test.each([
    ['a text', 'text |', ['input.txt']],
    ['a vocabulary', 'text "input.txt" tokens |', ['vocab.json']],
    ['what follows a text', 'text "input.txt" |', ['tokens', 'context', 'split']],
    ['the clauses of a plan', '|', ['text', 'compound']],
    ['the clauses of a compound section', inside('|'), ['lower', 'upper', 'cache', 'escalate', 'learn', 'update', 'budget']],
    ['where a module comes from', inside('upper |'), ['rest', 'blocks', 'layers', 'model']],
    ['a model of its own', inside('lower model |'), ['deep.onnx', 'digits.onnx']],
    ['the heads', inside('learn |'), ['auto', 'rls', 'adam', 'none']],
    ['how to escalate', inside('escalate |'), ['below', 'never', 'always']],
    ['the confidence', inside('escalate below |'), ['auto']],
    ['the cache', inside('cache |'), ['off']],
    ['the end of a range of blocks', inside('lower blocks 0..|'), ['1', '2']],
    ['blocks in a list of layers', 'model "deep.onnx"\nlower tier a { layers "x", blocks | }', ['0', '1', '2']],
    ['a vocabulary that is being typed', 'text "input.txt" tokens "vo|"', ['vocab.json']],
    ['a number that is being typed', inside('lower blocks 1|'), ['1']],
    ['a half-typed clause of a section', inside('esc|'), ['escalate']],
    ['what may follow a confidence', inside('escalate below auto |'), ['within']],
    ['a size', inside('cache 64 |'), ['B', 'KB', 'MB', 'GB']],
    ['what a budget counts', inside('budget 5 uJ per |'), ['decision', 'update']],
  ])('%s', async (_name, text, expected) => {
    const labels = (await complete(text)).map((item) => item.label);
    expect(labels).toEqual(expect.arrayContaining(expected));
  });

  test.each([
    ['a lower module that is the rest', inside('lower |'), ['blocks', 'layers', 'model'], ['rest']],
    ['another model beside a text', `text "input.txt" ${inside('upper |')}`, ['rest', 'blocks', 'layers'], ['model']],
    ['a tolerance behind a confidence', inside('escalate below 0.8 |'), ['cache'], ['within']],
    ['options that heads do not have', inside('learn adam |'), ['rate'], ['lambda', 'expand', 'epochs', 'seed']],
    ['options of heads that stay', inside('learn none |'), ['cache'], ['rate', 'lambda']],
    ['options that sgd does not have', 'upper tier a { learn sgd |', ['rate', 'epochs', 'ewc', 'seed'], ['lambda', 'expand']],
    ['options that a solve does not have', 'lower tier a { solve ridge |', ['lambda'], ['seed', 'rate']],
    ['an option that is written already', 'text "input.txt" tokens "vocab.json" |', ['context', 'split'], ['tokens']],
    ['a number that begins otherwise', inside('lower blocks 1|'), ['1'], ['0', '2']],
    ['a range that ends before it begins', inside('lower blocks 1..|'), ['2'], ['0', '1']],
  ])('what would be refused is not offered: %s', async (_name, text, offered, refused) => {
    const labels = (await complete(text)).map((item) => item.label);
    expect(labels).toEqual(expect.arrayContaining(offered));
    expect(labels.filter((label) => refused.includes(label))).toEqual([]);
  });

  test('blocks come as numbers with what they are', async () => {
    const items = await complete(inside('lower blocks |'));
    expect(items.map((item) => [item.label, item.detail])).toEqual([
      ['0', '"block 0", transformer block, 5 layers'],
      ['1', '"block 1", transformer block, 5 layers'],
      ['2', '"block 2", transformer block, 5 layers'],
    ]);
  });

  test('a model without blocks is not offered any', async () => {
    const labels = (await complete('model "digits.onnx"\nlower tier a { layers | }')).map((item) => item.label);
    expect(labels).toContain('/fc1/Gemm');
    expect(labels).not.toContain('blocks');
    expect((await complete('model "deep.onnx"\nlower tier a { layers | }')).map((item) => item.label)).toContain('blocks');
  });
});

describe('hover', () => {
  test.each([
    [
      'blocks',
      plan.replace('0..1', '0.|.1'),
      /^2 blocks, 10 layers, \d+ parameters {2}\n\*\*0\*\* "block 0", transformer block, 5 layers: .*\(qkv\).*\(gate\)/,
    ],
    ['the number of a block', plan.replace('0..1', '|2'), /^1 block, 5 layers/],
    ['the word blocks', plan.replace('blocks', 'blo|cks'), /repeated blocks of the model/],
    ['the rest', plan.replace('rest', 're|st'), /^6 layers follow the lower module: /],
    ['auto of escalation', plan.replace('below auto', 'below au|to'), /keeps accuracy/],
    ['auto of learning', plan.replace('learn auto', 'learn au|to'), /measures better/],
    ['a decision', plan.replace('decision', 'deci|sion'), /One decision/],
    ['the cache', plan.replace('cache', 'ca|che'), /at most 64 GB/],
    ['compound', plan.replace('compound', 'comp|ound'), /lower module that represents/],
    ['never', plan.replace('below auto within 0.01', 'ne|ver'), /lower exit decides everything/],
  ])('%s is explained', async (_name, text, expected) => {
    expect(await hover(text)).toMatch(expected);
  });

  test('a layer says which block it is in and what it does there', async () => {
    const outline: PlanOutline = await client.rpc.sendRequest('tierwise/outline', { uri: await opened(plan) });
    const id = outline.compound?.lower?.layers[0]?.id ?? '';
    expect(await hover(`model "deep.onnx"\nupper tier a { layers "|${id}" learn adam }`)).toMatch(
      /block 0 \("block 0", transformer block, 5 layers\), qkv/,
    );
  });
});

test('the outline has the header and both modules with their layers', async () => {
  const outline: PlanOutline = await client.rpc.sendRequest('tierwise/outline', { uri: await opened(plan) });
  const { name, headerRange, lower, upper } = outline.compound ?? {};
  expect([name, headerRange?.start, headerRange?.end.character]).toEqual(['reader', { line: 3, character: 0 }, 15]);
  expect([lower?.range.start.line, lower?.layers.length, lower?.model]).toEqual([4, 10, null]);
  expect([upper?.range.start.line, upper?.layers.length, upper?.model]).toEqual([5, 6, null]);
});

test('the outline has all layers of modules of which only some are named', async () => {
  const some = plan.replace('blocks 0..1', 'blocks 1').replace('rest', 'blocks 2');
  const outline: PlanOutline = await client.rpc.sendRequest('tierwise/outline', { uri: await opened(some) });
  expect([outline.compound?.lower?.layers.length, outline.compound?.upper?.layers.length]).toEqual([10, 5]);
});

test('symbols, folds and the name of the section', async () => {
  const uri = await opened(plan);
  const symbols = await client.request<DocumentSymbol[]>('textDocument/documentSymbol', uri);
  expect(symbols.map((s) => [s.name, s.detail, s.children?.map((c) => `${c.name}: ${c.detail ?? ''}`)])).toEqual([
    ['"deep.onnx"', 'model', undefined],
    ['"input.txt"', 'text', undefined],
    ['reader', 'compound', ['lower module: 10 layers', 'upper module: 6 layers']],
  ]);
  const folds = await client.request<FoldingRange[]>('textDocument/foldingRange', uri);
  expect(folds.map((f) => [f.startLine, f.endLine])).toEqual([[3, 10]]);
  const position = { line: 3, character: 11 };
  const edit = await client.request<WorkspaceEdit>('textDocument/rename', uri, { position, newName: 'writer' });
  expect(applyEdits(plan, edit.changes?.[uri] ?? [])).toBe(plan.replace('reader', 'writer'));
});
