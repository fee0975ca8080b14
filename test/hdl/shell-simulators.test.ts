import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rtlSources } from '../../.ci/hdl-sources.mjs';
import { shellSources } from '../../.ci/shell-sources.mjs';
import { projectRoot } from '../shared.ts';
import { crc32, descriptorBytes, frameBytes, le, packBits, parseFrames, readWords } from './shell-framing.ts';
import type { Frame } from './shell-framing.ts';
import { beginPayload, clearPayload, nothing, runPayload, types } from './shell-link.ts';
import { icarus, titled } from './simulators.ts';

const run = promisify(execFile);
const files = [...rtlSources, ...shellSources].map((path) => join(projectRoot, path));
const bench = join(projectRoot, 'hdl/test/tb_shell.sv');
const yosysAnswer = spawnSync('yosys', ['-V'], { encoding: 'utf8' });
const yosys = yosysAnswer.status === 0 ? 'netlist of Yosys' : undefined;

// d = 4, m = 2, five rows: GRAM, then CHOL and BACK, with a damaged frame between.
const [d, columns, blocks, rows] = [4, 6, 3, 5];
const x = Array.from({ length: rows * columns }, (_, i) => BigInt(((i * 2731) % 20000) - 10000));
const chunk = { ...nothing, columns, blocks, rows, base: 40 };
const triangle = { ...nothing, space: 1 as const, tri: true, packed: true, columns, blocks, rows: d };
const diagonal = { ...triangle, diagonal: true };

let sequence = 0;
const request = (type: number, payload: readonly number[] = [], offset = 0): Frame => {
  sequence++;
  return { version: 1, type, sequence, offset, payload: Uint8Array.from(payload) };
};
const transfer = (id: number, descriptor: typeof chunk, bits: number, words: readonly bigint[]): Frame[] => {
  const bytes = packBits(words, bits);
  const commit = request(types.commit, [...le(id, 4), ...le(crc32(bytes), 4)]);
  return [request(types.begin, beginPayload(id, bytes.length, descriptor, bits)), request(types.data, [...bytes]), commit];
};

/** The conversation as numbers of the script: bytes, and from 256 on clocks of silence. */
function script(): number[] {
  const vecBase = 30 + (d - 1) - d / 2;
  const steps: [Frame, number][] = [
    [request(types.hello), 3000],
    [request(types.clear, clearPayload(1, 3, 0, 64)), 0],
    [request(types.clear, clearPayload(0, 3, 0, 64)), 0],
    ...transfer(1, diagonal, 36, new Array<bigint>(d).fill(2n ** 27n)).map((f): [Frame, number] => [f, 0]),
    ...transfer(2, chunk, 16, x).map((f): [Frame, number] => [f, 0]),
    [request(types.run, runPayload(1, { op: 0, d, blocks, rows, rowBase: 40 })), 2000],
    [request(types.run, runPayload(2, { op: 1, d, blocks, rowBase: 0, shift: 0 })), 4000],
    [request(types.run, runPayload(3, { op: 2, d, blocks, rowBase: (d - 1) * blocks, vecBase })), 4000],
    [request(types.read, descriptorBytes(triangle, 48)), 5000],
    [request(types.read, descriptorBytes({ ...nothing, tri: true, columns, blocks, rows: d }, 24)), 4000],
    [request(types.read, descriptorBytes({ ...nothing, first: d, columns, blocks: 1, rows: d, base: 30 - d / 2 }, 24)), 3000],
    [request(types.status), 3000],
  ];
  const hurt = frameBytes(request(types.status));
  hurt[5] = hurt[5]! ^ 2;
  return [...hurt, ...steps.flatMap(([frame, silence]) => [...frameBytes(frame), ...(silence > 0 ? [256 + silence] : [])])];
}

describe.skipIf(icarus === undefined)(`the board shell in ${titled('Icarus', icarus)}`, () => {
  let folder: string;
  let heard: Promise<Frame[]> | undefined;
  const numbers = script();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tierwise-shell-'));
    await writeFile(join(folder, 'script.txt'), numbers.map((n) => n.toString(16)).join('\n') + '\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const play = async (name: string, options: readonly string[], sources: readonly string[]): Promise<Frame[]> => {
    const binary = join(folder, `${name}.vvp`);
    await run('iverilog', ['-g2012', '-s', 'tb_shell', ...options, '-o', binary, ...sources, bench]);
    const { stdout } = await run('vvp', [binary, `+script=${join(folder, 'script.txt')}`], { maxBuffer: 1 << 24, timeout: 60_000 });
    const bytes = stdout.split('\n').filter((line) => /^[0-9a-fxz]{2}$/i.test(line));
    expect(bytes.filter((byte) => /[xz]/i.test(byte))).toEqual([]);
    const { frames, rest } = parseFrames(bytes.map((byte) => parseInt(byte, 16)));
    expect(rest).toEqual([]);
    return frames;
  };

  test('no unknown bit reaches the line; G is the sum of products, R and W solve the problem', async () => {
    const frames = await (heard ??= play('rtl', [], files));
    expect(frames.map((f) => f.type)).toEqual([
      ...[types.info, types.ack, types.ack, ...new Array<number>(6).fill(types.ack)],
      ...[types.ack, types.result, types.ack, types.result, types.ack, types.result],
      ...[types.readData, types.readData, types.readData, types.statusReply],
    ]);
    const [g, r, w] = [15, 16, 17].map((i, k) => readWords(frames[i]!.payload, k === 0 ? 48 : 24));
    const want: bigint[] = [];
    for (let i = 0; i < d; i++) {
      for (let j = i; j < columns; j++) {
        let sum = i === j ? 2n ** 27n : 0n;
        for (let k = 0; k < rows; k++) sum += x[k * columns + i]! * x[k * columns + j]!;
        want.push(sum);
      }
    }
    expect(g).toEqual(want);
    // R W = Z in exact words, to a few units of the last place of each product.
    let at = 0;
    for (let i = 0; i < d; i++) {
      const row = r!.slice(at, at + columns - i);
      at += columns - i;
      for (let o = 0; o < columns - d; o++) {
        let sum = row[d - i + o]! * 2n ** 15n;
        for (let k = i; k < d; k++) sum -= row[k - i]! * w![k * (columns - d) + o]!;
        expect(Math.abs(Number(sum)), `row ${i}, output ${o}`).toBeLessThan(2 ** 17);
      }
    }
  });

  test.skipIf(yosys === undefined)(`the ${titled('netlist of Yosys', yosys)} says the same, byte for byte`, async () => {
    const netlist = join(folder, 'netlist.v');
    const sets = '-set N 2 -set DW 16 -set AW 36 -set OPERAND_DEPTH 64 -set GRAM_DEPTH 64 -set MAX_FEATURES 8 -set LIMBS 1';
    const shell = '-set RX_BYTES 512 -set MAX_PAYLOAD 256 -set CLOCK_HZ 4000000 -set BAUD 1000000';
    const steps = [
      'hierarchy -top board_shell',
      'proc',
      'flatten',
      'opt -full',
      'wreduce',
      'memory -nomap',
      'opt',
      'rename -top board_shell',
    ];
    const read = `read_verilog -sv -defer ${files.join(' ')}; chparam ${sets} ${shell} board_shell`;
    await run('yosys', ['-q', '-p', [read, ...steps, `write_verilog -noattr ${netlist}`].join('; ')]);
    expect(await play('netlist', ['-DTB_NETLIST'], [netlist])).toEqual(await (heard ??= play('rtl', [], files)));
  });
});
