import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { Dataset, DatasetOptions } from '../../../solver-core/data/dataset.ts';
import { openDataset } from '../../../solver-core/data/dataset.ts';
import { hasShared, shared } from '../../shared.ts';
import { hasNumpy, numpy, scratch } from './numpy.ts';

const folder = scratch();
afterAll(() => folder.remove());

async function opened(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const { value, diagnostics } = await openDataset(path, options);
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  if (value === undefined) throw new Error('no dataset');
  return value;
}

async function allRows(data: Dataset): Promise<number[]> {
  const out = new Float32Array(data.rows * data.rowElements);
  await data.readRows({ start: 0, count: data.rows }, out);
  return [...out];
}

async function code(path: string, options: DatasetOptions = {}): Promise<string> {
  const { value, diagnostics } = await openDataset(path, options);
  expect(value).toBeUndefined();
  return diagnostics.map((d) => d.code).join();
}

describe.skipIf(!hasNumpy)('arrays that numpy wrote', () => {
  test.each(['<f2', '<f4', '>f4', '<f8', '>f8', '|i1', '|u1', '<i2', '>u2', '<i4', '>i4', '<u4', '<i8', '>i8', '<u8', '|b1'])(
    '%s reads as numpy reads it, stored and deflated, C and Fortran order',
    async (dtype) => {
      const expected = numpy(
        folder.dir,
        `
rng = np.random.default_rng(1)
x = (rng.normal(size=(7, 3, 2)) * 40 + (0 if '${dtype}'[1] in 'fi' else 100)).astype('${dtype}')
y = np.arange(7) % 3
np.savez('s.npz', x=x, y=y); np.savez_compressed('d.npz', x=x, y=y); np.savez('f.npz', x=np.asfortranarray(x), y=y)
print(json.dumps(x.astype('f4').ravel().astype(float).tolist()))`,
      );
      for (const name of ['s.npz', 'd.npz', 'f.npz']) {
        const data = await opened(folder.path(name));
        expect({ rows: data.rows, shape: data.inputShape, labels: data.labels }).toEqual({
          rows: 7,
          shape: [3, 2],
          labels: { kind: 'class', values: Int32Array.from([0, 1, 2, 0, 1, 2, 0]), classes: 3, names: null },
        });
        expect(await allRows(data)).toEqual(expected);
        await data.close();
      }
    },
  );

  test('.npy header versions 1 to 3 and row selections in any order', async () => {
    for (const version of [1, 2, 3]) {
      numpy(
        folder.dir,
        `x = np.arange(40, dtype='f4').reshape(10, 4)\nf = open('v.npy', 'wb'); np.lib.format.write_array(f, x, version=(${version}, 0)); f.close()`,
      );
      const data = await opened(folder.path('v.npy'), { labels: null });
      const out = new Float32Array(5 * 4);
      await data.readRows([9, 0, 1, 2, 9], out);
      expect([...out]).toEqual([9, 0, 1, 2, 9].flatMap((row) => [0, 1, 2, 3].map((i) => row * 4 + i)));
      await data.close();
    }
  });

  test('picking rows gives the same from memory and from the file, also when asked at once', async () => {
    numpy(folder.dir, `np.save('p.npy', np.arange(3000, dtype='f4').reshape(1000, 3))`);
    for (const maxBytes of [1 << 30, 4096]) {
      const data = await opened(folder.path('p.npy'), { labels: null, maxBytes });
      const picks = [[5, 1, 999], [0], Array.from({ length: 300 }, (_, i) => (i * 7) % 1000)];
      const outs = await Promise.all(
        picks.map(async (rows) => {
          const out = new Float32Array(rows.length * 3);
          await data.readRows(rows, out);
          return [...out];
        }),
      );
      expect(outs).toEqual(picks.map((rows) => rows.flatMap((row) => [0, 1, 2].map((i) => row * 3 + i))));
      await data.close();
    }
  });

  test('zip64 directories', async () => {
    numpy(
      folder.dir,
      `
import zipfile, io
with zipfile.ZipFile('z64.npz', 'w') as z:
  for name, a in (('x', np.arange(6, dtype='f8').reshape(3, 2)), ('y', np.array([1, 0, 1]))):
    with z.open(name + '.npy', 'w', force_zip64=True) as f: np.lib.format.write_array(f, a)`,
    );
    const data = await opened(folder.path('z64.npz'));
    expect(await allRows(data)).toEqual([0, 1, 2, 3, 4, 5]);
    await data.close();
  });

  test('objects and records are refused by name, never loaded', async () => {
    numpy(
      folder.dir,
      `np.savez('o.npz', x=np.array([{1: 2}, 3], dtype=object), y=np.arange(2))\nnp.savez('r.npz', x=np.zeros(2, dtype=[('a', 'f4'), ('b', 'i4')]), y=np.arange(2))`,
    );
    expect(await code(folder.path('o.npz'))).toBe('dtype-unsupported');
    expect(await code(folder.path('r.npz'))).toBe('dtype-unsupported');
  });

  test('a missing array names the ones present', async () => {
    numpy(folder.dir, `np.savez('m.npz', images=np.zeros((2, 3)), labels=np.arange(2))`);
    const { diagnostics } = await openDataset(folder.path('m.npz'));
    expect(diagnostics[0]).toMatchObject({ code: 'array-missing', suggestions: ['images', 'labels'] });
    expect(diagnostics[0]?.message).toContain('"images", "labels"');
  });

  test('rows of inputs and labels must agree', async () => {
    numpy(folder.dir, `np.savez('n.npz', x=np.zeros((5, 3)), y=np.arange(4))`);
    expect(await code(folder.path('n.npz'))).toBe('shape-mismatch');
  });

  test('a deflated array beyond the memory limit is refused before it is expanded', async () => {
    numpy(folder.dir, `np.savez_compressed('b.npz', x=np.zeros((1000, 100), dtype='f4'), y=np.zeros(1000, dtype='i4'))`);
    expect(await code(folder.path('b.npz'), { maxBytes: 100_000 })).toBe('data-too-large');
  });

  test('one changed byte is found by the CRC, stored and deflated', async () => {
    numpy(folder.dir, `np.savez('c.npz', x=np.ones((50, 4), dtype='f4'), y=np.arange(50) % 2)`);
    const bytes = readFileSync(folder.path('c.npz'));
    const at = bytes.indexOf(Buffer.from([0, 0, 0x80, 0x3f]));
    bytes[at + 1] = 1;
    writeFileSync(folder.path('c.npz'), bytes);
    const { diagnostics } = await openDataset(folder.path('c.npz'));
    expect(diagnostics[0]).toMatchObject({ code: 'data-unreadable' });
    expect(diagnostics[0]?.message).toContain('CRC');
  });

  test('label kinds: one-hot rows, several outputs, -1/+1, whole floats', async () => {
    numpy(
      folder.dir,
      `
x = np.zeros((4, 2))
np.savez('l1.npz', x=x, y=np.eye(3)[[2, 0, 1, 2]])
np.savez('l2.npz', x=x, y=np.arange(8).reshape(4, 2) * 0.5)
np.savez('l3.npz', x=x, y=np.array([-1, 1, 1, -1]))
np.savez('l4.npz', x=x, y=np.array([0., 1., 2., 1.]))
np.savez('l5.npz', x=x, y=np.array([0.5, 1., 2., 1.]))`,
    );
    const kinds = await Promise.all(
      [1, 2, 3, 4, 5].map(async (i) => {
        const data = await opened(folder.path(`l${i}.npz`));
        await data.close();
        return data.labels;
      }),
    );
    expect(kinds).toEqual([
      { kind: 'class', values: Int32Array.from([2, 0, 1, 2]), classes: 3, names: null },
      { kind: 'regression', values: Float32Array.from([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]), outputs: 2 },
      { kind: 'class', values: Int32Array.from([0, 1, 1, 0]), classes: 2, names: ['-1', '1'] },
      { kind: 'class', values: Int32Array.from([0, 1, 2, 1]), classes: 3, names: null },
      { kind: 'regression', values: Float32Array.from([0.5, 1, 2, 1]), outputs: 1 },
    ]);
  });
});

