import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { goldenHash18, goldenProblem, hashWords } from '../../solver-core/backends/engine/self-test.ts';
import { Board, buildBoard, testBoard } from './shell-board.ts';
import type { MoverDescriptor } from './shell-descriptor.ts';
import { moverAddresses } from './shell-descriptor.ts';
import { clearPayload, nothing, readBack, runJob, types, upload } from './shell-link.ts';
import { titled, verilator } from './simulators.ts';

const { N } = testBoard;
const d = 64;
const m = 8;
const columns = d + m;
const blocks = columns / N;
const outputBlock = d / N;
const weightBase = d * blocks;
const rowBase = weightBase + d;

/** Address of row i of the packed triangle of G. */
function packedRow(i: number): number {
  let address = 0;
  for (let r = 0; r < i; r++) address += blocks - Math.floor(r / N);
  return address;
}

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

async function readRows(
  board: Board,
  rowsAtOnce: number,
  bits: number,
  of: (i: number) => Partial<MoverDescriptor>,
): Promise<Float64Array> {
  const matrix = new Float64Array(d * columns);
  for (let i = 0; i < d; i += rowsAtOnce) {
    const descriptor = { ...nothing, tri: true, columns, blocks, rows: rowsAtOnce, row0: i, ...of(i) };
    const words = await readBack(board, descriptor, bits);
    let at = 0;
    for (let r = i; r < i + rowsAtOnce; r++) for (let c = r; c < columns; c++) matrix[r * columns + c] = Number(words[at++]);
    expect(at).toBe(words.length);
  }
  return matrix;
}

describe.skipIf(verilator === undefined)(`board shell in ${titled('Verilator', verilator)}`, () => {
  let board: Board;
  beforeAll(async () => {
    board = new Board(await buildBoard());
  });
  afterAll(() => board.close());

  test('rows over the line, GRAM, CHOL, BACK and READ give the golden hash', async () => {
    const { words, rows } = goldenProblem();
    await board.ask(types.clear, clearPayload(1, 0xff, 0, packedRow(d)));
    const diagonal = { ...nothing, space: 1 as const, tri: true, packed: true, diagonal: true, columns, blocks, rows: d };
    await upload(board, 1, diagonal, 32, new Array<bigint>(d).fill(2n ** 30n));
    const chunk = { ...nothing, columns, blocks, rows, base: rowBase };
    await upload(board, 2, chunk, 18, Array.from(words, BigInt));
    const gram = await runJob(board, 10, { op: 0, d, blocks, rows, rowBase });
    const chol = await runJob(board, 11, { op: 1, d, blocks, rowBase: 0, shift: 0 });
    const vecBase = weightBase + (d - 1) - outputBlock;
    const back = await runJob(board, 12, { op: 2, d, blocks, rowBase: (d - 1) * blocks, vecBase });
    for (const result of [gram, chol, back]) expect(result).toMatchObject({ state: 0, flags: 0 });
    const g = await readRows(board, 2, 48, (i) => ({ space: 1, packed: true, base: packedRow(i) }));
    const r = await readRows(board, 4, 24, (i) => ({ base: i * blocks }));
    const w: bigint[] = [];
    for (const first of [0, 32]) {
      const part = { ...nothing, first: d, columns, blocks: 1, rows: 32, row0: first, base: weightBase + first - outputBlock };
      w.push(...(await readBack(board, part, 24)));
    }
    expect(hashWords([g, r, Float64Array.from(w, Number)])).toBe(goldenHash18);
  });

  test('transfers and READs of every kind of descriptor and word length agree with a model of the memories', async () => {
    const below = randomOf(77);
    const depths = [testBoard.OPERAND_DEPTH, testBoard.GRAM_DEPTH];
    const memories = depths.map((depth) => new Array<bigint>(depth * N).fill(0n));
    for (const space of [0, 1]) await board.ask(types.clear, clearPayload(space, 0xff, 0, depths[space]!));
    const random = (space: 0 | 1): MoverDescriptor => ({
      space,
      tri: below(2) === 1,
      packed: below(2) === 1,
      diagonal: below(5) === 0,
      first: below(9),
      columns: 8 + below(30),
      blocks: 4 + below(3),
      rows: 1 + below(5),
      row0: below(9),
      base: below(300),
    });
    for (let n = 0; n < 120; n++) {
      const space = below(2) as 0 | 1;
      const memory = memories[space]!;
      const put = random(space);
      const bits = space === 1 ? 8 + below(41) : 8 + below(11);
      const places = moverAddresses(put, N).map((p) => p.address * N + p.lane);
      const words = places.map(() => BigInt.asIntN(bits, BigInt(below(2 ** 24)) * BigInt(below(2 ** 24))));
      await upload(board, 1000 + n, put, bits, words, 64 + below(900));
      places.forEach((at, i) => (memory[at] = words[i]!));
      const get = random(space);
      const want = moverAddresses(get, N).map((p) => memory[p.address * N + p.lane]!);
      expect(await readBack(board, get, space === 1 ? 48 : [24, 32, 48][below(3)]!)).toEqual(want);
      if (n % 10 === 0) {
        const [lanes, base, count] = [below(256), below(300), below(40)];
        await board.ask(types.clear, clearPayload(space, lanes, base, count));
        for (let a = base; a < base + count; a++) for (let l = 0; l < N; l++) if ((lanes >> l) & 1) memory[a * N + l] = 0n;
      }
    }
  });
});
