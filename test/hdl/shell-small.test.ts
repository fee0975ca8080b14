import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../shared.ts';
import { Board, answer, buildIcebreaker, icebreaker } from './shell-board.ts';
import { moverAddresses } from './shell-descriptor.ts';
import { descriptorBytes, frameBytes, le, uint } from './shell-framing.ts';
import { clearPayload, nothing, readBack, reasons, runJob, runPayload, status, transferFrames, types, upload } from './shell-link.ts';
import { titled, verilator } from './simulators.ts';

test('the parameters here are those of the iCEBreaker', () => {
  const top = readFileSync(join(projectRoot, 'hdl/boards/icebreaker/top.sv'), 'utf8');
  for (const [name, value] of Object.entries(icebreaker))
    expect(top).toMatch(new RegExp(`parameter int ${name} = ${value}\\b|\\.${name}\\(${value}\\)`));
});

describe.skipIf(verilator === undefined)(`the shell of the iCEBreaker in ${titled('Verilator', verilator)}`, () => {
  let board: Board;
  beforeAll(async () => {
    board = new Board(await buildIcebreaker());
  });
  afterAll(() => board.close());

  test('INFO says how little it takes, and no more is taken', async () => {
    const { payload } = await board.ask(types.hello);
    expect([payload[6], payload[7], payload[8], payload[9], uint(payload, 14, 2), uint(payload, 16, 2)]).toEqual([2, 16, 36, 1, 256, 512]);
    await upload(board, 1, nothing, 8, []);
    await board.send(frameBytes(board.frame(types.data, new Uint8Array(257))));
    await board.settle();
    expect(board.inbox).toEqual([]);
    expect(await status(board)).toMatchObject({ badFrames: 1 });
    const refused: [number, number[], number][] = [
      [types.telemetrySet, le(5, 4), reasons.unknownType],
      [types.run, runPayload(1, { op: 1, d: 8, blocks: 4, rowBase: 0, flags: 1 }), reasons.badDescriptor],
      [types.read, descriptorBytes({ ...nothing, columns: 86, blocks: 43, rows: 1 }, 24), reasons.badDescriptor],
      [types.read, descriptorBytes({ ...nothing, columns: 8, blocks: 4, rows: 1, base: 2 ** 14 }, 24), reasons.badDescriptor],
    ];
    for (const [type, bytes, reason] of refused) expect(answer(await board.ask(type, bytes)).verdict, String(bytes)).toBe(reason);
    expect((await board.ask(types.read, descriptorBytes({ ...nothing, columns: 85, blocks: 43, rows: 1 }, 24))).payload.length).toBe(255);
  });

  test('GRAM and its downdate over the line give the sums of products', async () => {
    const [d, columns, blocks, rows, N] = [10, 12, 6, 9, icebreaker.N];
    await board.ask(types.clear, clearPayload(1, 3, 0, icebreaker.GRAM_DEPTH));
    const x = Array.from({ length: rows * columns }, (_, i) => BigInt(((i * 7919) % 65536) - 32768));
    const put = { ...nothing, columns, blocks, rows, base: 500 };
    for (const frame of transferFrames(board, 9, put, 16, x, 200)) {
      await board.send(frameBytes(frame));
      expect(answer(await board.reply(frame.sequence)).ack).toBe(true);
    }
    expect(await readBack(board, { ...put, rows: 6 }, 24)).toEqual(x.slice(0, 6 * columns));
    const triangle = { ...nothing, space: 1 as const, tri: true, packed: true, columns, blocks, rows: 4 };
    const of = (i: number, j: number): bigint =>
      Array.from({ length: rows }, (_, k) => x[k * columns + i]! * x[k * columns + j]!).reduce((a, b) => a + b);
    let base = 0;
    const read = async (row0: number): Promise<bigint[]> => {
      base = Array.from({ length: row0 }, (_, r) => blocks - Math.floor(r / N)).reduce((a, b) => a + b, 0);
      return readBack(board, { ...triangle, rows: 3, row0, base }, 48);
    };
    await runJob(board, 1, { op: 0, d, blocks, rows, rowBase: 500 });
    for (const row0 of [0, 3, 6]) {
      const want = [0, 1, 2].flatMap((r) => Array.from({ length: columns - row0 - r }, (_, j) => of(row0 + r, row0 + r + j)));
      expect(await read(row0)).toEqual(want);
    }
    await runJob(board, 2, { op: 0, d, blocks, rows, rowBase: 500, flags: 2 });
    for (const row0 of [0, 3, 6]) expect((await read(row0)).every((w) => w === 0n)).toBe(true);
    expect(moverAddresses({ ...triangle, row0: 6, base }, N).every((p) => p.address < icebreaker.GRAM_DEPTH)).toBe(true);
    expect(await status(board)).toMatchObject({ free: 512, jobState: 2 });
  });
});
