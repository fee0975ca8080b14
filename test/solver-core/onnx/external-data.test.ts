import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { posix, win32 } from 'node:path';
import { expect, test } from 'vitest';
import { refuseLocation, validateExternalLocation } from '../../../solver-core/onnx/external-data.ts';
import { TensorProtoSchema } from '../../../solver-core/onnx/gen/onnx_pb.ts';

const check = (entries: Readonly<Record<string, string>>): ReturnType<typeof validateExternalLocation> =>
  validateExternalLocation(
    create(TensorProtoSchema, { externalData: Object.entries(entries).map(([key, value]) => ({ key, value })) }),
    'w',
  );

test.each(['weights.bin', 'a/b/c.data', './x.bin', 'model.onnx_data', '..hidden', 'a..b/c', 'Gewichte ü.bin', 'a//b'])(
  '%s is a plain path',
  (location) => {
    expect(refuseLocation(location)).toBe(undefined);
  },
);

test.each([
  '',
  '.',
  './',
  '..',
  '../x',
  'a/../../x',
  'a/..',
  '/etc/passwd',
  '//host/share',
  'C:/x',
  'c:x',
  'C:\\x',
  '..\\x',
  'a\\..\\x',
  '\\\\host\\x',
  'file:///etc/passwd',
  'http://x/y',
  'a\0b',
  'a\nb',
  '~/x',
  '.. /x',
  '../.. /x',
  'a/.. ./b',
  'x.bin:stream',
  'NUL',
  'con.bin',
  'a/COM1',
  'x'.repeat(2000),
])('%j is refused', (location) => {
  const { value, diagnostics } = check({ location });
  expect(value).toBe(undefined);
  expect(diagnostics.map((d) => [d.code, d.where.tensor])).toEqual([['external-data-outside', 'w']]);
});

test('what is accepted stays inside the folder under the rules of both path systems', () => {
  const part = fc.constantFrom('..', '.', '', 'a', 'b.bin', '...', '.. ', 'C:', '\\', '/', '~', 'x\\..\\y');
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), fc.constantFrom('/', '\\'), (parts, separator) => {
      const location = parts.join(separator);
      if (refuseLocation(location) !== undefined) return true;
      accepted++;
      const [unix, windows] = [posix.resolve('/m/dir', location), win32.resolve('C:\\m\\dir', location)];
      return unix.startsWith('/m/dir/') && windows.startsWith('C:\\m\\dir\\');
    }),
    { numRuns: 20_000, seed: 20271 },
  );
  expect(accepted).toBeGreaterThan(100);
});

test('offset and length are whole numbers', () => {
  expect(check({ location: 'x', offset: '4096', length: '12' }).value).toEqual({ tensor: 'w', location: 'x', offset: 4096, length: 12 });
  expect(check({ location: './a/./x' }).value).toEqual({ tensor: 'w', location: 'a/x', offset: 0, length: undefined });
  for (const bad of ['-1', '1.5', '1e3', '0x10', ' 1', '99999999999999999999', 'NaN']) {
    expect(check({ location: 'x', offset: bad }).diagnostics.map((d) => d.code)).toEqual(['external-data-invalid']);
    expect(check({ location: 'x', length: bad }).diagnostics.map((d) => d.code)).toEqual(['external-data-invalid']);
  }
});
