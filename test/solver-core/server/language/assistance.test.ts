import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CompletionItem, FoldingRange, SemanticTokens, SignatureHelp, TextEdit } from 'vscode-languageserver/node.js';
import { completionWindow } from '../../../../solver-core/server/language/completion-window.ts';
import { applyEdits, LanguageClientProcess, marked } from './client.ts';

let client: LanguageClientProcess;
let count = 0;
beforeAll(async () => {
  client = await LanguageClientProcess.start();
});
afterAll(async () => {
  await client.stop();
});

const fresh = (): string => client.uri(`plan${++count}.tiers`);

/** Longer than what is completed as a whole. */
const padding = `${'// a line that says nothing, to make the plan long\n'.repeat(200)}`;

const places = [
  '|',
  'model "digits.onnx"\nba|',
  'model "digits.onnx"\nlower tier a { layers "/fc1/Gemm", | solve ridge }',
  'model "digits.onnx"\nlower tier a { layers "/fc1/Gemm", "/fc2/Gemm", "/fc3/Gemm", "|" }',
  'model "digits.onnx"\nlower tier a {\n  layers "/fc1/Gemm"\n  so|\n}',
  'model "digits.onnx"\nlower tier a {\n  layers "/fc1/Gemm"\n  solve ridge |\n}',
  'model "digits.onnx"\nupper tier a {\n  layers "/fc3|"\n  learn rls\n}',
  'model "digits.onnx"\nupper tier a {\n  layers "/fc3/Gemm"\n  learn rls forgetting 1 |\n}\nbudget 1 J per fit',
  'model "digits.onnx"\nupper tier a {\n  learn rls\n}\n|',
  'model "digits.onnx"\nbudget 2 |',
  'model "digits.onnx"\ncompound c {\n  lower layers "/fc1/Gemm"\n  upper |\n}',
  'model "digits.onnx"\ncompound c {\n  lower layers "/fc1/Gemm", "/f|"\n}',
  'model "digits.onnx"\nlower tier "odd { layers } name" { |',
];

describe('completion', () => {
  async function complete(text: string): Promise<readonly CompletionItem[]> {
    const at = marked(text);
    const uri = fresh();
    await client.open(uri, at.text);
    return (await client.completion(uri, at.position)).items;
  }

  test.each(places)('a long plan is completed like a short one: %j', async (text) => {
    const [short, long] = [await complete(text), await complete(padding + text)];
    expect(long.map(({ label, detail }) => [label, detail])).toEqual(short.map(({ label, detail }) => [label, detail]));
    // Taking an item changes the same place.
    const taken = (whole: string, item: CompletionItem | undefined): string =>
      item?.textEdit !== undefined && 'range' in item.textEdit ? applyEdits(whole.replace('|', ''), [item.textEdit]) : whole;
    for (const [index, item] of short.entries()) expect(taken(padding + text, long[index])).toBe(padding + taken(text, item));
  });

  test('a layer carries operator, shapes, parameters, its state, and its id for those who know more', async () => {
    const items = await complete('model "digits.onnx"\nlower tier a {\n  layers "/fc1/Gemm", |\n}');
    expect(items.find(({ label }) => label === '/fc2/Gemm')).toMatchObject({
      detail: 'Gemm, 1 × 192 → 1 × 128, 24704 parameters',
      labelDetails: { description: 'Gemm → 1 × 128' },
      data: { layer: '/fc2/Gemm' },
    });
    expect(items.find(({ label }) => label === '/fc1/Gemm')?.detail).toBe('Gemm, 1 × 64 → 1 × 192, 12480 parameters, in tier a');
  });

  test('options come with default and range', async () => {
    const items = await complete('upper tier a {\n  learn rls |\n}');
    expect(items.find(({ label }) => label === 'forgetting')?.detail).toBe('default 1; above 0 and at most 1');
    expect(items.find(({ label }) => label === 'rate')).toBeUndefined();
  });

  test('whole blocks are offered where they may stand, with free layers in their places', async () => {
    const items = await complete('model "digits.onnx"\n|');
    const snippets = items.filter(({ insertTextFormat }) => insertTextFormat === 2);
    expect(snippets.map(({ label }) => label).sort()).toEqual(['budget … per …', 'compound { … }', 'lower tier { … }', 'upper tier { … }']);
    const lower = snippets.find(({ label }) => label.startsWith('lower'))?.textEdit?.newText ?? '';
    expect(lower).toContain('${2:"/fc1/Gemm"}');
    // With its places filled in as they are offered, a block is a plan without a finding.
    for (const { textEdit } of snippets) {
      const filled = (textEdit?.newText ?? '').replace(
        /\$\{\d+:((?:\\.|[^}\\])*)\}|\$\{\d+\|([^,|]*)[^}]*\|\}|\$\d/g,
        (_, text: string = '', first: string = '') => (text || first).replace(/\\(.)/g, '$1'),
      );
      const diagnostics = await client.open(fresh(), `model "digits.onnx"\ndata "digits.npz"\n${filled}\n`);
      expect([filled, diagnostics]).toEqual([filled, []]);
    }
    expect(
      (await complete('lower tier a { | }')).filter(({ insertTextFormat }) => insertTextFormat === 2).map(({ label }) => label),
    ).toEqual(['budget … per …']);
  });
});

