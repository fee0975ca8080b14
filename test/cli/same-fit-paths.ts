import { cpuBackend } from '../../solver-core/backends/cpu/index.ts';
import { openPty } from '../../solver-core/backends/board-sim/pty.ts';
import { SimulatedBoard, noFaults } from '../../solver-core/backends/board-sim/simulated-board.ts';
import type { BoardCounts, BoardFaults } from '../../solver-core/backends/board-sim/simulated-board.ts';
import { startWasmChip } from '../../solver-core/backends/board-sim/wasm-chip.ts';
import { loadBoardImage } from '../../solver-core/backends/board-sim/board-image.ts';
import type { EngineDevice, EngineInfo, EngineWords } from '../../solver-core/backends/engine/device.ts';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import { solveOnDevice } from '../../solver-core/backends/engine/solve-on-device.ts';
import { openSerial } from '../../solver-core/backends/serial/open-serial.ts';
import { loadImage } from '../../solver-core/backends/sim/load-image.ts';
import { WasmDevice } from '../../solver-core/backends/sim/wasm-device.ts';
import { openXrtDevice } from '../../solver-core/backends/xrt/open-device.ts';
import type { XrtLinkOptions } from '../../solver-core/backends/xrt/xrt-link.ts';
import type { Host } from '../../solver-core/model/abort.ts';
import type { RidgeProblem, RidgeSolution } from '../../solver-core/fit/backend.ts';

/** One of the ways to an engine. */
export interface EnginePath {
  readonly name: 'functional model' | 'sim' | 'serial' | 'xrt';
  readonly device: EngineDevice;
  close(): Promise<void>;
}

/** A simulated board with a host connected through a pseudo-terminal, all in this process. */
export interface SerialPath extends EnginePath {
  counts(): BoardCounts;
}

/** What the engine computed, and what became of it. */
export interface PathResult {
  /** W as the engine gave it first: exact words, before any refinement. */
  readonly words: EngineWords;
  readonly solution: RidgeSolution;
  /** Wall time, seconds. */
  readonly seconds: number;
}

const host: Host = { nowMs: () => performance.now(), pause: () => new Promise((resolve) => setImmediate(resolve)) };

/** The model of the arithmetic with the word lengths of another path's engine. */
export function functionalPath(like: EngineInfo): EnginePath {
  const { lanes, wordBits, accumulatorBits, limbs, operandDepth, gramDepth, maxFeatures } = like;
  const device = new FunctionalDevice(host, { lanes, wordBits, accumulatorBits, limbs, operandDepth, gramDepth, maxFeatures });
  return { name: 'functional model', device, close: () => device.dispose() };
}

/** The simulated RTL, from the image in `folder` (dist/engine). */
export async function openSimPath(folder: string): Promise<EnginePath> {
  const device = await WasmDevice.create(await loadImage(folder), host);
  return { name: 'sim', device, close: () => device.dispose() };
}

/** The serial backend's device at a simulated board. */
export async function openSerialPath(folder: string, faults: Partial<BoardFaults> = {}): Promise<SerialPath> {
  let path = '';
  const board = new SimulatedBoard(
    await startWasmChip(await loadBoardImage(folder)),
    openPty,
    { ...noFaults, ...faults },
    {
      onPlugged: async (plugged) => void (path = plugged),
    },
  );
  await board.start();
  try {
    const { device } = await openSerial(path, { host });
    return {
      name: 'serial',
      device,
      counts: () => board.counts,
      async close() {
        await device.dispose();
        await board.stop();
      },
    };
  } catch (error) {
    await board.stop();
    throw error;
  }
}

/** The XRT backend's device at a simulated card. */
export async function openXrtPath(options: XrtLinkOptions): Promise<EnginePath> {
  const device = await openXrtDevice(options, host);
  return { name: 'xrt', device, close: () => device.dispose() };
}

/** How many entries of two arrays are not the same number, bit for bit. */
export function differing(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).filter((value, i) => !Object.is(value, b[i])).length + Math.abs(a.length - b.length);
}

/** Solves a problem on a path and keeps the words of the first substitution. */
export async function solveOn(path: EnginePath, problem: RidgeProblem): Promise<PathResult> {
  let first: EngineWords | undefined;
  const device = new Proxy(path.device, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'readWeights') return value.bind(target) as unknown;
      return async () => {
        const words = await target.readWeights();
        first ??= { ...words, values: words.values.slice() };
        return words;
      };
    },
  });
  const startMs = performance.now();
  const solution = await solveOnDevice(problem, device, { host });
  if (first === undefined) throw new Error(`the engine was not asked for weights (${solution.method})`);
  return { words: first, solution, seconds: (performance.now() - startMs) / 1000 };
}

/** The same problem in fp64 on the host. */
export async function solveOnCpu(problem: RidgeProblem): Promise<RidgeSolution> {
  const backend = cpuBackend();
  try {
    return await backend.solve(problem, { host });
  } finally {
    await backend.dispose();
  }
}
