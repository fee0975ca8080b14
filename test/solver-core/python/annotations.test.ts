import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analysePython, annotationItems } from '../../../solver-core/python/index.ts';
import { parsePython } from '../../../solver-core/python/syntax.ts';
import { tierComments } from '../../../solver-core/python/tier-comments.ts';

const head = 'import torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self):\n';
/** The body of a constructor as lines of a class. */
const inNet = (...lines: readonly string[]): string => head + lines.map((line) => `        ${line}\n`).join('');
const tiersOf = (text: string): readonly string[] =>
  analysePython(text).layers.map((layer) => `${layer.name} ${layer.tier} ${layer.annotation?.name ?? '-'}`);

describe('where an annotation stands', () => {
  test.each([
    [
      'on the line of the layer',
      inNet('self.a = nn.Linear(1, 2)  # tier: lower ridge', 'self.b = nn.Linear(2, 3)'),
      ['a lower -', 'b frozen -'],
    ],
    ['directly above', inNet('# tier: upper', 'self.a = nn.Linear(1, 2)', 'self.b = nn.Linear(2, 3)'), ['a upper -', 'b frozen -']],
    ['above, with other comments between', inNet('# tier: lower', '# the input', 'self.a = nn.Linear(1, 2)'), ['a lower -']],
    ['on any line of a long call', inNet('self.a = nn.Linear(', '    1,', '    2,  # tier: lower', ')'), ['a lower -']],
    ['behind the end of a long call', inNet('self.a = nn.Linear(', '    1, 2', ')  # tier: lower'), ['a lower -']],
    [
      'on one line of a list',
      inNet('self.s = nn.Sequential(', '    nn.Linear(1, 2),  # tier: lower', '    nn.ReLU(),', '    nn.Linear(2, 3),', ')'),
      ['s.0 lower -', 's.2 frozen -'],
    ],
    [
      'on the line that opens a list: for all of it, but those with their own',
      inNet('self.s = nn.Sequential(  # tier: lower', '    nn.Linear(1, 2),', '    nn.Linear(2, 3),  # tier: frozen', ')'),
      ['s.0 lower -', 's.1 frozen -'],
    ],
    [
      'on a class line: for all of its layers, but those with their own',
      `import torch.nn as nn\nclass Net(nn.Module):  # tier: lower name=x\n    def __init__(self):\n        self.a = nn.Linear(1, 2)\n        self.b = nn.Linear(2, 3)  # tier: upper name=y\n`,
      ['a lower x', 'b upper y'],
    ],
    [
      'above a class and its decorator',
      `import torch.nn as nn\n# tier: lower\n@register\nclass Net(nn.Module):\n    def __init__(self):\n        self.a = nn.Linear(1, 2)\n`,
      ['a lower -'],
    ],
    [
      'where a block is used, before the class of the block',
      `import torch.nn as nn\nclass B(nn.Module):  # tier: upper name=own\n    def __init__(self):\n        self.a = nn.Linear(1, 2)\nclass Net(nn.Module):\n    def __init__(self):\n        self.x = B()  # tier: lower name=use\n        self.y = B()\n`,
      ['x.a lower use', 'y.a upper own'],
    ],
    [
      'in a literal loop: for every turn',
      inNet('self.l = nn.ModuleList()', 'for i in range(2):', '    self.l.append(nn.Linear(i + 1, 3))  # tier: lower'),
      ['l.0 lower -', 'l.1 lower -'],
    ],
  ])('%s', (_name, text, expected) => {
    const { findings } = analysePython(text);
    expect(tiersOf(text)).toEqual(expected);
    expect(findings.list()).toEqual([]);
  });
});

