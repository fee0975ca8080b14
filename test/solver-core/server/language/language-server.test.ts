import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CodeAction, DocumentSymbol, FoldingRange, Hover, Range, TextEdit, WorkspaceEdit } from 'vscode-languageserver/node.js';
import type { PlanOutline, TierAssignment } from '../../../../solver-core/protocol/index.ts';
import { applyEdits, LanguageClientProcess, marked } from './client.ts';

let client: LanguageClientProcess;
let count = 0;
beforeAll(async () => {
  client = await LanguageClientProcess.start();
});
afterAll(async () => {
  await client.stop();
});

/** A plan of its own for every test. */
const fresh = (): string => client.uri(`plan${++count}.tiers`);

const plan = `model "digits.onnx"
data "digits.npz"
target "ecp5-85f"

lower tier features {
  layers "/fc1/Gemm" .. "/fc2/Gemm"
  solve ridge lambda 1e-2
}

upper tier head {
  layers "/fc3/Gemm"
  learn rls
}
`;

test('announces what plans have and nothing else', () => {
  expect(client.capabilities).toMatchObject({
    completionProvider: { triggerCharacters: ['"', '/', ' '] },
    hoverProvider: true,
    documentSymbolProvider: true,
    foldingRangeProvider: true,
    documentFormattingProvider: true,
    renameProvider: { prepareProvider: true },
    codeActionProvider: { codeActionKinds: ['quickfix', 'source.fixAll.tierwise'] },
    definitionProvider: true,
    referencesProvider: true,
    documentHighlightProvider: true,
    documentLinkProvider: {},
    documentRangeFormattingProvider: true,
    documentOnTypeFormattingProvider: { firstTriggerCharacter: '}' },
    selectionRangeProvider: true,
    signatureHelpProvider: { triggerCharacters: [' '] },
    semanticTokensProvider: { full: { delta: false }, range: true },
    workspaceSymbolProvider: false,
  });
  expect(client.capabilities.typeDefinitionProvider).not.toBe(true);
  expect(client.capabilities.inlayHintProvider).toBeUndefined();
});

describe('diagnostics', () => {
  test('a sound plan over the real model has none', async () => {
    expect(await client.open(fresh(), plan)).toEqual([]);
  });

  test('carry code, source, severity and range', async () => {
    expect(await client.open(fresh(), plan.replace('fc3', 'fc4'))).toEqual([
      {
        code: 'unknown-layer',
        source: 'tierwise',
        severity: 1,
        message: 'the model has no layer "/fc4/Gemm"; did you mean "/fc1/Gemm"?',
        range: { start: { line: 10, character: 9 }, end: { line: 10, character: 20 } },
      },
    ]);
  });

  test('follow the text, the last one counts', async () => {
    const uri = fresh();
    await client.open(uri, plan);
    const versions = 30;
    const last = client.next((p) => p.uri === uri && p.diagnostics.some((d) => d.message.includes(`/v${versions}"`)));
    for (let v = 2; v <= versions; v++) void client.change(uri, v, plan.replace('/fc3/Gemm', `/v${v}`));
    const diagnostics = await last;
    expect(diagnostics.map((d) => d.code)).toEqual(['unknown-layer']);
    // What was overtaken by the next key is not published.
    expect(client.publishedCount(uri)).toBeLessThan(versions / 2);
  });

  test('a model that disappears and comes back is noticed', async () => {
    const uri = fresh();
    const model = join(client.folder, 'digits.onnx');
    const copy = join(client.folder, 'copy.onnx');
    await client.open(uri, plan);
    copyFileSync(model, copy);
    rmSync(model);
    const gone = client.next((p) => p.uri === uri);
    await client.rpc.sendNotification('workspace/didChangeWatchedFiles', { changes: [{ uri: client.uri('digits.onnx'), type: 3 }] });
    expect((await gone).map((d) => d.code)).toEqual(['missing-file']);
    copyFileSync(copy, model);
    rmSync(copy);
    const back = client.next((p) => p.uri === uri);
    await client.rpc.sendNotification('workspace/didChangeWatchedFiles', { changes: [{ uri: client.uri('digits.onnx'), type: 1 }] });
    expect(await back).toEqual([]);
  });

  test('a target that the workspace gains is known at once, in findings, completion, hover and fixes', async () => {
    const uri = fresh();
    const ours = plan.replace(/^target .*$/m, 'target "our-board"');
    expect((await client.open(uri, ours)).map((d) => d.code)).toEqual(['unknown-target']);
    const folder = join(client.folder, '.tierwise', 'targets');
    mkdirSync(folder, { recursive: true });
    const shipped = readFileSync(new URL('../../../../solver-core/energy/targets/mcu-class.json', import.meta.url), 'utf8');
    writeFileSync(
      join(folder, 'board.json'),
      shipped.replace('"mcu-class"', '"our-board"').replace(/"name": "[^"]*"/, '"name": "Our board"'),
    );
    const known = client.next((p) => p.uri === uri);
    await client.rpc.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: client.uri('.tierwise/targets/board.json'), type: 1 }],
    });
    expect(await known).toEqual([]);
    const line = ours.split('\n').findIndex((text) => text.startsWith('target'));
    const { items } = await client.completion(uri, { line, character: 8 });
    expect(items.map(({ label }) => label)).toContain('our-board');
    const hover = await client.request<{ contents: { value: string } }>('textDocument/hover', uri, { position: { line, character: 12 } });
    expect(hover.contents.value).toContain('Our board');
    const wrong = client.next((p) => p.uri === uri && p.diagnostics.length > 0);
    await client.change(uri, 2, ours.replace('our-board', 'our-bord'));
    const found = await wrong;
    const [fix] = await client.actions(uri, found[0]!.range, found);
    expect(fix?.title).toContain('"our-board"');
    rmSync(folder, { recursive: true });
  });

  test('a plan that is not on disk is checked by its text alone', async () => {
    const diagnostics = await client.open('vscode-vfs://github/a/b.tiers', plan.replace('1e-2', '0').replace('fc3', 'fc9'));
    expect(diagnostics.map((d) => d.code)).toEqual(['value-out-of-range']);
  });

  test('closing a document clears them', async () => {
    const uri = fresh();
    expect(await client.open(uri, 'modle')).toHaveLength(1);
    const cleared = client.next((p) => p.uri === uri && p.diagnostics.length === 0);
    await client.rpc.sendNotification('textDocument/didClose', { textDocument: { uri } });
    expect(await cleared).toEqual([]);
  });
});

