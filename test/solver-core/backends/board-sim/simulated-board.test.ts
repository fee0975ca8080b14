import { expect, test } from 'vitest';
import { SimulatedBoard, noFaults } from '../../../../solver-core/backends/board-sim/simulated-board.ts';
import type { BoardFaults, BoardWatcher } from '../../../../solver-core/backends/board-sim/simulated-board.ts';
import { EchoChip, MemoryLines, withResolvers } from './fakes.ts';

async function started(faults: Partial<BoardFaults> = {}, watcher: BoardWatcher = {}) {
  const chip = new EchoChip();
  const lines = new MemoryLines();
  const board = new SimulatedBoard(chip, lines.open, { ...noFaults, replugAfterMs: 1, ...faults }, watcher);
  await board.start();
  return { chip, lines, board, line: await lines.nth(0) };
}

const inverted = (bytes: Uint8Array): number[] => [...bytes].map((byte) => byte ^ 255);
const some = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + 1) & 255);

test('carries bytes both ways and counts them', async () => {
  const { board, line } = await started();
  const bytes = some(5000);
  line.listener.onBytes(bytes);
  expect(await line.got(5000)).toEqual(inverted(bytes));
  await board.settled();
  expect(board.counts).toMatchObject({ bytesToBoard: 5000, bytesFromBoard: 5000, clocks: 200_000, unplugs: 0 });
  await board.stop();
  expect(line.closed).toBe(true);
});

test('simulates nothing while nothing is in flight', async () => {
  const { board, chip, line } = await started();
  await board.settled();
  const slices = chip.slices;
  await new Promise((resolve) => setImmediate(resolve));
  expect(chip.slices).toBe(slices);
  line.listener.onBytes(some(1));
  await line.got(1);
  expect(chip.slices).toBeGreaterThan(slices);
  await board.stop();
});

test('makes a sender wait that is faster than the simulation, and loses nothing', async () => {
  const { board, line } = await started();
  const bytes = some(300_000);
  line.listener.onBytes(bytes);
  expect(line.paused).toBe(true);
  expect(await line.got(bytes.length)).toEqual(inverted(bytes));
  expect(line.paused).toBe(false);
  await board.stop();
});

test('delays every byte in both directions, in order', async () => {
  const { board, line } = await started({ delayMs: 3 });
  line.listener.onBytes(some(10));
  line.listener.onBytes(some(5));
  expect(board.counts.bytesToBoard).toBe(0);
  expect(await line.got(15)).toEqual([...inverted(some(10)), ...inverted(some(5))]);
  await board.stop();
});

test('unplugs after the given bytes, both directions counted, and comes back as another line', async () => {
  const events: string[] = [];
  const { board, chip, lines, line } = await started(
    { unplugAfter: [150, 50] },
    {
      onPlugged: async (path) => void events.push(`plugged ${path}`),
      onUnplugged: async () => void events.push('unplugged'),
      onUnplugFault: () => events.push('fault'),
    },
  );
  line.listener.onBytes(some(100));
  const second = await lines.nth(1);
  expect(line.received).toEqual(inverted(some(100)).slice(0, 50));
  expect(line.closed).toBe(true);
  line.listener.onBytes(some(100));
  second.listener.onBytes(some(60));
  const third = await lines.nth(2);
  // The first 50 bytes got through to the port, and were lost there: the board was gone before it took them.
  expect(second.received).toEqual([]);
  third.listener.onBytes(some(20));
  expect(await third.got(20)).toEqual(inverted(some(20)));
  expect(board.counts.unplugs).toBe(2);
  expect(chip.bytes).toBe(120);
  await board.stop();
  expect(events).toEqual([...['plugged line0', 'fault', 'unplugged', 'plugged line1', 'fault', 'unplugged', 'plugged line2', 'unplugged']]);
});

test('loses its state with its power, and only then', async () => {
  for (const powerLoss of [false, true]) {
    const { board, chip, lines, line } = await started({ unplugAfter: [20], powerLoss });
    line.listener.onBytes(some(10));
    await lines.nth(1);
    expect(chip.bytes).toBe(powerLoss ? 0 : 10);
    await board.stop();
  }
});

test('damages what passes the port, in both directions', async () => {
  const { board, line } = await started({ drop: 0.05, flip: 0.05, garbage: 0.05, seed: 3 });
  line.listener.onBytes(some(4000));
  await board.settled();
  const { toBoard, fromBoard } = board.counts.damage;
  for (const counts of [toBoard, fromBoard]) {
    expect(Math.min(counts.dropped, counts.flipped, counts.inserted)).toBeGreaterThan(50);
  }
  expect(line.received.length).toBe(4000 + toBoard.inserted - toBoard.dropped + fromBoard.inserted - fromBoard.dropped);
  await board.stop();
});

test('a line that breaks or a port that cannot come back ends the board with the error', async () => {
  const broken = withResolvers<Error>();
  const { line } = await started({}, { onFailed: (error) => broken.resolve(error) });
  line.listener.onError(new Error('cable on fire'));
  expect((await broken.promise).message).toBe('cable on fire');
  expect(line.closed).toBe(true);

  const refused = withResolvers<Error>();
  let plugs = 0;
  const second = await started(
    { unplugAfter: [1] },
    {
      onPlugged: async () => {
        if (plugs++ > 0) throw new Error('no more ports');
      },
      onFailed: (error) => refused.resolve(error),
    },
  );
  second.line.listener.onBytes(some(1));
  expect((await refused.promise).message).toBe('no more ports');
});

test('stopped while it is being plugged in it leaves nothing behind', async () => {
  const placing = withResolvers<void>();
  const placed = withResolvers<void>();
  const replugging = withResolvers<void>();
  let links = 0;
  let plugs = 0;
  const { board, lines, line } = await started(
    { unplugAfter: [1] },
    {
      onPlugged: async () => {
        if (plugs++ > 0) {
          replugging.resolve();
          await placing.promise;
        }
        links = 1;
        placed.resolve();
      },
      onUnplugged: async () => void (links = 0),
    },
  );
  line.listener.onBytes(some(1));
  await replugging.promise;
  const stopping = board.stop();
  placing.resolve();
  await stopping;
  await placed.promise;
  expect(links).toBe(0);
  expect((await lines.nth(1)).closed).toBe(true);
});
