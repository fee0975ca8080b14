import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bitsFor } from '../../../../solver-core/backends/engine/places.ts';
import { packWords, packedBytes, wordsFromBytes } from '../../../../solver-core/backends/serial/bit-pack.ts';
import { cobsDecode, cobsEncode, cobsLimit } from '../../../../solver-core/backends/serial/cobs.ts';
import { crc32, plainCrc32 } from '../../../../solver-core/data/crc32.ts';
import { FrameDecoder } from '../../../../solver-core/backends/serial/frame-decoder.ts';
import type { Frame } from '../../../../solver-core/backends/serial/frame.ts';
import { encodeFrame, frameLimit } from '../../../../solver-core/backends/serial/frame.ts';
import { xorshift } from './random.ts';

const seed = 4;
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.uint8Array({ maxLength }),
    fc.array(fc.constantFrom(0, 1, 254, 255), { maxLength }).map((a) => Uint8Array.from(a)),
  );

function stuff(data: Uint8Array): Uint8Array {
  const into = new Uint8Array(cobsLimit(data.length));
  return into.subarray(0, cobsEncode(data, into, 0));
}

test('the checksum has the published check value, by the table too', () => {
  const digits = new TextEncoder().encode('123456789');
  expect(crc32(digits)).toBe(0xcbf43926);
  expect(plainCrc32(digits)).toBe(0xcbf43926);
  expect(plainCrc32(digits.subarray(4), plainCrc32(digits.subarray(0, 4)))).toBe(0xcbf43926);
});

test('stuffing gives the examples of the draft standard', () => {
  const hex = (data: readonly number[]): string => Buffer.from(stuff(Uint8Array.from(data))).toString('hex');
  expect(hex([])).toBe('01');
  expect(hex([0])).toBe('0101');
  expect(hex([0x11, 0x22, 0, 0x33])).toBe('0311220233');
  expect(hex([0x11, 0, 0, 0])).toBe('0211010101');
  const long = Array.from({ length: 255 }, (_, i) => i + 1);
  expect(hex(long.slice(0, 255)).startsWith('ff0102')).toBe(true);
});

test('stuffing has no zero, costs a byte per 254 and comes undone', () => {
  fc.assert(
    fc.property(bytes(1100), (data) => {
      const stuffed = stuff(data);
      expect(stuffed.includes(0)).toBe(false);
      expect(stuffed.length).toBeLessThanOrEqual(cobsLimit(data.length));
      expect(Buffer.from(cobsDecode(stuffed)!).equals(Buffer.from(data))).toBe(true);
    }),
    { seed, numRuns: 300 },
  );
});

test('any text between zeros is decoded or refused, never more than it holds', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (text) => {
      const decoded = cobsDecode(text);
      expect(decoded === null || decoded.length <= text.length).toBe(true);
    }),
    { seed, numRuns: 300 },
  );
});

test('frames come out of a stream however it is cut', () => {
  const frame = fc.record({
    type: fc.nat(255),
    sequence: fc.nat(0xffff),
    offset: fc.nat(0xffffffff),
    payload: bytes(1024),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.integer({ min: 1, max: 700 }), (sent, cut) => {
      const line = Buffer.concat(sent.map((f) => encodeFrame(f)));
      const decoder = new FrameDecoder();
      const got: Frame[] = [];
      for (let at = 0; at < line.length; at += cut) decoder.push(line.subarray(at, at + cut), (f) => got.push(f));
      expect(got.map((f) => ({ ...f, payload: Buffer.from(f.payload).toString('hex') }))).toEqual(
        sent.map((f) => ({ ...f, version: 1, payload: Buffer.from(f.payload).toString('hex') })),
      );
      expect(decoder.counts.damaged).toBe(0);
      for (const f of sent) expect(encodeFrame(f).length).toBeLessThanOrEqual(frameLimit(f.payload.length));
    }),
    { seed, numRuns: 200 },
  );
});

test('a stream that never ends a frame is dropped in bounded memory', () => {
  const decoder = new FrameDecoder();
  let frames = 0;
  const noise = new Uint8Array(1 << 16).fill(7);
  for (let i = 0; i < 64; i++) decoder.push(noise, () => frames++);
  decoder.push(encodeFrame({ type: 1, sequence: 2, offset: 0, payload: new Uint8Array(0) }), () => frames++);
  expect(frames).toBe(1);
  expect(decoder.counts).toEqual({ frames: 1, damaged: 1, damagedBytes: 64 * noise.length });
});

