import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { linkMessages } from '../../solver-core/backends/serial/generated/link.ts';
import { Board, answer, buildBoard, imageId, testBoard } from './shell-board.ts';
import type { MoverDescriptor } from './shell-descriptor.ts';
import { crc32, descriptorBytes, frameBytes, le, packBits, uint } from './shell-framing.ts';
import type { Frame } from './shell-framing.ts';
import {
  beginPayload,
  clearPayload,
  nothing,
  readBack,
  reasons,
  result,
  runJob,
  runPayload,
  status,
  transferFrames,
  types,
  upload,
} from './shell-link.ts';
import { titled, verilator } from './simulators.ts';

const row: MoverDescriptor = { ...nothing, columns: 16, blocks: 2, rows: 4 };
const words = (seed: number): bigint[] => Array.from({ length: 64 }, (_, i) => BigInt(((i * 37 + seed * 101) % 200000) - 100000));
const bytesOf = (seed: number): Uint8Array => packBits(words(seed), 18);
const crcOf = (seed: number): number[] => le(crc32(bytesOf(seed)), 4);
/** A command that takes some thousand clocks. */
const long = { op: 0, d: 64, blocks: 8, rows: 40, rowBase: 0 };

describe.skipIf(verilator === undefined)(`requests of the board shell in ${titled('Verilator', verilator)}`, () => {
  let board: Board;
  beforeEach(async () => {
    board ??= new Board(await buildBoard());
    await board.reset();
    board.inbox.length = 0;
  });
  afterAll(() => board.close());

  const nak = async (reply: Promise<Frame>): Promise<number> => {
    const a = answer(await reply);
    return a.ack ? 0 : a.verdict;
  };
  const begin = (id: number, seed = id): Promise<Frame> => board.ask(types.begin, beginPayload(id, bytesOf(seed).length, row, 18));
  const commit = (id: number, seed = id): Promise<Frame> => board.ask(types.commit, [...le(id, 4), ...crcOf(seed)]);
  const empty = async (): Promise<void> => upload(board, 999, nothing, 8, []);

  test('HELLO of any version is answered by INFO with the build parameters, and changes nothing', async () => {
    await begin(5);
    const before = await status(board);
    for (const version of [1, 0, 2, 255]) {
      const { type, payload } = await board.ask(types.hello, version === 2 ? [1, 2, 3] : [], 0, version);
      expect(type).toBe(types.info);
      expect(payload.length).toBe(linkMessages.info.sizeBytes);
      const of = (name: keyof typeof linkMessages.info.fields): number =>
        uint(payload, linkMessages.info.fields[name][0], linkMessages.info.fields[name][1]);
      expect(String.fromCharCode(...payload.slice(0, 4))).toBe('TWIS');
      expect([of('min_version'), of('max_version'), of('lanes'), of('word_bits'), of('accumulator_bits'), of('limbs')]).toEqual([
        1,
        1,
        8,
        18,
        48,
        testBoard.LIMBS,
      ]);
      expect([of('ops'), of('max_features'), of('max_payload'), of('rx_window'), of('board')]).toEqual([31, 64, 1024, 2048, 7]);
      expect([of('operand_depth'), of('gram_depth')]).toEqual([testBoard.OPERAND_DEPTH, testBoard.GRAM_DEPTH]);
      expect([of('clock_hz'), of('baud'), of('image_id')]).toEqual([4_000_000, 1_000_000, imageId]);
      expect(
        [...payload.slice(-8)]
          .reverse()
          .map((b) => b.toString(16).padStart(2, '0'))
          .join(''),
      ).toBe('cf8d1a4cd408f052');
    }
    expect(await status(board)).toEqual(before);
  });

  test('other versions, unknown types and wrong lengths are refused and change nothing', async () => {
    await begin(5);
    const before = await status(board);
    expect(await nak(board.ask(types.status, [], 0, 2))).toBe(reasons.wrongVersion);
    for (const type of [0, 11, 0x55, 0x82, 0xff]) expect(await nak(board.ask(type, [1, 2]))).toBe(reasons.unknownType);
    const known = ['begin', 'commit', 'status', 'read', 'run', 'cancel', 'clear', 'telemetry_set'] as const;
    for (const name of known) {
      const { type, sizeBytes } = linkMessages[name];
      for (const length of [sizeBytes + 1, sizeBytes + 40, ...(sizeBytes > 0 ? [0, sizeBytes - 1] : [])])
        expect(await nak(board.ask(type, new Uint8Array(length))), `${name} ${length}`).toBe(reasons.badLength);
    }
    expect(await status(board)).toEqual(before);
  });

  test('a transfer goes on from where it stands: duplicates, gaps, repeated BEGIN and COMMIT', async () => {
    const bytes = bytesOf(1);
    expect(await nak(board.ask(types.data, bytes.slice(0, 10)))).toBe(reasons.noSuchTransfer);
    expect(await nak(commit(1))).toBe(reasons.noSuchTransfer);
    expect(answer(await begin(1))).toMatchObject({ ack: true, next: 0, free: 2048 });
    expect(await nak(commit(1))).toBe(reasons.short);
    expect(answer(await board.ask(types.data, bytes.slice(0, 50), 0))).toMatchObject({ ack: true, next: 50 });
    expect(answer(await board.ask(types.data, bytes.slice(0, 50), 0))).toMatchObject({
      ack: false,
      verdict: reasons.wrongOffset,
      next: 50,
    });
    expect(answer(await board.ask(types.data, bytes.slice(60, 80), 60))).toMatchObject({
      ack: false,
      verdict: reasons.wrongOffset,
      next: 50,
    });
    expect(answer(await board.ask(types.data, bytes.slice(50, 51), 50 + 2 ** 24))).toMatchObject({
      verdict: reasons.wrongOffset,
      next: 50,
    });
    expect(answer(await begin(1))).toMatchObject({ ack: true, next: 50 });
    expect(await status(board)).toMatchObject({ transfer: 1, next: 50, committed: 0, busy: 0 });
    expect(await nak(board.ask(types.data, [...bytes.slice(50), 0], 50))).toBe(reasons.badLength);
    expect(answer(await board.ask(types.data, bytes.slice(50), 50))).toMatchObject({ ack: true, next: bytes.length });
    expect(await nak(commit(2, 1))).toBe(reasons.noSuchTransfer);
    for (let i = 0; i < 3; i++) expect(answer(await commit(1))).toMatchObject({ ack: true, next: bytes.length, verdict: 2 });
    expect(await status(board)).toMatchObject({ transfer: 1, next: bytes.length, committed: 1 });
    expect(await nak(commit(1, 2))).toBe(reasons.crc);
    expect(answer(await begin(1))).toMatchObject({ ack: true, next: bytes.length });
    expect(await readBack(board, row, 24)).toEqual(words(1));
    expect(answer(await commit(1))).toMatchObject({ ack: true });
    await board.ask(types.clear, clearPayload(0, 255, 0, 8));
    expect(await nak(commit(1))).toBe(reasons.noSuchTransfer);
    expect(answer(await begin(1))).toMatchObject({ ack: true, next: 0 });
  });

  test('a transfer with a wrong CRC is not committed, RUN stays refused; another id mends it', async () => {
    const bytes = bytesOf(1);
    await begin(1);
    await board.ask(types.data, bytes, 0);
    expect(await nak(commit(1, 2))).toBe(reasons.crc);
    expect(await nak(board.ask(types.run, runPayload(1, long)))).toBe(reasons.notCommitted);
    await upload(board, 2, row, 18, words(2));
    expect(await readBack(board, row, 24)).toEqual(words(2));
  });

  test('another BEGIN starts at 0; fewer or more words than the descriptor has are not committed', async () => {
    await begin(1);
    await board.ask(types.data, bytesOf(1).slice(0, 77), 0);
    expect(answer(await begin(2))).toMatchObject({ ack: true, next: 0 });
    await board.ask(types.data, bytesOf(2), 0);
    expect(answer(await commit(2))).toMatchObject({ ack: true });
    expect(await readBack(board, row, 24)).toEqual(words(2));
    for (const [id, list, reason] of [
      [3, words(3).slice(0, 63), reasons.short],
      [4, [...words(3), 5n], reasons.badLength],
    ] as const) {
      const bytes = packBits(list, 18);
      await board.ask(types.begin, beginPayload(id, bytes.length, row, 18));
      await board.ask(types.data, bytes, 0);
      expect(await nak(board.ask(types.commit, [...le(id, 4), ...le(crc32(bytes), 4)]))).toBe(reason);
    }
    expect(await status(board)).toMatchObject({ committed: 0 });
  });

  test('READ and CLEAR end an open transfer, also for the half word that was on its way', async () => {
    for (const end of [() => board.ask(types.read, descriptorBytes(row, 24)), () => board.ask(types.clear, clearPayload(0, 1, 900, 1))]) {
      await board.ask(types.clear, clearPayload(0, 1, 900, 1));
      await begin(1);
      await board.ask(types.data, bytesOf(1).slice(0, 10), 0);
      await end();
      expect(await nak(board.ask(types.data, bytesOf(1).slice(10), 10))).toBe(reasons.noSuchTransfer);
      expect(await nak(commit(1))).toBe(reasons.noSuchTransfer);
      await upload(board, 1, row, 18, words(7));
      expect(await readBack(board, row, 24)).toEqual(words(7));
    }
  });

  test('what lies outside the memories or is no word length is refused before anything is written', async () => {
    await upload(board, 1, row, 18, words(1));
    const bad: [number, number[]][] = [
      [types.begin, beginPayload(2, 8, { ...row, base: testBoard.OPERAND_DEPTH - 7 }, 18)],
      [types.begin, beginPayload(2, 8, { ...row, space: 1, base: testBoard.GRAM_DEPTH - 7 }, 18)],
      [types.begin, beginPayload(2, 8, row, 7)],
      [types.begin, beginPayload(2, 8, row, 49)],
      [types.begin, beginPayload(2, 2 ** 24, row, 18)],
      [types.read, descriptorBytes({ ...row, base: testBoard.OPERAND_DEPTH - 7 }, 24)],
      [types.read, descriptorBytes({ ...row, rows: 22 }, 24)],
      [types.read, descriptorBytes({ ...row, rows: 5000, blocks: 0 }, 24)],
      [types.read, descriptorBytes(row, 18)],
      [types.read, descriptorBytes(row, 0)],
      [types.clear, clearPayload(0, 255, testBoard.OPERAND_DEPTH - 3, 4)],
      [types.clear, clearPayload(0, 255, 0, 2 ** 24 + 1)],
    ];
    for (const [type, payload] of bad) expect(await nak(board.ask(type, payload)), String(payload)).toBe(reasons.badDescriptor);
    expect(await status(board)).toMatchObject({ transfer: 1, committed: 1 });
    expect(await readBack(board, row, 24)).toEqual(words(1));
    expect((await board.ask(types.read, descriptorBytes({ ...row, rows: 21 }, 24))).payload.length).toBe(1008);
    expect((await board.ask(types.read, descriptorBytes(nothing, 24))).payload.length).toBe(0);
  });

  test('RUN needs a commit and a command the engine can end', async () => {
    expect(await nak(board.ask(types.run, runPayload(1, long)))).toBe(reasons.notCommitted);
    await empty();
    const bad = [
      { ...long, op: 5 },
      { ...long, flags: 4 },
      { ...long, decay: 64 },
      { ...long, shift: 64 },
      { ...long, d: 0 },
      { ...long, d: 65 },
      { ...long, blocks: 7 },
      { ...long, blocks: 4096 },
      { ...long, rows: 0 },
      { ...long, rowBase: 2 ** 24 },
      { ...long, flags: 1 },
      // No block of outputs: these would walk through the whole memory.
      ...[2, 3, 4].map((op) => ({ ...long, op, d: 8 * testBoard.N, blocks: 8 })),
    ];
    for (const command of bad)
      expect(await nak(board.ask(types.run, runPayload(1, command))), JSON.stringify(command)).toBe(reasons.badDescriptor);
    expect(await status(board)).toMatchObject({ job: 0, jobState: 0 });
  });

  test('while a job runs the rest is busy; RUN of the same job is no second job; its RESULT can be asked for again', async () => {
    await upload(board, 1, row, 18, words(1));
    const request = board.frame(types.run, runPayload(21, long));
    await board.send(frameBytes(request));
    const others: [number, ArrayLike<number>, number?][] = [
      [types.begin, beginPayload(2, 8, row, 18)],
      [types.data, bytesOf(1), 0],
      [types.commit, [...le(1, 4), ...crcOf(1)]],
      [types.read, descriptorBytes(row, 24)],
      [types.clear, clearPayload(0, 255, 0, 4)],
      [types.run, runPayload(22, long)],
    ];
    const frames = others.map(([type, payload, offset]) => board.frame(type, payload, offset));
    const again = board.frame(types.run, runPayload(21, long));
    const asked = [board.frame(types.hello), board.frame(types.status)];
    for (const frame of [...frames.slice(2), again, ...asked]) await board.send(frameBytes(frame));
    for (const frame of frames.slice(2))
      expect(answer(await board.reply(frame.sequence))).toMatchObject({ ack: false, verdict: reasons.busy });
    expect(answer(await board.reply(again.sequence))).toMatchObject({ ack: true, verdict: 6 });
    expect((await board.reply(asked[0]!.sequence)).type).toBe(types.info);
    const { payload } = await board.reply(asked[1]!.sequence);
    expect([payload[9], uint(payload, 10, 4), payload[14]]).toEqual([1, 21, 1]);
    expect(answer(await board.reply(request.sequence, types.ack)).ack).toBe(true);
    const done = result(await board.reply(request.sequence, types.result));
    expect(done).toMatchObject({ job: 21, state: 0 });
    for (let i = 0; i < 2; i++) expect(result(await board.ask(types.run, runPayload(21, long)))).toEqual(done);
    expect(result(await board.ask(types.cancel, le(21, 4)))).toEqual(done);
    expect(await nak(board.ask(types.cancel, le(22, 4)))).toBe(reasons.noSuchTransfer);
    expect(board.inbox).toEqual([]);
    expect(await status(board)).toMatchObject({ job: 21, jobState: 2, busy: 0 });
  });

  test('CANCEL ends a job at once, and the next one runs as if nothing had been', async () => {
    await upload(board, 1, row, 18, words(1));
    const whole = await runJob(board, 1, long);
    const request = board.frame(types.run, runPayload(2, { ...long, rows: 60000 }));
    await board.send(frameBytes(request));
    const before = board.clocks;
    expect(result(await board.ask(types.cancel, le(2, 4)))).toMatchObject({ job: 2, state: 1 });
    expect(board.clocks - before).toBeLessThan(60000);
    expect(result(await board.ask(types.cancel, le(2, 4)))).toMatchObject({ job: 2, state: 1 });
    expect(result(await board.ask(types.run, runPayload(2, long)))).toMatchObject({ job: 2, state: 1 });
    expect(await status(board)).toMatchObject({ job: 2, jobState: 3, busy: 0, committed: 1 });
    expect(await runJob(board, 3, long)).toEqual({ ...whole, job: 3 });
    await board.settle();
    expect(board.inbox.map((f) => f.type)).toEqual([types.ack]);
  });

  test('TELEMETRY comes at its interval and stops', async () => {
    await empty();
    expect(await nak(board.ask(types.telemetrySet, le(3, 4)))).toBe(0);
    const start = board.clocks;
    const done = await runJob(board, 1, long);
    await board.run(start + 12 * 4000 - board.clocks);
    expect(await nak(board.ask(types.telemetrySet, le(0, 4)))).toBe(0);
    const frames = board.inbox.splice(0).filter((f) => f.type === types.telemetry);
    expect(frames.map((f) => uint(f.payload, 0, 4))).toEqual(frames.map((_, i) => i + 1));
    expect(frames.length).toBeGreaterThanOrEqual(3);
    const uptimes = frames.map((f) => uint(f.payload, 4, 8));
    for (let i = 1; i < uptimes.length; i++) expect(Math.abs(uptimes[i]! - uptimes[i - 1]! - 12000)).toBeLessThan(3000);
    expect(uint(frames.at(-1)!.payload, 12, 8)).toBe(done.cycles);
    await board.run(40_000);
    expect(board.inbox).toEqual([]);
  });

  test('a transfer in any frames that come without a pause, window by window, arrives whole', async () => {
    const list = Array.from({ length: 3000 }, (_, i) => BigInt((i * 7919) % 131072));
    const d = { ...nothing, columns: 40, blocks: 5, rows: 75 };
    const frames = transferFrames(board, 50, d, 18, list, 480);
    for (let at = 0; at < frames.length; at += 4) {
      const part = frames.slice(at, at + 4);
      await board.send(part.flatMap(frameBytes));
      for (const frame of part) expect(answer(await board.reply(frame.sequence)).ack).toBe(true);
    }
    expect(await readBack(board, { ...d, rows: 8, row0: 60, base: 60 * 5 }, 24)).toEqual(list.slice(60 * 40, 68 * 40));
    expect(await status(board)).toMatchObject({ badFrames: 0, free: 2048, next: 6750 });
  });
});