describe('the part of a long plan around the cursor', () => {
  test('keeps the head of the block and the last names of a list', () => {
    const names = Array.from({ length: 2000 }, (_, i) => `"/layer${i}"`).join(', ');
    const text = `model "m.onnx"\nlower tier deep {\n  layers ${names}, "x"\n  solve ridge\n}\n`;
    const offset = text.indexOf('"x"') + 2;
    const window = completionWindow(text, offset);
    expect(window?.text.length).toBeLessThan(200);
    expect(window?.text).toMatch(/^lower tier deep \{ layers .*"x"$/);
    expect(window && text.slice(0, window.offset + window.shift)).toBe(text.slice(0, offset));
  });

  test('signs in comments and names do not count', () => {
    const text = `${padding}upper tier a {\n  // } "\n  layers "} {", "/x"\n}\n`;
    const offset = text.indexOf('"/x"') + 3;
    expect(completionWindow(text, offset)?.text).toBe('upper tier a { layers "} {", "/x"');
  });

  test('short plans are left as they are', () => {
    expect(completionWindow('model "a.onnx"', 5)).toBeUndefined();
  });
});

describe('signature help', () => {
  async function help(
    text: string,
  ): Promise<{ readonly label: string; readonly active: string; readonly doc: string; readonly count: number } | null> {
    const at = marked(text);
    const uri = fresh();
    await client.open(uri, at.text);
    const result = await client.request<SignatureHelp | null>('textDocument/signatureHelp', uri, { position: at.position });
    const signature = result?.signatures[result.activeSignature ?? 0];
    if (result === null || signature === undefined) return null;
    const parameter = signature.parameters?.[result.activeParameter ?? 0];
    const label = Array.isArray(parameter?.label) ? signature.label.slice(...parameter.label) : '';
    const doc = typeof parameter?.documentation === 'object' ? parameter.documentation.value : '';
    return { label: signature.label, active: label, doc, count: result.signatures.length };
  }

  test.each([
    ['lower tier a { solve ridge | }', 'solve ridge [lambda NUMBER | auto]', '[lambda NUMBER | auto]'],
    ['lower tier a { targets forward-projection | }', 'targets forward-projection [seed NUMBER]', '[seed NUMBER]'],
    [
      'upper tier a { learn rls | }',
      'learn rls [lambda NUMBER | auto] [forgetting NUMBER] [expand NUMBER] [compensation NUMBER] [seed NUMBER]',
      '[lambda NUMBER | auto]',
    ],
    ['upper tier a { learn rls forgetting | }', expect.anything(), '[forgetting NUMBER]'],
    ['upper tier a { learn rls forgetting 0.9| }', expect.anything(), '[forgetting NUMBER]'],
    ['upper tier a { learn rls forgetting 0.9 | }', expect.anything(), '[lambda NUMBER | auto]'],
    ['upper tier a { learn rls lambda auto forgetting 0.9 | }', expect.anything(), '[expand NUMBER]'],
    ['budget |', 'budget NUMBER J | mJ | uJ | nJ | pJ | kJ per inference | layer | fit | update', 'NUMBER'],
    ['budget 2 |', expect.anything(), 'J | mJ | uJ | nJ | pJ | kJ'],
    ['lower tier a { budget 2 mJ | }', expect.anything(), 'per inference | layer | fit'],
    ['compound c { escalate | }', 'escalate below NUMBER | auto [within NUMBER]', 'below NUMBER | auto'],
    ['compound c { escalate below auto | }', expect.anything(), '[within NUMBER]'],
    ['compound c { learn rls | }', 'learn rls [lambda NUMBER | auto] [forgetting NUMBER]', '[lambda NUMBER | auto]'],
    ['data "digits.npz" |', 'data "FILE" [inputs NAME] [labels NAME] [split NUMBER] [seed NUMBER]', '[inputs NAME]'],
    ['data "digits.npz" split | seed 1', expect.anything(), '[split NUMBER]'],
  ])('%s', async (text, label, active) => {
    expect(await help(text)).toMatchObject({ label, active });
  });

  test('ranges and defaults are told; several ways are told one after the other', async () => {
    expect((await help('upper tier a { learn sgd | }'))?.doc).toContain('Default: 1e-2.');
    expect((await help('upper tier a { learn | }'))?.count).toBe(3);
  });

  test('other clauses, other lines and comments have none', async () => {
    expect(await help('model |"digits.onnx"')).toBeNull();
    expect(await help('budget 2 mJ per fit\n|')).toBeNull();
    expect(await help('lower tier a { solve ridge // so |\n}')).toBeNull();
    expect(await help('lower tier a { solve ridge } |')).toBeNull();
  });
});

test('words are told apart by where they stand', async () => {
  const uri = fresh();
  const text =
    'data "digits.npz" labels data\nlower tier data {\n  layers "/fc1/Gemm"\n  solve ridge lambda 1e-2\n  budget 2 mJ per fit\n}\n';
  await client.open(uri, text);
  const legend = client.capabilities.semanticTokensProvider?.legend.tokenTypes ?? [];
  const { data } = await client.request<SemanticTokens>('textDocument/semanticTokens/full', uri);
  const lines = text.split('\n');
  const tokens: string[] = [];
  let [line, character] = [0, 0];
  for (let i = 0; i < data.length; i += 5) {
    const [deltaLine = 0, delta = 0, length = 0, type = 0] = data.slice(i, i + 5);
    character = deltaLine === 0 ? character + delta : delta;
    line += deltaLine;
    tokens.push(`${(lines[line] ?? '').slice(character, character + length)}:${legend[type]}`);
  }
  expect(tokens).toEqual([
    'data:keyword',
    'labels:parameter',
    'data:variable',
    'lower:keyword',
    'tier:keyword',
    'data:class',
    'layers:keyword',
    '"/fc1/Gemm":tierwiseLayer',
    'solve:keyword',
    'ridge:enumMember',
    'lambda:parameter',
    '1e-2:number',
    'budget:keyword',
    '2:number',
    'mJ:tierwiseUnit',
    'per:keyword',
    'fit:enumMember',
  ]);
  const part = await client.request<SemanticTokens>('textDocument/semanticTokens/range', uri, {
    range: { start: { line: 2, character: 0 }, end: { line: 2, character: 99 } },
  });
  expect(part.data).toHaveLength(10);
});

test('tiers, lists, comments and regions fold', async () => {
  const uri = fresh();
  const text = `// one
// two
/* three
   four */
// #region tiers
lower tier a {
  layers "/fc1/Gemm",
    "/fc2/Gemm"
  solve ridge
}
// #endregion
`;
  await client.open(uri, text);
  const folds = await client.request<FoldingRange[]>('textDocument/foldingRange', uri);
  expect(folds.map(({ startLine, endLine, kind }) => [startLine, endLine, kind]).sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
    [0, 1, 'comment'],
    [2, 3, 'comment'],
    [4, 10, 'region'],
    [5, 8, undefined],
    [6, 7, undefined],
  ]);
});

