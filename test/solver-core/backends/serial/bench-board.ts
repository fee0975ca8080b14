import { RemoteDevice } from '../../../../solver-core/backends/engine/remote-device.ts';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';
import type { EngineDevice } from '../../../../solver-core/backends/engine/device.ts';
import type { EngineLinkInfo } from '../../../../solver-core/backends/engine/link.ts';
import { gramShift } from '../../../../solver-core/backends/engine/shift.ts';
import type { SerialLinkOptions } from '../../../../solver-core/backends/serial/serial-link.ts';
import { SerialLink } from '../../../../solver-core/backends/serial/serial-link.ts';
import { BoardModel } from './board-model.ts';
import type { BoardOptions } from './board-model.ts';
import { EngineMemory, testEngine } from './engine-memory.ts';
import type { LineOptions } from './line-model.ts';
import { LineModel } from './line-model.ts';
import { xorshift } from './random.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A board at the end of a line, all of it in memory and in simulated time. */
export function bench(
  line: LineOptions = {},
  boardOptions: BoardOptions = {},
  info: EngineLinkInfo = testEngine,
): {
  readonly clock: VirtualClock;
  readonly board: BoardModel;
  readonly line: LineModel;
  open(options?: SerialLinkOptions): Promise<SerialLink>;
} {
  const clock = new VirtualClock();
  const board = new BoardModel(new EngineMemory(info), clock, boardOptions);
  const model = new LineModel(board, clock, line);
  const open = (options: SerialLinkOptions = {}): Promise<SerialLink> =>
    SerialLink.open(model, line.baud ?? 1_000_000, { clock, firstId: 1000, ...options });
  return { clock, board, line: model, open };
}

/** Weights, and everything else that a solve of d features gives. */
export async function smallSolve(device: EngineDevice, d = 24, m = 3, rows = 200): Promise<unknown> {
  const random = xorshift(77);
  const words = Int32Array.from({ length: rows * (d + m) }, () => (random() >>> 18) - 8192);
  await device.begin({ features: d, outputs: m, diagonal: new Float64Array(d).fill(2 ** 26) });
  await device.accumulate(words, rows);
  const gram = await device.readGram();
  let largest = 0;
  for (let i = 0; i < d; i++) largest = Math.max(largest, gram[i * (d + m) + i]!);
  const factored = await device.factor(gramShift(largest, device.info.wordBits));
  await device.backSubstitute();
  return [gram, factored, await device.readFactor(), await device.readWeights(), { ...device.totals }];
}

/** The same by the functional model. */
export async function expectedSolve(d = 24, m = 3, rows = 200, info: EngineLinkInfo = testEngine): Promise<unknown> {
  return smallSolve(new FunctionalDevice({ pause: () => Promise.resolve() }, info), d, m, rows);
}

/** A device over a link. */
export function deviceOver(link: SerialLink): RemoteDevice {
  return new RemoteDevice(link);
}
