import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DocumentHighlight, DocumentLink, Location, LocationLink, Range, SelectionRange } from 'vscode-languageserver/node.js';
import type { LayerPlace } from '../../../../solver-core/protocol/index.ts';
import { LanguageClientProcess, marked } from './client.ts';

let client: LanguageClientProcess;
let count = 0;
beforeAll(async () => {
  client = await LanguageClientProcess.start();
});
afterAll(async () => {
  await client.stop();
});

const fresh = (): string => client.uri(`plan${++count}.tiers`);

const plan = `model "digits.onnx"
data "digits.npz"

lower tier features {
  layers "/fc1/Gemm" .. "/fc3/Gemm"
  solve ridge
}

compound reader {
  lower layers "/fc1/Gemm", "/fc2/Gemm"
  upper rest
}
`;

/** The text of a range of a plan. */
function textAt(text: string, { start, end }: Range): string {
  const lines = text.split('\n');
  if (start.line === end.line) return (lines[start.line] ?? '').slice(start.character, end.character);
  return [
    (lines[start.line] ?? '').slice(start.character),
    ...lines.slice(start.line + 1, end.line),
    (lines[end.line] ?? '').slice(0, end.character),
  ].join('\n');
}

describe('references', () => {
  async function references(text: string, uri = fresh()): Promise<Location[]> {
    const at = marked(text);
    await client.open(uri, at.text);
    return client.request<Location[]>('textDocument/references', uri, { position: at.position, context: { includeDeclaration: true } });
  }

  test('a layer is mentioned by name, inside ranges and in modules', async () => {
    const uri = fresh();
    const found = (await references(plan.replace('"/fc2', '"/f|c2'), uri)).filter((one) => one.uri === uri);
    expect(found.map(({ range }) => textAt(plan, range))).toEqual(['"/fc1/Gemm" .. "/fc3/Gemm"', '"/fc2/Gemm"']);
  });

  test('an end of a range is a name', async () => {
    const uri = fresh();
    const found = (await references(plan.replace('"/fc3', '"|/fc3'), uri)).filter((one) => one.uri === uri);
    expect(found.map(({ range }) => textAt(plan, range))).toEqual(['"/fc3/Gemm"']);
  });

  test('other plans of the same model count, open or on disk, and plans of other models do not', async () => {
    mkdirSync(join(client.folder, 'below'));
    const disk = (name: string, model: string): void =>
      writeFileSync(join(client.folder, name), `model "${model}"\nlower tier x {\n  layers "/fc1/Gemm"\n  solve ridge\n}\n`);
    disk('disk.tiers', 'digits.onnx');
    disk('stranger.tiers', 'none.onnx');
    disk('below/absolute.tiers', join(client.folder, 'digits.onnx'));
    const open = fresh();
    await client.open(open, 'model "./digits.onnx"\nupper tier y {\n  layers "/fc1/Gemm"\n  learn rls\n}\n');
    const own = fresh();
    const found = await references(plan.replace('"/fc1/Gemm" ..', '"/f|c1/Gemm" ..'), own);
    const names = [...new Set(found.map(({ uri }) => uri))];
    expect(names[0]).toBe(own);
    expect(names).toContain(open);
    expect(names).toContain(client.uri('disk.tiers'));
    expect(names).toContain(client.uri('below/absolute.tiers'));
    expect(names).not.toContain(client.uri('stranger.tiers'));
    // What is on disk may change without a word.
    rmSync(join(client.folder, 'disk.tiers'));
    const again = await client.request<Location[]>('textDocument/references', own, {
      position: found[0]?.range.start,
      context: { includeDeclaration: true },
    });
    expect(again.map(({ uri }) => uri)).not.toContain(client.uri('disk.tiers'));
  });

  test('plans with line ends of Windows and a mark of the byte order are counted as editors count', async () => {
    const text = `model "digits.onnx" lower tier x { layers "/fc1/Gemm"\r\n\r\nlayers "/fc3/Gemm" solve ridge }\r\n`;
    writeFileSync(join(client.folder, 'windows.tiers'), `\ufeff${text}`);
    const places = async (name: string): Promise<string[]> => {
      const found = await references(plan.replace('"/fc1/Gemm" .. "/fc3/Gemm"', `"|${name}"`));
      return found.filter(({ uri }) => uri === client.uri('windows.tiers')).map(({ range }) => textAt(text, range));
    };
    expect(await places('/fc1/Gemm')).toEqual(['"/fc1/Gemm"']);
    expect(await places('/fc3/Gemm')).toEqual(['"/fc3/Gemm"']);
    rmSync(join(client.folder, 'windows.tiers'));
  });

  test('a model is the same however a plan spells it', async () => {
    writeFileSync(
      join(client.folder, 'spelt.tiers'),
      'model ".\\\\..\\\\x/../d\\u{69}gits.onnx" lower tier x { layers "/fc1/Gemm" solve ridge }',
    );
    writeFileSync(join(client.folder, 'spelt2.tiers'), 'model "./d\\u{69}gits.onnx" lower tier x { layers "/fc1/Gemm" solve ridge }');
    const found = await references(plan.replace('"/fc1/Gemm" ..', '"/f|c1/Gemm" ..'));
    expect(found.map(({ uri }) => uri)).toContain(client.uri('spelt2.tiers'));
    expect(found.map(({ uri }) => uri)).not.toContain(client.uri('spelt.tiers'));
    for (const name of ['spelt.tiers', 'spelt2.tiers']) rmSync(join(client.folder, name));
  });

  test('a tier is its name; other words are nothing', async () => {
    expect((await references(plan.replace('features', 'fea|tures'))).map(({ range }) => textAt(plan, range))).toEqual(['features']);
    expect(await references(plan.replace('solve', 'so|lve'))).toEqual([]);
  });
});