test('a range is laid out by itself, and a closing brace lays out its block', async () => {
  const uri = fresh();
  const text = 'model   "digits.onnx"\nlower   tier a {\nsolve    ridge\n}\nbudget   1 J per fit\n';
  await client.open(uri, text);
  const options = { tabSize: 2, insertSpaces: true };
  const some = await client.request<TextEdit[]>('textDocument/rangeFormatting', uri, {
    options,
    range: { start: { line: 1, character: 0 }, end: { line: 2, character: 3 } },
  });
  const expected = 'model   "digits.onnx"\nlower tier a {\n  solve ridge\n}\nbudget   1 J per fit\n';
  expect(applyEdits(text, some)).toBe(expected);
  const typed = await client.request<TextEdit[]>('textDocument/onTypeFormatting', uri, {
    options,
    ch: '}',
    position: { line: 3, character: 1 },
  });
  expect(applyEdits(text, typed)).toBe(expected);
});

describe('formatting of a part', () => {
  const options = { tabSize: 2, insertSpaces: true };
  const line = (n: number, end?: number) => ({
    start: { line: n, character: 0 },
    end: { line: end ?? n, character: end === undefined ? 99 : 0 },
  });
  async function laidOut(text: string, range: object): Promise<string> {
    const uri = fresh();
    await client.open(uri, text);
    return applyEdits(text, await client.request<TextEdit[]>('textDocument/rangeFormatting', uri, { options, range }));
  }
  const text = 'model   "digits.onnx"\nlower   tier a{\n\tlayers "/fc1/Gemm","/fc2/Gemm"  \nsolve    ridge\n\n\n\n}\n';

  test('indents the line, though its blanks begin on the one before', async () => {
    for (const end of ['\n', '\r\n']) {
      const lines = text.replaceAll('\n', end);
      expect(await laidOut(lines, line(2))).toBe(lines.replace('\tlayers "/fc1/Gemm","/fc2/Gemm"  ', '  layers "/fc1/Gemm", "/fc2/Gemm"'));
      expect(await laidOut(lines, line(3, 4))).toBe(lines.replace('solve    ridge', '  solve ridge'));
    }
  });

  test('leaves every other line as it is', async () => {
    const lines = text.split('\n');
    for (let n = 0; n < lines.length; n++) {
      const now = (await laidOut(text, line(n))).split('\n');
      expect(now).toHaveLength(lines.length);
      expect(now.filter((_, at) => at !== n)).toEqual(lines.filter((_, at) => at !== n));
    }
  });

  test('of a block that a brace ends takes nothing before or behind it, and nothing more the second time', async () => {
    const before = 'model   "digits.onnx"\n';
    const behind = '   // the   head\nbudget   1 J per fit\n';
    const block = 'lower   tier a{layers "/fc1/Gemm"\n  solve   ridge}';
    const now = 'lower tier a {\n  layers "/fc1/Gemm"\n  solve ridge\n}';
    for (const [from, to] of [
      [block, now],
      [now, now],
    ] as const) {
      const uri = fresh();
      const whole = before + from + behind;
      await client.open(uri, whole);
      const { position } = marked(`${before}${from}|${behind}`);
      const edits = await client.request<TextEdit[]>('textDocument/onTypeFormatting', uri, { options, ch: '}', position });
      expect(applyEdits(whole, edits)).toBe(before + to + behind);
    }
  });
});

test('what is asked right after opening is answered from the text', async () => {
  const other = await LanguageClientProcess.start();
  const uri = other.uri('first.tiers');
  const text = 'model    "digits.onnx"\n';
  void other.open(uri, text);
  const edits = await other.request<TextEdit[]>('textDocument/formatting', uri, { options: { tabSize: 2, insertSpaces: true } });
  expect(applyEdits(text, edits)).toBe('model "digits.onnx"\n');
  await other.stop();
});

test('what is asked right after a key is answered from the new text', async () => {
  const uri = fresh();
  await client.open(uri, 'model "digits.onnx"\n');
  void client.change(uri, 2, 'model    "digits.onnx"\n');
  const edits = await client.request<TextEdit[]>('textDocument/formatting', uri, { options: { tabSize: 2, insertSpaces: true } });
  expect(applyEdits('model    "digits.onnx"\n', edits)).toBe('model "digits.onnx"\n');
});
