import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BoardImage } from '../../../../solver-core/backends/board-sim/board-image.ts';
import { LinkPath } from '../../../../solver-core/backends/board-sim/link-path.ts';
import { openPty } from '../../../../solver-core/backends/board-sim/pty.ts';
import { SimulatedBoard, noFaults } from '../../../../solver-core/backends/board-sim/simulated-board.ts';
import { startWasmChip } from '../../../../solver-core/backends/board-sim/wasm-chip.ts';
import type { EngineDevice } from '../../../../solver-core/backends/engine/device.ts';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';
import { openSerial } from '../../../../solver-core/backends/serial/open-serial.ts';
import { TierwiseError } from '../../../../solver-core/model/error.ts';
import { nodeHost } from '../../../../solver-core/jobs/host.ts';
import { smallSolve } from '../serial/bench-board.ts';
import { damageFrames } from './frame-damage.ts';
import type { FrameDamageCounts, FrameRates } from './frame-damage.ts';

export interface DamageRun {
  readonly rates: FrameRates;
  readonly seed: number;
  /** Solves go on until this many frames have passed, both directions together. */
  readonly frames: number;
  /** Bytes from plug to unplug, as in BoardFaults. */
  readonly unplugAfter: readonly number[];
  /** d, m and rows of one solve. */
  readonly size: readonly [number, number, number];
  /** How often the results of a solve are read. */
  readonly reads: number;
  readonly onSolve?: (text: string) => void;
}

/** What came of a run. */
export interface DamageOutcome {
  readonly counts: FrameDamageCounts;
  readonly unplugs: number;
  /** Solves whose Gram, factor, weights, flags and cycles are those of the model. */
  readonly right: number;
  /** Codes of the errors of those that failed. */
  readonly failed: readonly string[];
  /** Solves that gave something else: there must be none. */
  readonly wrong: number;
}

/** Everything a solve gives, read several times. */
async function solveAndRead(device: EngineDevice, { size, reads }: DamageRun): Promise<string> {
  const results: unknown[] = [await smallSolve(device, ...size)];
  for (let i = 1; i < reads; i++) results.push(await device.readGram(), await device.readFactor(), await device.readWeights());
  return JSON.stringify(results, (_, value: unknown) => (value instanceof Float64Array ? [...value] : value));
}

/** Solves the same problem again and again over a line that harms frames, on the circuit of the board. */
export async function runDamaged(image: BoardImage, run: DamageRun): Promise<DamageOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'tierwise-damage-'));
  const link = new LinkPath(join(folder, 'board'));
  const harmed = damageFrames(openPty, run.rates, run.seed);
  const faults = { ...noFaults, unplugAfter: run.unplugAfter, replugAfterMs: 50 };
  const board = new SimulatedBoard(await startWasmChip(image), harmed.open, faults, {
    onPlugged: (target) => link.place(target),
    onUnplugged: () => link.remove(),
  });
  const failed: string[] = [];
  let right = 0;
  let wrong = 0;
  await board.start();
  try {
    let expected: string | undefined;
    while (harmed.counts.frames < run.frames || board.counts.unplugs < run.unplugAfter.length) {
      const before = harmed.counts.frames;
      try {
        const opened = await openSerial(link.path, {
          host: nodeHost,
          skipSelfTest: true,
          replugMs: 10_000,
          listing: { list: async () => [] },
        });
        try {
          expected ??= await solveAndRead(new FunctionalDevice(nodeHost, opened.link.info), run);
          const got = await solveAndRead(opened.device, run);
          if (got === expected) right += 1;
          else wrong += 1;
        } finally {
          await opened.device.dispose();
        }
      } catch (error) {
        if (!(error instanceof TierwiseError)) throw error;
        failed.push(error.code);
      }
      run.onSolve?.(
        `${harmed.counts.frames} frames (${harmed.counts.frames - before}), ${right} right, ${failed.length} failed, ${wrong} wrong`,
      );
    }
  } finally {
    await board.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return { counts: harmed.counts, unplugs: board.counts.unplugs, right, failed, wrong };
}
