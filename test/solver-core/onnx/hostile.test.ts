import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inspectModel, readModel, readTensor } from '../../../solver-core/onnx/index.ts';
import { hasShared, shared } from '../../shared.ts';
import { floats, graph, int64s, modelBytes, node, value } from './build-model.ts';
import { bytesOf, fixtureDir } from './material.ts';

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const codes = (bytes: Uint8Array): string[] => readModel(bytes).diagnostics.map((d) => d.code);

/** What each hostile sample must give. `usable`: the rest of the model is still shown. */
const expected = [
  {
    file: 'ext/dotdot.onnx',
    codes: ['external-data-outside'],
    usable: false,
    where: { tensor: 'w' },
    text: /"w".*"\.\.\/secret\.bin".*nothing was opened/,
  },
  { file: 'ext/symlink_file.onnx', codes: [], usable: true, where: undefined, text: /^$/ },
  {
    file: 't_dims_2e62.onnx',
    codes: ['tensor-size-overflow'],
    usable: true,
    where: { byteOffset: 35, tensor: 'w' },
    text: /byte 35.*4611686018427387904 elements/,
  },
  { file: 'w_trunc_7.onnx', codes: ['truncated-model'], usable: false, where: { byteOffset: 3 }, text: /at byte 3 .*ends at byte 7/ },
  { file: 'w_trunc_78.onnx', codes: ['truncated-model'], usable: false, where: { byteOffset: 76 }, text: /at byte 76 .*ends at byte 78/ },
  { file: 'g_cycle.onnx', codes: ['graph-cycle'], usable: false, where: undefined, text: /cycle: "[a-z]" -> "[a-z]"/ },
  { file: 'g_xss.onnx', codes: [], usable: true, where: undefined, text: /^$/ },
  {
    file: 'f_lfs_pointer.onnx',
    codes: ['git-lfs-pointer'],
    usable: false,
    where: { byteOffset: 0 },
    text: /Git LFS pointer.*git lfs pull/,
  },
];

describe('hostile samples give their diagnostic and nothing else', () => {
  test.each(expected)('$file', ({ file, codes: wanted, usable, where, text: pattern }) => {
    const result = readModel(bytesOf(join(fixtureDir, 'hostile', file)));
    expect(result.diagnostics.map((d) => d.code)).toEqual(wanted);
    expect(result.value !== undefined).toBe(usable);
    expect(result.diagnostics.map((d) => d.message).join('\n')).toMatch(pattern);
    if (where !== undefined) expect(result.diagnostics[0]?.where).toMatchObject(where);
    // Whatever is usable can be summarised, too.
    const summary = result.value === undefined ? undefined : inspectModel(result.value, { path: file, sha256: '', bytes: 0 });
    expect(JSON.stringify(summary ?? {})).not.toContain('NaN');
  });

  test.skipIf(!hasShared).each(expected)('$file of the extra material is the same file', ({ file }) => {
    expect(bytesOf(join(fixtureDir, 'hostile', file))).toEqual(bytesOf(shared(`material/hostile/${file}`)));
  });

  test('the overflowing tensor counts nothing and is not read', () => {
    const { value: model } = readModel(bytesOf(join(fixtureDir, 'hostile', 't_dims_2e62.onnx')));
    if (model === undefined) throw new Error('no model');
    expect(inspectModel(model, { path: '', sha256: '', bytes: 0 }).totals.parameters).toBe(0);
    expect(readTensor(model, 'w').diagnostics.map((d) => d.code)).toEqual(['tensor-size-overflow']);
  });

  test('names with markup, escapes and direction marks never enter a message raw', () => {
    const name = 'a\u001b[31m\u202e<b>\u0007"';
    const bytes = modelBytes({
      input: [value('x', [1])],
      node: [node('Relu', ['x'], [name]), node('Relu', ['x'], [name])],
      output: [value('x')],
    });
    const message = readModel(bytes).diagnostics[0]?.message ?? '';
    expect(message).toContain('\\u{1b}[31m\\u{202e}<b>\\u{7}\\"');
    expect(message).not.toMatch(/[\u0000-\u001f\u202e]/);
  });
});