describe('what is wrong with an annotation has a code, a place and what was probably meant', () => {
  test.each([
    ['# tier: lowr', 'unknown-word', 'lowr', 'lower'],
    ['# tier: lower rigde', 'unknown-word', 'rigde', 'ridge'],
    ['# tier: upper ridge', 'unknown-word', 'ridge', undefined],
    ['# tier: upper rls forgeting=1', 'unknown-word', 'forgeting=1', 'forgetting=1'],
    ['# tier: lower ridge forgetting=1', 'misplaced-clause', 'forgetting=1', ''],
    ['# tier: upper sgd lambda=1', 'misplaced-clause', 'lambda=1', ''],
    ['# tier: frozen ridge', 'misplaced-clause', 'ridge', ''],
    ['# tier: lower lambda=0', 'value-out-of-range', '0', undefined],
    ['# tier: lower lambda=autos', 'unknown-word', 'autos', 'auto'],
    ['# tier: upper forgetting=1.5', 'value-out-of-range', '1.5', undefined],
    ['# tier: upper expand=0.5', 'value-out-of-range', '0.5', undefined],
    ['# tier: lower targets=labls', 'unknown-word', 'labls', 'labels'],
    ['# tier: lower budget=5', 'value-out-of-range', '5', undefined],
    ['# tier: lower seed=1 seed=2', 'duplicate-clause', 'seed=2', ''],
    ['# tier: upper compensation=1', 'missing-clause', 'compensation=1', 'expand=1024 compensation=1'],
    ['# tier: lower lambda=', 'missing-clause', 'lambda=', undefined],
    ['# tier:', 'missing-clause', '# tier:', '# tier: lower ridge'],
    ['# tier: lambda=1', 'missing-clause', 'lambda=1', undefined],
    ['# tier: lower name=9x', 'unknown-word', '9x', undefined],
  ])('%s', (comment, code, place, fix) => {
    const text = inNet(`self.a = nn.Linear(1, 2)  ${comment}`);
    const [first, ...more] = analysePython(text).findings.list();
    expect(more).toEqual([]);
    expect(first).toMatchObject({ severity: 'error', code });
    const range = first?.where.range;
    const line = text.split('\n')[(range?.line ?? 0) - 1] ?? '';
    expect(line.slice((range?.column ?? 0) - 1, (range?.endColumn ?? 0) - 1)).toBe(place);
    if (fix !== undefined) expect(first?.suggestions?.[0]).toBe(fix);
  });

  test.each([
    ['at no layer', inNet('x = 1  # tier: lower', 'self.a = nn.Linear(1, 2)'), 'annotation-without-layer'],
    ['above an empty line', inNet('# tier: lower', '', 'self.a = nn.Linear(1, 2)'), 'annotation-without-layer'],
    ['twice for one layer', inNet('# tier: lower', 'self.a = nn.Linear(1, 2)  # tier: upper'), 'duplicate-annotation'],
    [
      'one name for two tiers',
      inNet('self.a = nn.Linear(1, 2)  # tier: lower name=x', 'self.b = nn.Linear(1, 2)  # tier: lower lambda=1 name=x'),
      'duplicate-tier-name',
    ],
    ['a recurrent layer cannot be solved', inNet('self.a = nn.LSTM(1, 2)  # tier: lower'), 'layer-not-solvable'],
    ['nor learned by least squares', inNet('self.a = nn.GRU(1, 2)  # tier: upper rls'), 'layer-not-solvable'],
  ])('%s', (_name, text, code) => {
    expect(
      analysePython(text)
        .findings.list()
        .map((each) => each.code),
    ).toEqual([code]);
  });

  test('gradient steps take any layer', () => {
    expect(analysePython(inNet('self.a = nn.LSTM(1, 2)  # tier: upper adam rate=1e-3')).findings.list()).toEqual([]);
  });
});

test('every option that is offered is accepted, with the value that is offered', () => {
  for (const start of ['lower ridge ', 'upper rls ', 'upper sgd ', 'upper adam ']) {
    const line = `        self.a = nn.Linear(1, 2)  # tier: ${start}`;
    const items = annotationItems(head + line, 3, line.length);
    expect(items.length).toBeGreaterThan(3);
    for (const item of items) {
      if (!item.label.endsWith('=')) continue;
      const extra = item.label === 'compensation=' ? ' expand=10' : '';
      expect([item.label, analysePython(`${head}${line}${item.insertText}${extra}\n`).findings.list()]).toEqual([item.label, []]);
    }
  }
});

