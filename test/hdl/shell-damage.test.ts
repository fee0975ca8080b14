import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Board, answer, buildBoard, testBoard } from './shell-board.ts';
import type { MoverDescriptor } from './shell-descriptor.ts';
import { cobsEncode, crc32, descriptorBytes, frameBody, frameBytes, le, packBits } from './shell-framing.ts';
import type { Frame } from './shell-framing.ts';
import { beginPayload, nothing, readBack, reasons, status, transferFrames, types, upload } from './shell-link.ts';
import { titled, verilator } from './simulators.ts';

const clocksPerBit = testBoard.CLOCK_HZ / testBoard.BAUD;

/** Random numbers of a fixed seed: below(n) is 0..n-1. */
function randomOf(seed: number): (n: number) => number {
  let r = seed;
  return (n) => {
    r ^= r << 13;
    r ^= r >>> 17;
    r ^= r << 5;
    return (r >>> 0) % n;
  };
}

/** The line's bytes of a frame with a random defect that no right frame can have. */
function damaged(bytes: readonly number[], below: (n: number) => number): number[] {
  const inside = bytes.slice(1, -1);
  const at = below(inside.length);
  switch (below(6)) {
    case 0: // a flipped bit
      inside[at] = inside[at]! ^ (1 << below(8));
      break;
    case 1: // cut short
      inside.length = at;
      break;
    case 2: // a lost byte
      inside.splice(at, 1);
      break;
    case 3: // a byte twice, or a stray one
      inside.splice(at, 0, below(2) === 0 ? inside[at]! : 1 + below(255));
      break;
    case 4: // a burst
      for (let i = at; i < Math.min(inside.length, at + 6); i++) inside[i] = below(256);
      break;
    default: // two bytes changed places
      if (at > 0 && inside[at - 1] !== inside[at]) [inside[at - 1], inside[at]] = [inside[at]!, inside[at - 1]!];
      else inside[at] = inside[at]! ^ 1;
  }
  return [0, ...inside, 0];
}

const row: MoverDescriptor = { ...nothing, columns: 32, blocks: 4, rows: 50 };

