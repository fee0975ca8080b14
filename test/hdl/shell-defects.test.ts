import { describe, expect, test } from 'vitest';
import { Board, buildSmallBoard } from './shell-board.ts';
import type { Defect } from './shell-board.ts';
import { cobsEncode, crc32, descriptorBytes, frameBytes, le, packBits } from './shell-framing.ts';
import { beginPayload, clearPayload, nothing, runPayload, transferFrames, types } from './shell-link.ts';
import { titled, verilator } from './simulators.ts';

/** Some defects that a look at the answers must show: name, file, text of the RTL and what replaces it. */
const defects: readonly (readonly [string, ...Defect])[] = [
  ['the CRC of a frame is not looked at', 'hdl/sys/frame_receiver.sv', 'over_q && good &&', 'over_q &&'],
  ['a bad frame is not rolled back', 'hdl/sys/frame_receiver.sv', 'write_q <= keep_q;', 'write_q <= write_q;'],
  ['a full COBS block stands for a zero, too', 'hdl/sys/cobs_decoder.sv', "data_i != 8'hff", "1'b1"],
  ['the encoder closes a block too late', 'hdl/sys/cobs_encoder.sv', "count_q == 8'hfe", "count_q == 8'hff"],
  ['a refused payload stays in the way', 'hdl/sys/request_reader.sv', "if (left_q == '0) state_q <= Header;", 'state_q <= Header;'],
  ['words are not sign-extended', 'hdl/sys/bit_unpacker.sv', '{{4{sign}}, word_q[AW-1:4]}', "{4'd0, word_q[AW-1:4]}"],
];

const row = { ...nothing, columns: 10, blocks: 5, rows: 30 };
const long = { op: 0, d: 16, blocks: 10, rows: 60000, rowBase: 0 };

/** Everything the board answers to a fixed conversation, as text; the last line tells of a silent or garbled board. */
async function conversation(program: string): Promise<string[]> {
  const board = new Board(program);
  const lines: string[] = [];
  const take = async (): Promise<void> => {
    await board.settle();
    lines.push(...board.inbox.splice(0).map((f) => `${f.type} ${f.sequence} ${[...f.payload].join(' ')}`));
  };
  const say = async (type: number, payload: ArrayLike<number>, offset = 0): Promise<void> => {
    await board.send(frameBytes(board.frame(type, payload, offset)));
    await take();
  };
  try {
    const words = Array.from({ length: 300 }, (_, i) => BigInt((i * 4001) % 131072) - 65536n);
    const bytes = packBits(words, 18);
    await say(types.hello, []);
    await say(types.run, runPayload(3, long));
    for (const frame of transferFrames(board, 1, row, 18, words, 300)) await board.send(frameBytes(frame));
    await take();
    await say(types.read, descriptorBytes({ ...row, rows: 25 }, 32));
    const hurt = frameBytes(board.frame(types.clear, clearPayload(0, 3, 0, 100)));
    hurt[20] = hurt[20]! ^ 4;
    await board.send(hurt);
    const long1 = frameBytes(board.frame(types.status, []));
    long1[9] = long1[9]! + 1;
    await board.send(long1);
    await say(types.begin, beginPayload(2, bytes.length, row, 18));
    await say(types.data, bytes.slice(300, 600), 300);
    await say(types.data, bytes.slice(0, 255).fill(0x77), 0);
    await say(types.data, bytes.slice(255), 255);
    await say(types.commit, [...le(2, 4), ...le(crc32(bytes), 4)]);
    // A header that promises less than there is, under a right CRC.
    const body = [1, types.status, 9, 9, 0, 0, 0, 0, 1, 0, 5, 6];
    await board.send([0, ...cobsEncode(Uint8Array.from([...body, ...le(crc32(Uint8Array.from(body)), 4)])), 0]);
    await take();
    const request = frameBytes(board.frame(types.status, []));
    await board.send(request.slice(0, 6));
    await board.hold(40 * 4);
    await board.send(request.slice(6));
    await take();
    const flood = Array.from({ length: 400 }, () => frameBytes(board.frame(types.hello))).flat();
    await board.send([...frameBytes(board.frame(types.read, descriptorBytes({ ...row, rows: 25 }, 32))), ...flood]);
    await take();
    // Short negative words: sign extension, and more than 254 bytes without a zero.
    const short = words.map((_, i) => -200n - BigInt(i % 50));
    for (const frame of transferFrames(board, 4, row, 10, short, 300)) await board.send(frameBytes(frame));
    await say(types.read, descriptorBytes({ ...row, rows: 25 }, 24));
    await say(types.run, runPayload(5, long));
    await say(types.cancel, le(5, 4));
    await say(types.run, runPayload(6, { ...long, rows: 4 }));
    await say(types.read, descriptorBytes({ ...row, rows: 25 }, 32));
    await say(types.status, []);
  } catch (error) {
    lines.push(String(error));
  } finally {
    board.close();
  }
  return lines;
}

describe.skipIf(verilator === undefined)(`defects of the board shell in ${titled('Verilator', verilator)}`, () => {
  let right: Promise<string[]> | undefined;
  const expected = (): Promise<string[]> => (right ??= buildSmallBoard().then(conversation));

  test('the conversation without a defect ends with a status', async () => {
    const lines = await expected();
    expect(lines.at(-1)).toMatch(/^132 /);
    expect(await conversation(await buildSmallBoard())).toEqual(lines);
  });

  test.each(defects)('%s', async (_name, file, from, to) => {
    expect(await conversation(await buildSmallBoard([file, from, to]))).not.toEqual(await expected());
  });
});