describe('completion', () => {
  const at = (line: string): readonly string[] => {
    const place = line.indexOf('|');
    return annotationItems(head + line.replace('|', ''), 3, place).map(({ label }) => label);
  };
  test.each([
    ['        self.a = nn.Linear(1, 2)  # tier: |', ['lower', 'upper', 'frozen']],
    ['        self.a = nn.Linear(1, 2)  # tier:|', ['lower', 'upper', 'frozen']],
    ['        self.a = nn.Linear(1, 2)  # tier: lo|', ['lower', 'upper', 'frozen']],
    ['        self.a = nn.Linear(1, 2)  # tier: lower |', ['ridge', 'lambda=', 'targets=', 'seed=', 'budget=', 'name=']],
    ['        self.a = nn.Linear(1, 2)  # tier: lower ridge lambda=1 |', ['targets=', 'seed=', 'budget=', 'name=']],
    ['        self.a = nn.Linear(1, 2)  # tier: frozen |', []],
    ['        self.a = nn.Linear(1, 2)|  # tier: lower', []],
    ['        self.a = "# tier: |"', []],
    ['        # a comment |', []],
    ['        # tier: lower # said |', []],
  ])('%s', (line, expected) => {
    expect(at(line)).toEqual(expected);
  });

  test('a value is replaced as a whole', () => {
    const line = '        # tier: lower targets=labels seed=1';
    const items = annotationItems(head + line, 3, line.indexOf('=lab') + 3);
    expect(items.map(({ label }) => label)).toContain('forward-projection');
    const range = items[0]?.range;
    expect(line.slice((range?.column ?? 0) - 1, (range?.endColumn ?? 0) - 1)).toBe('labels');
  });
});

const python = '/usr/bin/python3';
const tokens = `
import io, json, sys, tokenize
out = []
for text in json.load(sys.stdin):
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and token.string.startswith("# tier:"):
                found.append([token.start[0], token.string.rstrip()])
    except (tokenize.TokenError, IndentationError, SyntaxError):
        found = None
    out.append(found)
print(json.dumps(out))
`;

test.skipIf(!existsSync(python))("comments are those of Python's own tokenizer, whatever strings hold", () => {
  const line = fc.constantFrom(
    'x = 1  # tier: lower',
    '# tier: upper rls',
    's = "# tier: lower"',
    "s = '''",
    '"""',
    'y = f"{x} # tier: lower"',
    'z = (1,  # tier: frozen',
    '  2)',
    'u = r"\\" + "#" # tier: lower',
    '#tier: no',
    '',
    'if x: pass # tier: upper # more',
    'v = "a" \\',
    '  "b" # tier: lower ridge',
  );
  const texts = fc.sample(
    fc.array(line, { maxLength: 12 }).map((lines) => `${lines.join('\n')}\n`),
    { numRuns: 400, seed: 20 },
  );
  const ran = spawnSync(python, ['-c', tokens], { input: JSON.stringify(texts), encoding: 'utf8', timeout: 60_000 });
  const expected = JSON.parse(ran.stdout) as readonly (readonly (readonly [number, string])[] | null)[];
  let compared = 0;
  texts.forEach((text, at) => {
    const wanted = expected[at];
    // What Python refuses as a whole is read as far as it goes, which is not compared.
    if (wanted === null || wanted === undefined) return;
    compared++;
    const own = tierComments(parsePython(text)).filter(({ from }) => text.startsWith('# tier:', from));
    expect(own.map((each) => [each.line, text.slice(each.from, each.to)])).toEqual(wanted);
  });
  expect(compared).toBeGreaterThan(50);
});