test('highlights tell names from ranges', async () => {
  const uri = fresh();
  const at = marked(plan.replace('"/fc2', '"/f|c2'));
  await client.open(uri, at.text);
  const marks = await client.request<DocumentHighlight[]>('textDocument/documentHighlight', uri, { position: at.position });
  expect(marks.map(({ range, kind }) => [textAt(plan, range), kind])).toEqual([
    ['"/fc1/Gemm" .. "/fc3/Gemm"', 2],
    ['"/fc2/Gemm"', 3],
  ]);
});

test('what follows the lower module leads to the lower module', async () => {
  const uri = fresh();
  const at = marked(plan.replace('rest', 're|st'));
  await client.open(uri, at.text);
  const links = await client.request<LocationLink[]>('textDocument/definition', uri, { position: at.position });
  expect(links.map(({ targetRange }) => textAt(plan, targetRange))).toEqual(['lower layers "/fc1/Gemm", "/fc2/Gemm"']);
});

test('the layer at a position comes with its model', async () => {
  const uri = fresh();
  const at = marked(plan.replace('"/fc2', '"/f|c2'));
  await client.open(uri, at.text);
  const place: LayerPlace | null = await client.rpc.sendRequest('tierwise/layerAt', { uri, position: at.position });
  expect(place).toMatchObject({ id: '/fc2/Gemm', model: join(client.folder, 'digits.onnx') });
  expect(place && textAt(plan, place.range)).toBe('"/fc2/Gemm"');
  expect(await client.rpc.sendRequest('tierwise/layerAt', { uri, position: { line: 0, character: 10 } })).toBeNull();
  for (const wrong of [null, {}, { uri }, { uri, position: 3 }, { uri: 'file:///nowhere.tiers', position: at.position }])
    expect(await client.rpc.sendRequest('tierwise/layerAt', wrong)).toBeNull();
});

test('a model that the plan may not use is nowhere to go to', async () => {
  for (const path of [
    '//server/share/digits.onnx',
    String.raw`\\\\server\\share\\digits.onnx`,
    '../digits.onnx',
    'https://a.b/digits.onnx',
  ]) {
    const uri = fresh();
    const at = marked(plan.replace('digits.onnx', path).replace('"/fc2', '"/f|c2'));
    await client.open(uri, at.text);
    const place: LayerPlace | null = await client.rpc.sendRequest('tierwise/layerAt', { uri, position: at.position });
    expect(place).toMatchObject({ id: '/fc2/Gemm', model: null });
  }
});

test('files that are there are links, others are not', async () => {
  const uri = fresh();
  const text = 'model "digits.onnx"\ndata "missing.npz"\ncompound c {\n  lower model "../out.onnx"\n}\n';
  await client.open(uri, text);
  const links = await client.request<DocumentLink[]>('textDocument/documentLink', uri);
  expect(links.map(({ range, target }) => [textAt(text, range), target])).toEqual([['digits.onnx', client.uri('digits.onnx')]]);
});

test('selections grow from a word to the plan', async () => {
  const uri = fresh();
  const at = marked(plan.replace('"/fc3', '"/f|c3'));
  await client.open(uri, at.text);
  const [first] = await client.request<SelectionRange[]>('textDocument/selectionRange', uri, { positions: [at.position] });
  const texts: string[] = [];
  for (let one = first; one !== undefined; one = one.parent) texts.push(textAt(plan, one.range));
  expect(texts[0]).toBe('"/fc3/Gemm"');
  expect(texts[1]).toBe('"/fc1/Gemm" .. "/fc3/Gemm"');
  expect(texts[2]).toBe('layers "/fc1/Gemm" .. "/fc3/Gemm"');
  expect(texts.at(-1)).toBe(plan);
  for (const [index, text] of texts.entries()) expect((texts[index + 1] ?? plan).includes(text)).toBe(true);
});

test('a plan that is no file has mentions by name, and no links', async () => {
  const uri = `untitled:Untitled-${++count}`;
  const at = marked(plan.replace('"/fc2', '"/f|c2'));
  await client.open(uri, at.text);
  const marks = await client.request<DocumentHighlight[]>('textDocument/documentHighlight', uri, { position: at.position });
  expect(marks.map(({ range }) => textAt(plan, range))).toEqual(['"/fc2/Gemm"']);
  expect(await client.request('textDocument/documentLink', uri)).toEqual([]);
});