describe('files that are not ONNX are named', () => {
  test.each([
    ['empty', new Uint8Array(), 'empty-file'],
    ['text', text('hello world, this is a readme\n'), 'not-onnx'],
    ['html', text('<!DOCTYPE html><html><body>404</body></html>'), 'not-onnx'],
    ['zip', new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 0, 0]), 'not-onnx'],
    ['hdf5', new Uint8Array([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]), 'not-onnx'],
    ['gzip', new Uint8Array([0x1f, 0x8b, 8, 0]), 'not-onnx'],
    ['a single tensor', new Uint8Array([0x08, 1, 0x10, 1]), 'malformed-model'],
    ['zeros', new Uint8Array(64), 'malformed-model'],
    ['only a version', new Uint8Array([0x08, 8]), 'missing-graph'],
  ])('%s', (_name, bytes, code) => {
    expect(codes(bytes)).toEqual([code]);
  });
});

describe('limits', () => {
  const many = (n: number): Uint8Array => modelBytes({ node: Array.from({ length: n }, (_, i) => node('Relu', ['x'], [`y${i}`])) });

  test.each([
    ['nodes', many(11), { nodes: 10 }],
    ['messages', many(11), { messages: 10 }],
    ['tensors', modelBytes({ initializer: [floats('a', [1]), floats('b', [1])] }), { tensors: 1 }],
    ['string bytes', modelBytes({ docString: 'x'.repeat(100) }), { stringBytes: 99 }],
    ['integers', modelBytes({ initializer: [int64s('a', new Array<number>(100).fill(1))] }), { integers: 99 }],
    ['rank', modelBytes({ initializer: [floats('a', [1, 1, 1])] }), { rank: 2 }],
    ['file size', modelBytes({}), { fileBytes: 4 }],
  ])('%s beyond the limit are refused, at the limit accepted', (_name, bytes, limits) => {
    expect(readModel(bytes, { limits }).diagnostics.map((d) => d.code)).toEqual(['limit-exceeded']);
    expect(readModel(bytes).diagnostics).toEqual([]);
  });

  test('deeply nested subgraphs are refused with the limit in the message', () => {
    let inner = graph({ node: [node('Relu', ['x'], ['y'])] });
    for (let i = 0; i < 200; i++) inner = graph({ node: [node('If', ['c'], ['y'], { then_branch: { graph: inner } })] });
    const { diagnostics } = readModel(modelBytes({ node: [node('If', ['c'], ['z'], { then_branch: { graph: inner } })] }));
    expect(diagnostics.map((d) => d.code)).toEqual(['limit-exceeded']);
    expect(diagnostics[0]?.message).toContain('24');
  });

  test('a length that the file does not hold is never allocated', () => {
    // ModelProto.graph with a length of almost 2^32 bytes.
    expect(codes(new Uint8Array([0x08, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f]))).toEqual(['truncated-model']);
  });
});