describe('quick fixes', () => {
  async function fix(text: string, code: string): Promise<{ readonly actions: CodeAction[]; readonly fixed: string }> {
    const uri = fresh();
    const diagnostics = await client.open(uri, text);
    const found = diagnostics.filter((d) => d.code === code);
    const range: Range = found[0]?.range ?? { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    const actions = await client.actions(uri, range, found);
    return { actions, fixed: applyEdits(text, actions[0]?.edit?.changes?.[uri] ?? []) };
  }

  test('a misspelt layer becomes the nearest one', async () => {
    const { actions, fixed } = await fix(plan.replace('/fc3/Gemm', '/fc3/Gem'), 'unknown-layer');
    expect(actions[0]).toMatchObject({
      title: 'Change to "/fc3/Gemm"',
      kind: 'quickfix',
      isPreferred: true,
      diagnostics: [{ code: 'unknown-layer' }],
    });
    expect(fixed).toBe(plan);
  });

  test('a repeated clause goes, a missing one comes', async () => {
    const repeated = await fix(plan.replace('learn rls', 'learn rls learn rls'), 'duplicate-clause');
    expect(repeated.actions.map((a) => a.title)).toEqual(['Remove']);
    const missing = await fix(plan.replace('  solve ridge lambda 1e-2\n', ''), 'missing-clause');
    expect(missing.actions.map((a) => a.title)).toEqual(['Add solve ridge']);
    expect(await client.open(fresh(), missing.fixed)).toEqual([]);
  });

  test('a range away from a finding has none', async () => {
    const uri = fresh();
    await client.open(uri, plan.replace('/fc3/Gemm', '/fc3/Gem'));
    expect(await client.actions(uri, { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, [])).toEqual([]);
  });
});

describe('completion', () => {
  /** Labels offered at the mark, and the text after taking the first. */
  async function complete(text: string): Promise<{ readonly labels: string[]; readonly taken: string }> {
    const at = marked(text);
    const uri = fresh();
    await client.open(uri, at.text);
    const { items } = await client.completion(uri, at.position);
    const sorted = [...items].sort((a, b) => ((a.sortText ?? a.label) < (b.sortText ?? b.label) ? -1 : 1));
    const edit = sorted[0]?.textEdit;
    return { labels: sorted.map((i) => i.label), taken: edit !== undefined && 'range' in edit ? applyEdits(at.text, [edit]) : at.text };
  }

  test.each([
    ['an empty plan', '|', ['model', 'data', 'target', 'train', 'backend', 'lower', 'upper', 'budget']],
    ['a half-typed clause', 'model "digits.onnx"\nba|', ['backend']],
    ['a backend', 'backend |', ['cpu', 'serial', 'sim', 'xrt']],
    ['a unit', 'budget 2 |', ['J', 'kJ', 'mJ', 'nJ', 'pJ', 'uJ']],
    ['what a budget counts', 'budget 2 mJ per |', ['fit', 'inference', 'layer', 'update']],
    ['the kind of targets', 'lower tier a { targets f|', ['forward-projection']],
    ['the options of data', 'data "digits.npz" |', ['inputs', 'labels', 'seed', 'split']],
    ['the clauses of a tier', 'lower tier a { s| }', ['solve']],
    ['a target', 'target "ecp|', ['ecp5-85f']],
    ['what follows train', 'model "digits.onnx"\ntrain |', ['on']],
    ['the machine that trains', 'train on "serv|', ['server-cpu']],
    ['a model file', 'model |', ['digits.onnx']],
    ['a data file', 'data "|"', ['digits.npz']],
  ])('%s', async (_name, text, expected) => {
    expect((await complete(text)).labels).toEqual(expect.arrayContaining(expected));
  });

  test('layers come quoted, free ones first', async () => {
    const { labels, taken } = await complete('model "digits.onnx"\nlower tier a { layers "/fc1/Gemm", | solve ridge }');
    expect(labels).toEqual(['/fc2/Gemm', '/fc3/Gemm', '/fc1/Gemm']);
    expect(taken).toContain('layers "/fc1/Gemm", "/fc2/Gemm" solve');
  });

  test('inside a string the whole string is replaced, an open one only up to the cursor', async () => {
    expect((await complete('model "digits.onnx"\nupper tier a { layers "/fc3|/Ge" }')).taken).toContain('layers "/fc3/Gemm" }');
    expect((await complete('model "digits.onnx"\nupper tier a { layers "/fc3| learn rls\n}')).taken).toContain(
      'layers "/fc3/Gemm" learn rls',
    );
  });

  test('inside a string that is still open nothing else is offered', async () => {
    expect((await complete('model "digits.onnx"\nupper tier a { layers "/zzz/|')).labels).toEqual([]);
  });

  test("a name is the author's to choose", async () => {
    expect((await complete('lower tier |')).labels).toEqual([]);
  });
});

describe('hover', () => {
  async function hover(text: string): Promise<string | undefined> {
    const at = marked(text);
    const uri = fresh();
    await client.open(uri, at.text);
    const result = await client.request<Hover | null>('textDocument/hover', uri, { position: at.position });
    const contents = result?.contents;
    return contents !== undefined && typeof contents === 'object' && 'value' in contents
      ? contents.value.replace(/&#(\d+);/g, (_, c: string) => String.fromCharCode(Number(c)))
      : undefined;
  }

  test('a layer shows operator, shapes, work and tier', async () => {
    expect(await hover(plan.replace('"/fc3', '"|/fc3'))).toMatch(
      /"\/fc3\/Gemm"\*\* Gemm\s+.*→.*\n.*multiply-adds per inference, .*parameters.*\n.*in the upper tier head.*\n.*Solvable: \d+ inputs, 10 outputs/,
    );
  });

  test('a range shows how many layers it holds', async () => {
    expect(await hover(plan.replace(' .. ', ' .|. '))).toMatch(/^2 layers, .* parameters: "\/fc1\/Gemm", "\/fc2\/Gemm"$/);
  });

  test.each([
    ['a keyword', 'bac|kend sim', 'Default `sim`'],
    ['a word of a closed set', 'backend s|im', 'compiled to WebAssembly'],
    ['a target', 'target "e|cp5-85f"', 'Energy target'],
    ['the machine that trains', 'train on "s|erver-cpu"', 'Machine that would train'],
    ['a budget per layer', 'budget 2 mJ per la|yer', 'the limit holds for each'],
  ])('%s is explained', async (_name, text, expected) => {
    expect(await hover(text)).toContain(expected);
  });

  test('names, comments and unknown layers say nothing', async () => {
    expect(await hover('lower tier mo|del { }')).toBeUndefined();
    expect(await hover('// bac|kend')).toBeUndefined();
    expect(await hover(plan.replace('/fc3/', '/|fc9/'))).toBeUndefined();
  });
});

test('the outline has headers and layers, a range in graph order', async () => {
  const uri = fresh();
  await client.open(uri, plan);
  const outline: PlanOutline = await client.rpc.sendRequest('tierwise/outline', { uri });
  expect(outline).toMatchObject({ model: 'digits.onnx', target: 'ecp5-85f', hasErrors: false });
  expect(outline.tiers.map((t) => [t.kind, t.name, t.headerRange.start.line, t.layers.map((l) => l.id)])).toEqual([
    ['lower', 'features', 4, ['/fc1/Gemm', '/fc2/Gemm']],
    ['upper', 'head', 9, ['/fc3/Gemm']],
  ]);
  expect(await client.rpc.sendRequest('tierwise/outline', { uri: 'file:///nowhere.tiers' })).toBeNull();
  expect(await client.rpc.sendRequest('tierwise/outline', { uri: 7 })).toBeNull();
});

test('layers are put into tiers by edits of the open text', async () => {
  const uri = fresh();
  await client.open(uri, plan);
  const ask = (params: unknown): Promise<TierAssignment | null> => client.rpc.sendRequest('tierwise/assignTier', params);
  const answer = await ask({ uri, layers: ['/fc2/Gemm'], goal: { kind: 'upper', name: 'head' } });
  expect(answer !== null && 'edits' in answer && applyEdits(plan, [...answer.edits])).toBe(
    plan.replace('"/fc1/Gemm" .. "/fc2/Gemm"', '"/fc1/Gemm"').replace('layers "/fc3/Gemm"', 'layers "/fc2/Gemm",\n    "/fc3/Gemm"'),
  );
  expect(await ask({ uri, layers: ['/fc1/Gemm'], goal: { kind: 'upper', name: 'head' } })).toMatchObject({
    refusal: { code: 'tier-order' },
  });
  expect(await ask({ uri: 'file:///nowhere.tiers', layers: [], goal: { kind: 'frozen' } })).toBeNull();
  for (const wrong of [{}, { uri, layers: 'x', goal: { kind: 'frozen' } }, { uri, layers: [], goal: { kind: 'lower' } }, null])
    expect(await ask(wrong)).toMatchObject({ refusal: { code: 'bad-request' } });
});

test('formatting lays the plan out, and leaves a broken one alone', async () => {
  const uri = fresh();
  const crammed = plan.replaceAll('\n  ', ' ').replace('data', 'data   ');
  await client.open(uri, crammed);
  const options = { options: { tabSize: 2, insertSpaces: true } };
  expect(applyEdits(crammed, await client.request<TextEdit[]>('textDocument/formatting', uri, options))).toBe(plan);
  const broken = fresh();
  await client.open(broken, 'model   "x" }');
  expect(await client.request('textDocument/formatting', broken, options)).toEqual([]);
});

test('symbols and folds follow the tiers', async () => {
  const uri = fresh();
  await client.open(uri, plan);
  const symbols = await client.request<DocumentSymbol[]>('textDocument/documentSymbol', uri);
  expect(symbols.map((s) => [s.name, s.detail, s.children?.map((c) => c.name)])).toEqual([
    ['"digits.onnx"', 'model', undefined],
    ['features', 'lower tier', ['"/fc1/Gemm"', '"/fc2/Gemm"']],
    ['head', 'upper tier', ['"/fc3/Gemm"']],
  ]);
  const folds = await client.request<FoldingRange[]>('textDocument/foldingRange', uri);
  expect(folds.map((f) => [f.startLine, f.endLine])).toEqual([
    [4, 6],
    [9, 11],
  ]);
});

describe('rename', () => {
  test("changes a tier's name", async () => {
    const uri = fresh();
    await client.open(uri, plan);
    const position = { line: 4, character: 15 };
    expect(await client.request('textDocument/prepareRename', uri, { position })).toEqual({
      start: { line: 4, character: 11 },
      end: { line: 4, character: 19 },
    });
    const edit = await client.request<WorkspaceEdit>('textDocument/rename', uri, { position, newName: 'trunk' });
    expect(applyEdits(plan, edit.changes?.[uri] ?? [])).toBe(plan.replace('features', 'trunk'));
  });

  test('refuses what is no name, a name that is taken, and anything but a tier', async () => {
    const uri = fresh();
    await client.open(uri, plan);
    const position = { line: 4, character: 15 };
    await expect(client.request('textDocument/rename', uri, { position, newName: 'two words' })).rejects.toThrow(
      'is not a name for a tier',
    );
    await expect(client.request('textDocument/rename', uri, { position, newName: 'head' })).rejects.toThrow('already a tier');
    expect(await client.request('textDocument/prepareRename', uri, { position: { line: 0, character: 2 } })).toBeNull();
  });
});

test('survives malformed texts and requests', async () => {
  const texts = [
    '"',
    '/*',
    '{'.repeat(2000),
    '\0\ud800',
    'lower tier',
    'layers "a" .. ',
    plan.slice(0, 100),
    `${'lower tier a {'.repeat(300)}`,
    'data "x" inputs "',
  ];
  for (const text of texts) {
    const uri = fresh();
    expect((await client.open(uri, text)).length).toBeGreaterThan(0);
    const position = { line: 0, character: text.length };
    await client.completion(uri, position);
    await client.request('textDocument/hover', uri, { position: { line: 99, character: 99 } });
    await client.request('textDocument/documentSymbol', uri);
    await client.request('textDocument/foldingRange', uri);
    expect(await client.rpc.sendRequest('tierwise/outline', { uri })).toMatchObject({ hasErrors: true });
  }
  expect(await client.open(fresh(), plan)).toEqual([]);
});
