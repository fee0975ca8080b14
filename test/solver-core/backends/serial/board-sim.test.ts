import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { BoardImage } from '../../../../solver-core/backends/board-sim/board-image.ts';
import { LinkPath } from '../../../../solver-core/backends/board-sim/link-path.ts';
import { openPty } from '../../../../solver-core/backends/board-sim/pty.ts';
import type { BoardFaults } from '../../../../solver-core/backends/board-sim/simulated-board.ts';
import { SimulatedBoard, noFaults } from '../../../../solver-core/backends/board-sim/simulated-board.ts';
import { startWasmChip } from '../../../../solver-core/backends/board-sim/wasm-chip.ts';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';
import { openSerial } from '../../../../solver-core/backends/serial/open-serial.ts';
import type { OpenedSerial } from '../../../../solver-core/backends/serial/open-serial.ts';
import { nodeHost } from '../../../../solver-core/jobs/host.ts';
import { boardImage } from '../board-sim/real-board.ts';
import { smallSolve } from './bench-board.ts';

/* The circuit of the board itself, bit by bit on the line, behind a real pseudo-terminal. */

let image: BoardImage;
beforeAll(async () => {
  image = await boardImage();
});

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Rehearsal {
  readonly board: SimulatedBoard;
  readonly path: string;
  /** With the bring-up problem only where that is asked for: it is most of the bytes. */
  open(skipSelfTest?: boolean): Promise<OpenedSerial>;
}

async function rehearsal(faults: Partial<BoardFaults> = {}): Promise<Rehearsal> {
  const folder = mkdtempSync(join(tmpdir(), 'tierwise-board-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'board');
  const link = new LinkPath(path);
  const board = new SimulatedBoard(
    await startWasmChip(image),
    openPty,
    { ...noFaults, ...faults },
    {
      onPlugged: (target) => link.place(target),
      onUnplugged: () => link.remove(),
    },
  );
  cleanups.push(() => board.stop());
  await board.start();
  const open = async (skipSelfTest = true): Promise<OpenedSerial> => {
    const opened = await openSerial(path, { host: nodeHost, skipSelfTest, listing: { list: () => Promise.resolve([]) } });
    cleanups.push(() => opened.device.dispose());
    return opened;
  };
  return { board, path, open };
}

const size = [32, 4, 150] as const;

async function expected(opened: OpenedSerial): Promise<unknown> {
  return smallSolve(new FunctionalDevice(nodeHost, opened.link.info), ...size);
}

describe.skipIf(process.platform === 'win32')('over the simulated board', () => {
  test('the bring-up problem and a solve have the bits, flags and cycles of the model', async () => {
    const { board, open } = await rehearsal();
    const opened = await open(false);
    expect(await smallSolve(opened.device, ...size)).toEqual(await expected(opened));
    expect(opened.link.counts.damagedFrames).toBe(0);
    expect(board.counts.bytesToBoard).toBeGreaterThan(10_000);
  });

  test('on a line that drops, flips and adds bytes the result is right', async () => {
    const { board, open } = await rehearsal({ drop: 2e-4, flip: 2e-4, garbage: 2e-4 });
    const opened = await open();
    expect(await smallSolve(opened.device, ...size)).toEqual(await expected(opened));
    const { dropped, flipped, inserted } = board.counts.damage.toBoard;
    expect(dropped + flipped + inserted).toBeGreaterThan(0);
  });

  test('unplugged twice the solve goes on where the board stands', async () => {
    const { board, open } = await rehearsal({ unplugAfter: [6000, 9000], replugAfterMs: 300 });
    const opened = await open();
    expect(await smallSolve(opened.device, ...size)).toEqual(await expected(opened));
    expect(board.counts.unplugs).toBe(2);
  });

  test('a board that loses its power with the plug is noticed', async () => {
    const { open } = await rehearsal({ unplugAfter: [9000], replugAfterMs: 300, powerLoss: true });
    const opened = await open();
    await expect(smallSolve(opened.device, ...size)).rejects.toMatchObject({ code: 'board-reset' });
  });

  test('telemetry counts clocks while it is switched on', async () => {
    const { open } = await rehearsal();
    const { device, link } = await open();
    const uptimes: number[] = [];
    await link.watch(5, (telemetry) => uptimes.push(telemetry.uptime));
    await smallSolve(device, ...size);
    await link.watch(0, () => undefined);
    expect(uptimes.length).toBeGreaterThan(2);
    expect(uptimes.every((clocks, i) => i === 0 || clocks > uptimes[i - 1]!)).toBe(true);
  });
});
