import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bfloat16ToNumber, halfToNumber, numberToHalf } from '../../../solver-core/onnx/float-formats.ts';
import { decodeUtf8, findInvalidUtf8 } from '../../../solver-core/onnx/utf8.ts';
import { quoteName } from '../../../solver-core/model/quote.ts';
import { exactElements } from '../../../solver-core/model/elements.ts';

test('all 65536 half-precision numbers survive the way to a double and back', () => {
  for (let bits = 0; bits < 65536; bits++) {
    const x = halfToNumber(bits);
    if (Number.isNaN(x)) expect(Number.isNaN(halfToNumber(numberToHalf(x)))).toBe(true);
    else if (numberToHalf(x) !== bits) expect(numberToHalf(x)).toBe(bits);
  }
  expect(halfToNumber(0x3c00)).toBe(1);
});

test('rounding to half precision picks the nearest neighbour, ties to even', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7bfe }), fc.double({ min: 0, max: 1, noNaN: true }), (bits, t) => {
      const [low, high] = [halfToNumber(bits), halfToNumber(bits + 1)];
      const x = low + (high - low) * t;
      const nearest = x - low < high - x ? bits : x - low > high - x ? bits + 1 : bits + (bits % 2);
      return numberToHalf(x) === nearest;
    }),
    { numRuns: 5000, seed: 20266 },
  );
  // Every midpoint between two neighbours goes to the one whose last bit is 0.
  const wrong = Array.from({ length: 0x7bff }, (_, bits) => bits).filter(
    (bits) => numberToHalf((halfToNumber(bits) + halfToNumber(bits + 1)) / 2) !== bits + (bits % 2),
  );
  expect(wrong).toEqual([]);
  expect([65519, 65520, Infinity, -Infinity].map(numberToHalf)).toEqual([0x7bff, 0x7c00, 0x7c00, 0xfc00]);
});

test('bfloat16 is the upper half of a float32', () => {
  const view = new DataView(new ArrayBuffer(4));
  for (let bits = 0; bits < 65536; bits++) {
    view.setUint32(0, bits * 65536);
    if (!Object.is(bfloat16ToNumber(bits), view.getFloat32(0))) expect([bits, bfloat16ToNumber(bits)]).toEqual([bits, view.getFloat32(0)]);
  }
  expect(bfloat16ToNumber(0x3f80)).toBe(1);
});

test('UTF-8 is decoded as the platform decodes it', () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (s) => {
      const bytes = new TextEncoder().encode(s);
      return decodeUtf8(bytes) === decoder.decode(bytes) && findInvalidUtf8(bytes, 0, bytes.length) === -1;
    }),
    { numRuns: 2000, seed: 20267 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      let valid = true;
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      } catch {
        valid = false;
      }
      return (findInvalidUtf8(bytes, 0, bytes.length) === -1) === valid;
    }),
    { numRuns: 5000, seed: 20268 },
  );
  expect(decodeUtf8(new Uint8Array([0xff, 0x41]))).toBe('\ufffdA');
});

test('quoted names are one line of inert text of bounded length', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (s) => {
      const quoted = quoteName(s);
      return quoted.length < 1300 && !/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f]/.test(quoted);
    }),
    { numRuns: 1000, seed: 20269 },
  );
  expect(quoteName('/fc1/Gemm')).toBe('"/fc1/Gemm"');
});

test('element counts are exact or NaN, never wrapped', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 0n, max: 2n ** 40n }), { maxLength: 5 }), (dims) => {
      const product = dims.reduce((a, b) => a * b, 1n);
      return Object.is(exactElements(dims), product <= 2n ** 53n - 1n ? Number(product) : NaN);
    }),
    { numRuns: 2000, seed: 20270 },
  );
  expect(exactElements([-1n])).toBeNaN();
});