/** 20 000 frames of 200 bytes; about a tenth flipped or cut short, a twentieth after garbage. `leading`: the zero before each frame. */
function damagedLine(leading: boolean): { line: Uint8Array; contents: Map<number, Uint8Array>; intact: Set<number>; damaged: number } {
  const random = xorshift(20000);
  const parts: Uint8Array[] = [];
  const contents = new Map<number, Uint8Array>();
  const intact = new Set<number>();
  let damaged = 0;
  for (let i = 0; i < 20000; i++) {
    const payload = Uint8Array.from({ length: 200 }, () => random() % 256);
    const whole = encodeFrame({ type: 3, sequence: i & 0xffff, offset: i, payload });
    let frame = leading ? whole : whole.subarray(1);
    contents.set(i, payload);
    if (random() % 20 === 0) parts.push(Uint8Array.from({ length: 1 + (random() % 60) }, () => random() % 256));
    if (random() % 10 === 0) {
      damaged++;
      if (random() % 2 === 0) {
        frame = frame.slice();
        const bit = random() % (8 * frame.length);
        frame[bit >> 3]! ^= 1 << (bit & 7);
      } else frame = frame.subarray(0, random() % frame.length);
    } else intact.add(i);
    parts.push(frame);
  }
  return { line: Buffer.concat(parts), contents, intact, damaged };
}

test('of 20 000 frames with a tenth damaged every intact one arrives and no wrong one', () => {
  const { line, contents, intact, damaged } = damagedLine(true);
  const decoder = new FrameDecoder();
  const arrived = new Set<number>();
  let wrong = 0;
  const random = xorshift(7);
  for (let at = 0; at < line.length;) {
    const to = at + 1 + (random() % 4096);
    decoder.push(line.subarray(at, to), (frame) => {
      arrived.add(frame.offset);
      const sent = contents.get(frame.offset);
      if (sent === undefined || Buffer.compare(sent, frame.payload) !== 0) wrong++;
    });
    at = to;
  }
  expect(damaged).toBeGreaterThan(1800);
  expect(wrong).toBe(0);
  // The last frame's end may be cut off, and so may that of a frame before garbage; every untouched frame but those arrives.
  expect([...intact].filter((i) => !arrived.has(i))).toEqual([]);
  // Frames that lost only a zero at their end or in front arrive as well.
  expect(arrived.size - intact.size).toBeLessThan(60);
  expect(decoder.counts.damaged).toBeGreaterThan(1800);
});

test('without the zero in front damage takes intact frames with it, so the test above can fail', () => {
  const { line, intact } = damagedLine(false);
  const decoder = new FrameDecoder();
  const arrived = new Set<number>();
  decoder.push(line, (frame) => arrived.add(frame.offset));
  expect([...intact].filter((i) => !arrived.has(i)).length).toBeGreaterThan(500);
});

test('packed words are the bits of the words, least significant first', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 8, max: 48 }).chain((bits) =>
        fc.tuple(
          fc.constant(bits),
          fc.array(
            fc.maxSafeInteger().map((v) => v % 2 ** (bits - 1)),
            { maxLength: 40 },
          ),
        ),
      ),
      ([bits, words]) => {
        const packed = packWords(Float64Array.from(words), bits);
        // Independent: one large integer.
        let all = 0n;
        words.forEach((w, i) => (all |= BigInt.asUintN(bits, BigInt(w)) << BigInt(i * bits)));
        expect(packed.length).toBe(packedBytes(words.length, bits));
        expect([...packed]).toEqual(Array.from(packed, (_, i) => Number((all >> BigInt(8 * i)) & 255n)));
        if (bits % 8 === 0) expect([...wordsFromBytes(packed, bits)]).toEqual(words.map((w) => w + 0));
      },
    ),
    { seed, numRuns: 300 },
  );
});

test('words take as few bits as their largest needs', () => {
  expect(bitsFor(Int32Array.of(0))).toBe(8);
  expect(bitsFor(Int32Array.of(127, -128))).toBe(8);
  expect(bitsFor(Int32Array.of(128))).toBe(9);
  expect(bitsFor(Int32Array.of(-129))).toBe(9);
  expect(bitsFor(Float64Array.of(2 ** 47 - 1, -(2 ** 47)))).toBe(48);
});