describe('structure', () => {
  test('duplicate names are named with their position', () => {
    const bytes = modelBytes({
      initializer: [floats('w', [1]), floats('w', [1])],
      node: [node('Relu', ['w'], ['y'])],
      output: [value('y')],
    });
    const { diagnostics } = readModel(bytes);
    expect(diagnostics.map((d) => d.code)).toEqual(['duplicate-name']);
    expect(diagnostics[0]?.where.byteOffset).toBeGreaterThan(0);
  });

  test('a cycle through a subgraph is found', () => {
    const body = graph({ node: [node('Identity', ['late'], ['inner'])], output: [value('inner')] });
    const bytes = modelBytes({
      node: [
        node('If', ['c'], ['early'], { then_branch: { graph: body }, else_branch: { graph: body } }, 'branch'),
        node('Relu', ['early'], ['late'], {}, 'relu'),
      ],
    });
    const { diagnostics } = readModel(bytes);
    expect(diagnostics.map((d) => d.code)).toEqual(['graph-cycle']);
    expect(diagnostics[0]?.message).toMatch(/"branch" -> "relu" -> "branch"|"relu" -> "branch" -> "relu"/);
  });

  test('nodes may come in any order', () => {
    const bytes = modelBytes({
      input: [value('x', [2])],
      node: [node('Relu', ['b'], ['y'], {}, 'second'), node('Relu', ['x'], ['b'], {}, 'first')],
      output: [value('y')],
    });
    const { value: model, diagnostics } = readModel(bytes);
    expect(diagnostics).toEqual([]);
    expect(model?.graph.order).toEqual([1, 0]);
  });

  test('a tensor whose bytes do not fit its dims is reported', () => {
    const tensor = { ...floats('w', [2, 2]), dims: [2n, 3n] };
    expect(codes(modelBytes({ initializer: [tensor] }))).toEqual(['tensor-size-mismatch']);
  });

  test('negative dims and products beyond 2^53 are reported, empty tensors are not', () => {
    const withDims = (...dims: bigint[]): string[] => codes(modelBytes({ initializer: [{ ...floats('w', [0]), dims }] }));
    expect(withDims(-1n)).toEqual(['tensor-size-overflow']);
    expect(withDims(2n ** 53n)).toEqual(['tensor-size-overflow']);
    expect(withDims(2n ** 62n, 2n ** 62n, 0n)).toEqual([]);
  });
});

describe('damaged copies of small models', () => {
  const seeds = [
    'mlp_digits.onnx',
    'hostile/g_xss.onnx',
    'hostile/ext/symlink_file.onnx',
    'hostile/t_dims_2e62.onnx',
    'hostile/g_cycle.onnx',
  ];
  const loop = modelBytes({
    input: [value('x', [2, 3])],
    initializer: [int64s('n', [3], []), int64s('shape', [3, -1])],
    node: [
      node('Loop', ['n', '', 'x'], ['y'], {
        body: {
          graph: graph({
            input: [value('i'), value('c'), value('v')],
            node: [node('Identity', ['c'], ['d']), node('Relu', ['v'], ['w'])],
            output: [value('d'), value('w')],
          }),
        },
      }),
      node('Reshape', ['y', 'shape'], ['z']),
    ],
    output: [value('z')],
  });
  const originals = [...seeds.map((s) => bytesOf(join(fixtureDir, s))), loop];

  /** Reading and summarising must end without a throw; findings are values. */
  function survives(bytes: Uint8Array): void {
    const { value: model, diagnostics } = readModel(bytes);
    if (model === undefined) expect(diagnostics.length).toBeGreaterThan(0);
    else expect(JSON.stringify(inspectModel(model, { path: '', sha256: '', bytes: 0 })).length).toBeGreaterThan(0);
  }

  test('cut anywhere: a diagnostic or a smaller valid model', () => {
    for (const bytes of originals.slice(1)) for (let n = 0; n < bytes.length; n++) survives(bytes.subarray(0, n));
    fc.assert(
      fc.property(fc.nat((originals[0]?.length ?? 1) - 1), (n) => survives((originals[0] ?? loop).subarray(0, n))),
      { numRuns: 300, seed: 20263 },
    );
  });

  test('every byte of the small ones changed in every bit', () => {
    for (const bytes of originals.slice(1)) {
      for (let i = 0; i < bytes.length; i++) for (let bit = 0; bit < 8; bit++) survives(bytes.with(i, (bytes[i] ?? 0) ^ (1 << bit)));
    }
  });

  test('several random bytes of any model replaced', () => {
    const damage = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), to: fc.integer({ min: 0, max: 255 }) }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.nat(originals.length - 1), damage, (which, changes) => {
        const bytes = Uint8Array.from(originals[which] ?? loop);
        // Half of the changes hit the first bytes, where the structure is densest.
        for (const [k, { at, to }] of changes.entries())
          bytes[Math.min(bytes.length - 1, Math.floor(at * (k % 2 === 0 ? Math.min(bytes.length, 600) : bytes.length)))] = to;
        survives(bytes);
      }),
      { numRuns: 3000, seed: 20264 },
    );
  });

  test('random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), survives), { numRuns: 3000, seed: 20265 });
  });
});