describe.skipIf(verilator === undefined)(`a damaged line before the board shell in ${titled('Verilator', verilator)}`, () => {
  let board: Board;
  beforeEach(async () => {
    board ??= new Board(await buildBoard());
    await board.reset();
    board.inbox.length = 0;
  });
  afterAll(() => board.close());

  test('2000 frames, a third damaged, some garbage between them: transfers end whole or not at all', async () => {
    const below = randomOf(4711);
    let sent = 0;
    let bad = 0;
    let transfer = 0;
    while (sent < 2000) {
      const list = Array.from({ length: 1600 }, () => BigInt(below(2 ** 17)) - 65536n);
      const bytes = packBits(list, 18);
      const total = bytes.length;
      transfer++;
      // Go-back-N with one frame at a time; a frame without an answer is sent again.
      const persist = async (make: () => Frame): Promise<Frame> => {
        for (;;) {
          const frame = make();
          const hurt = below(3) === 0;
          if (below(8) === 0) await board.send(Array.from({ length: 1 + below(30) }, () => below(256)));
          await board.send(hurt ? damaged(frameBytes(frame), below) : frameBytes(frame));
          sent++;
          if (hurt) bad++;
          await board.settle(500);
          const replies = board.inbox.splice(0);
          const reply = replies.find((f) => f.sequence === frame.sequence);
          // Garbage, and what is left of a damaged frame, has no answer of its own; a damaged frame no answer at all.
          expect(replies.length).toBe(reply === undefined ? 0 : 1);
          if (hurt) expect(reply).toBeUndefined();
          if (reply !== undefined) return reply;
        }
      };
      expect(answer(await persist(() => board.frame(types.begin, beginPayload(transfer, total, row, 18)))).ack).toBe(true);
      for (let next = 0; next < total;) {
        const size = 20 + below(100);
        const reply = answer(await persist(() => board.frame(types.data, bytes.slice(next, next + size), next)));
        expect(reply.ack || reply.verdict === reasons.wrongOffset).toBe(true);
        next = reply.next;
      }
      const crc = le(crc32(bytes), 4);
      expect(answer(await persist(() => board.frame(types.commit, [...le(transfer, 4), ...crc]))).ack).toBe(true);
      for (let r = 0; r < 50; r += 10) {
        expect(await readBack(board, { ...row, rows: 10, base: 4 * r }, 24)).toEqual(list.slice(32 * r, 32 * (r + 10)));
      }
    }
    expect(bad).toBeGreaterThan(500);
    expect((await status(board)).badFrames).toBeGreaterThan(500);
  }, 240_000);

  test('a frame is found after garbage, after a cut frame, after a frame that is too long; one 00 between two frames is enough', async () => {
    const hello = (): number[] => frameBytes(board.frame(types.hello));
    const befores: [string, number[]][] = [
      ['nothing', []],
      ['text', [...Buffer.from('AT+GMR\r\n')]],
      ['zeros', [0, 0, 0, 0]],
      ['a frame cut in the middle', hello().slice(0, 9)],
      ['a frame without its last byte', hello().slice(0, -2)],
      ['5000 bytes without a zero', new Array<number>(5000).fill(0x55)],
      ['a frame with 1025 bytes', frameBytes(board.frame(types.data, new Uint8Array(1025).fill(3)))],
      ['a header that promises more', [0, ...cobsEncode(Uint8Array.from([1, 1, 0, 0, 0, 0, 0, 0, 9, 0])), 0]],
      ['a block longer than the frame', [0, 200, 1, 1, 1, 0]],
    ];
    for (const [name, before] of befores) {
      const request = board.frame(types.hello);
      await board.send([...before, ...frameBytes(request)]);
      expect((await board.reply(request.sequence)).type, name).toBe(types.info);
      expect(board.inbox.splice(0), name).toEqual([]);
    }
    const three = [1, 2, 3].map(() => board.frame(types.status));
    await board.send([0, ...three.flatMap((f) => frameBytes(f).slice(1))]);
    for (const frame of three) expect((await board.reply(frame.sequence)).type).toBe(types.statusReply);
  });

  test('a right CRC with a wrong length field, or with less than a header, is no frame', async () => {
    const right = frameBody(board.frame(types.status));
    const withCrc = (bytes: number[]): number[] => [
      0,
      ...cobsEncode(Uint8Array.from([...bytes, ...le(crc32(Uint8Array.from(bytes)), 4)])),
      0,
    ];
    const head = [...right.slice(0, 10)];
    for (const bytes of [[...head.slice(0, 8), 1, 0], [...head.slice(0, 8), 0, 1], [...head, 7], head.slice(0, 9), [], [1]])
      await board.send(withCrc(bytes));
    await board.settle();
    expect(board.inbox).toEqual([]);
    expect(await status(board)).toMatchObject({ badFrames: 6 });
  });

  test('a framing error drops the byte: break, noise and a wrong line rate', async () => {
    const request = board.frame(types.hello);
    const bytes = frameBytes(request);
    await board.send(bytes.slice(0, 8));
    await board.hold(40 * clocksPerBit);
    await board.send(bytes.slice(8));
    await board.settle();
    // The break itself is no byte, so the frame is whole.
    expect(board.inbox.splice(0).map((f) => f.type)).toEqual([types.info]);
    await board.sendAt(bytes, 3 * clocksPerBit);
    await board.settle();
    expect(board.inbox.splice(0)).toEqual([]);
    await board.hold(1);
    expect((await board.ask(types.hello)).type).toBe(types.info);
  });

  test('a thousand frames at the full line rate lose nothing while READs are answered', async () => {
    const below = randomOf(99);
    const small: MoverDescriptor = { ...nothing, columns: 8, blocks: 1, rows: 2, base: 900 };
    const marker = Array.from({ length: 16 }, (_, i) => BigInt(i * i) - 100n);
    await upload(board, 1, small, 18, marker);
    const request = board.frame(types.read, descriptorBytes(small, 24));
    const wanted = new Map<number, number>();
    let frames = 0;
    let lines: number[] = [];
    let last: bigint[] = [];
    const before = board.clocks;
    let bytesSent = 0;
    for (let transfer = 100; frames < 1000; transfer++) {
      const bits = [18, 8, 12][transfer % 3]!;
      last = Array.from({ length: 1600 }, () => BigInt.asIntN(bits, BigInt(below(2 ** 18))));
      const parts: Frame[] = transferFrames(board, transfer, row, bits, last, 60 + below(900));
      const read = { ...request, ...board.frame(types.read, request.payload) };
      for (const frame of [...parts, read]) {
        wanted.set(frame.sequence, frame === read ? types.readData : types.ack);
        lines.push(...frameBytes(frame));
        frames++;
      }
      await board.send(lines);
      bytesSent += lines.length;
      lines = [];
    }
    expect(board.clocks - before).toBe(bytesSent * 10 * clocksPerBit);
    await board.settle();
    const got = new Map(board.inbox.splice(0).map((f) => [f.sequence, f.type]));
    expect([...wanted].filter(([sequence, type]) => got.get(sequence) !== type)).toEqual([]);
    expect(got.size).toBe(wanted.size);
    expect(await status(board)).toMatchObject({ badFrames: 0, free: 2048 });
    expect(await readBack(board, { ...row, rows: 10, base: 160 }, 24)).toEqual(last.slice(-320));
    expect(await readBack(board, small, 24)).toEqual(marker);
  });

  test('requests beyond the window are dropped whole and counted; those within it are all answered', async () => {
    const big = board.frame(types.read, descriptorBytes({ ...row, rows: 10 }, 24));
    await board.send(frameBytes(big));
    // While 974 bytes go out, requests worth more than the ring come in.
    const asked = Array.from({ length: 600 }, () => board.frame(types.status));
    await board.send(asked.flatMap(frameBytes));
    await board.settle();
    const got = board.inbox.splice(0);
    expect(got[0]!.sequence).toBe(big.sequence);
    const answered = got.slice(1).map((f) => f.sequence);
    expect(answered).toEqual([...answered].sort((a, b) => a - b));
    const { badFrames } = await status(board);
    expect(answered.length + badFrames!).toBe(asked.length);
    expect(badFrames).toBeGreaterThan(0);
    expect(answered.length).toBeGreaterThan(200);
  });
});
