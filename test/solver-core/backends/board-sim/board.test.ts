import { SerialPort } from 'serialport';
import { beforeAll, expect, test } from 'vitest';
import { boardParameters } from '../../../../.ci/build-board.mjs';
import type { BoardImage } from '../../../../solver-core/backends/board-sim/board-image.ts';
import { loadBoardImage } from '../../../../solver-core/backends/board-sim/board-image.ts';
import { openPty } from '../../../../solver-core/backends/board-sim/pty.ts';
import { SimulatedBoard, noFaults } from '../../../../solver-core/backends/board-sim/simulated-board.ts';
import { startWasmChip } from '../../../../solver-core/backends/board-sim/wasm-chip.ts';
import { linkMagic, linkMessages, linkVersion } from '../../../../solver-core/backends/serial/generated/link.ts';
import { MemoryLines } from './fakes.ts';
import { FrameInbox, boardImage, request } from './real-board.ts';

const { hello, info, status, status_reply } = linkMessages;
const clocksPerByte = (10 * boardParameters.CLOCK_HZ) / boardParameters.BAUD;
let image: BoardImage;
beforeAll(async () => {
  image = await boardImage();
});

function field(payload: Uint8Array, [at, bytes]: readonly [number, number]): number {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  return bytes === 1 ? view.getUint8(at) : bytes === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
}

/** Runs a chip until nothing is in flight; answers and clocks. */
async function exchange(bytes: Uint8Array): Promise<{ readonly inbox: FrameInbox; readonly clocks: number }> {
  const chip = await startWasmChip(image);
  const inbox = new FrameInbox();
  let clocks = 0;
  for (let from = 0, idle = false; !idle;) {
    const slice = chip.exchange(bytes.subarray(from), 10_000);
    from += slice.consumed;
    clocks += slice.clocks;
    inbox.push(slice.output);
    idle = slice.idle && from === bytes.length;
  }
  return { inbox, clocks };
}

test('the circuit introduces itself with the parameters it was built with', async () => {
  const { inbox } = await exchange(request(hello.type, 258));
  const { type, sequence, payload } = await inbox.nth(0);
  expect([type, sequence, payload.length]).toEqual([info.type, 258, info.sizeBytes]);
  const said = Object.fromEntries(
    Object.entries(info.fields)
      .filter(([, [, bytes]]) => bytes <= 4)
      .map(([name, place]) => [name, field(payload, place)]),
  );
  expect(said).toMatchObject({
    magic: linkMagic,
    min_version: linkVersion,
    lanes: boardParameters.N,
    word_bits: boardParameters.DW,
    accumulator_bits: boardParameters.AW,
    limbs: boardParameters.LIMBS,
    max_features: boardParameters.MAX_FEATURES,
    operand_depth: boardParameters.OPERAND_DEPTH,
    gram_depth: boardParameters.GRAM_DEPTH,
    clock_hz: boardParameters.CLOCK_HZ,
    baud: boardParameters.BAUD,
  });
  expect(said['image_id']).not.toBe(0);
});

test('bytes take their time on the line', async () => {
  const bytes = request(hello.type, 1);
  const { inbox, clocks } = await exchange(bytes);
  // Both directions at ten bits per byte, at least; how long the harness waits for more is its own affair.
  expect(clocks).toBeGreaterThan((bytes.length + inbox.frames[0]!.payload.length) * clocksPerByte);
});

test('garbage before and between requests is counted and does no harm', async () => {
  const damaged = request(hello.type, 2);
  damaged[5]! ^= 4;
  const bytes = [Uint8Array.of(1, 2, 3), request(hello.type, 1), damaged, Uint8Array.of(255, 0, 9, 9, 0), request(status.type, 3)];
  const { inbox } = await exchange(Uint8Array.from(bytes.flatMap((part) => [...part])));
  expect(inbox.frames.map(({ type, sequence }) => [type, sequence])).toEqual([
    [info.type, 1],
    [status_reply.type, 3],
  ]);
  expect(field(inbox.frames[1]!.payload, status_reply.fields.bad_frames)).toBeGreaterThanOrEqual(2);
});

test('power loss forgets everything, a reset or an unplug without it does not', async () => {
  const badFrames = async (powerLoss: boolean): Promise<number> => {
    const lines = new MemoryLines();
    const noise = Uint8Array.of(0, 5, 5, 0);
    const board = new SimulatedBoard(await startWasmChip(image), lines.open, {
      ...noFaults,
      unplugAfter: [5],
      replugAfterMs: 1,
      powerLoss,
    });
    await board.start();
    const first = await lines.nth(0);
    first.listener.onBytes(noise);
    await board.settled();
    first.listener.onBytes(Uint8Array.of(0));
    const second = await lines.nth(1);
    const inbox = new FrameInbox();
    second.listener.onBytes(request(status.type, 1));
    await board.settled();
    inbox.push(Uint8Array.from(second.received));
    await board.stop();
    return field((await inbox.nth(0)).payload, status_reply.fields.bad_frames);
  };
  expect(await badFrames(false)).toBe(1);
  expect(await badFrames(true)).toBe(0);
});

test.runIf(process.platform === 'linux' || process.platform === 'darwin')(
  'serialport talks to it through the pseudo-terminal',
  async () => {
    const board = new SimulatedBoard(await startWasmChip(image), openPty, noFaults, {
      onPlugged: async (path) => void (plugged = path),
    });
    let plugged = '';
    await board.start();
    for (let client = 1; client <= 2; client++) {
      const port = new SerialPort({ path: plugged, baudRate: boardParameters.BAUD });
      const inbox = new FrameInbox();
      port.on('data', (bytes: Uint8Array) => inbox.push(bytes));
      await new Promise((resolve) => port.once('open', resolve));
      port.write(request(hello.type, client));
      expect(await inbox.nth(0)).toMatchObject({ type: info.type, sequence: client });
      await new Promise((resolve) => port.close(resolve));
    }
    await board.stop();
  },
);

test('an image that is not there is said so', async () => {
  await expect(loadBoardImage('/nowhere')).rejects.toMatchObject({ code: 'board-image-missing', category: 'backend' });
});