describe.skipIf(!hasShared || !hasNumpy)('shared material', () => {
  test('digits.npz (deflated) equals numpy, and its hash is that of the file', async () => {
    const path = shared('material/data/digits/digits.npz');
    const data = await opened(path);
    const expected = numpy(
      folder.dir,
      `z = np.load(${JSON.stringify(path)})\nprint(json.dumps([z['x'].astype(float).ravel().tolist(), z['y'].tolist()]))`,
    ) as [number[], number[]];
    expect(await allRows(data)).toEqual(expected[0]);
    expect(data.labels).toEqual({ kind: 'class', values: Int32Array.from(expected[1]), classes: 10, names: null });
    expect(data.sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
    await data.close();
  });

  test.each([
    ['iris', 'class'],
    ['wine', 'class'],
    ['breast_cancer', 'class'],
    ['digits', 'class'],
    ['diabetes', 'regression'],
  ])('%s.csv equals numpy.loadtxt, labels are of kind %s', async (name, kind) => {
    const path = shared(`material/data/sklearn/${name}.csv`);
    const data = await opened(path);
    const expected = numpy(
      folder.dir,
      `a = np.loadtxt(${JSON.stringify(path)}, delimiter=',', skiprows=1)\nprint(json.dumps([a[:, :-1].astype('f4').astype(float).ravel().tolist(), a[:, -1].tolist()]))`,
    ) as [number[], number[]];
    expect(await allRows(data)).toEqual(expected[0]);
    expect(data.labels.kind).toBe(kind);
    expect(data.labels.kind === 'none' ? [] : [...data.labels.values]).toEqual(expected[1]);
    await data.close();
  });

  test('space-separated optdigits equal numpy.loadtxt', async () => {
    const path = shared('material/data/optdigits/optdigits.tra');
    const expected = numpy(
      folder.dir,
      `a = np.loadtxt(${JSON.stringify(path)})\nprint(json.dumps([list(a.shape), float(a[:, :-1].sum()), a[:, -1].tolist()]))`,
    ) as [number[], number, number[]];
    // The extension .tra is not one of ours, so the copy gets one.
    writeFileSync(folder.path('optdigits.txt'), readFileSync(path));
    const data = await opened(folder.path('optdigits.txt'));
    const rows = await allRows(data);
    expect([data.rows, data.rowElements + 1]).toEqual(expected[0]);
    expect(rows.reduce((a, b) => a + b, 0)).toBe(expected[1]);
    expect(data.labels.kind === 'none' ? [] : [...data.labels.values]).toEqual(expected[2]);
    await data.close();
  });

  test('Fashion-MNIST in gzipped IDX finds its labels and equals a plain decode', async () => {
    const path = shared('material/data/fashion-mnist-small/t10k-images-idx3-ubyte.gz');
    const data = await opened(path);
    const expected = numpy(
      folder.dir,
      `
import gzip
x = np.frombuffer(gzip.open(${JSON.stringify(path)}).read(), 'u1')[16:]
y = np.frombuffer(gzip.open(${JSON.stringify(path.replace('images-idx3', 'labels-idx1'))}).read(), 'u1')[8:]
print(json.dumps([int(x.astype('i8').sum()), y.tolist()]))`,
    ) as [number, number[]];
    expect(data.inputShape).toEqual([28, 28]);
    expect((await allRows(data)).reduce((a, b) => a + b, 0)).toBe(expected[0]);
    expect(data.labels.kind === 'none' ? [] : [...data.labels.values]).toEqual(expected[1]);
    await data.close();
  });
});

describe('files that are not data', () => {
  test.each([
    ['missing.npz', undefined, 'data-unreadable'],
    ['empty.npz', '', 'data-truncated'],
    ['text.npz', 'hello world', 'data-truncated'],
    ['pointer.npz', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n', 'data-unreadable'],
    ['empty.csv', '', 'data-unreadable'],
    ['header.csv', 'a,b,c\n', 'shape-mismatch'],
    ['data.parquet', 'PAR1', 'data-unreadable'],
    ['text.npy', 'hello world, this is no array', 'data-unreadable'],
    ['short.npy', 'hello', 'data-truncated'],
  ])('%s: %j gives %s', async (name, text, expected) => {
    if (text !== undefined) writeFileSync(folder.path(name), text);
    expect(await code(folder.path(name), name.endsWith('.npy') ? { labels: null } : {})).toBe(expected);
  });

  test('a folder is refused', async () => {
    expect(await code(folder.dir)).toBe('data-unreadable');
  });
});
