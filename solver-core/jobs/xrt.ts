import { dirname, join } from 'node:path';
import { solveOnDevice } from '../backends/engine/solve-on-device.ts';
import { xrtHost } from '../backends/xrt/host.ts';
import type { CardAnswer } from '../backends/xrt/list-cards.ts';
import { listXrtCards, noXclbin } from '../backends/xrt/list-cards.ts';
import { openXrtDevice, xrtStatusNote } from '../backends/xrt/open-device.ts';
import type { Backend } from '../fit/backend.ts';
import type { AbortFlag } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { BoardAnswer, BoardsDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import { nodeHost } from './host.ts';

/** The bundle of the worker lies beside the others, one folder above the engine's images. */
function workerFile(environment: Environment): string {
  return join(dirname(environment.engineFolder), 'xrt-worker.cjs');
}

/** TIERWISE_XCLBIN; undefined when it is not set. */
function xclbinPath(): string | undefined {
  const path = process.env['TIERWISE_XCLBIN'];
  return path === undefined || path === '' ? undefined : path;
}

/** TIERWISE_XRT_TIMEOUT_S: longest kernel call in seconds; rejects what is not between 1 and a day. */
function runTimeout(): { readonly runMs?: number } {
  const text = process.env['TIERWISE_XRT_TIMEOUT_S'];
  if (text === undefined || text === '') return {};
  const seconds = Number(text);
  if (!(seconds >= 1 && seconds <= 86_400)) {
    const message = `TIERWISE_XRT_TIMEOUT_S is "${text}", expected seconds from 1 to 86400.`;
    throw new TierwiseError('bad-environment', message, 'Correct it or leave it out.', { category: 'usage' });
  }
  return { runMs: seconds * 1000 };
}

/**
 * The backend of card `index`: the xclbin of TIERWISE_XCLBIN is loaded and the engine has answered the bring-up problem. Rejects with
 * `xrt-no-xclbin` and the codes of docs/xrt.md.
 */
export async function openXrt(environment: Environment, index: number, abort?: AbortFlag): Promise<Backend> {
  const xclbin = xclbinPath();
  if (xclbin === undefined) throw noXclbin(`No xclbin is chosen for card ${index}.`);
  const options = { index, xclbin, workerFile: workerFile(environment), host: xrtHost(), timeouts: runTimeout() };
  const device = await openXrtDevice({ ...options, ...(abort === undefined ? {} : { abort }) }, nodeHost);
  return {
    info: { kind: 'xrt', device: device.info.device, image: device.info.image, note: xrtStatusNote },
    solve: (problem, context) => solveOnDevice(problem, device, context),
    dispose: () => device.dispose(),
  };
}

/** The cards of this machine for `boards`. `probe` as in BoardsParams; nothing is opened unless it is "all" or "xrt:N". */
export async function listXrt(
  environment: Environment,
  probe: string | undefined,
  abort?: AbortFlag,
): Promise<Pick<BoardsDocument, 'xrt' | 'notes'>> {
  const asked = /^xrt:(\d{1,2})$/.exec(probe ?? '');
  const xclbin = xclbinPath();
  const { cards, notes } = await listXrtCards({
    host: xrtHost(),
    workerFile: workerFile(environment),
    ...(xclbin === undefined ? {} : { xclbin }),
    ...(abort === undefined ? {} : { abort }),
    ...(probe === 'all' ? { ask: 'all' as const } : asked === null ? {} : { ask: Number(asked[1]) }),
  });
  return { xrt: cards.map((card) => ({ ...card, answer: boardAnswer(card.answer) })), notes };
}

function boardAnswer(answer: CardAnswer): BoardAnswer {
  if (answer.kind !== 'engine') return answer;
  const { device, lanes, wordBits, accumulatorBits, limbs, maxFeatures, clockHz, image } = answer.info;
  return { kind: 'engine', engine: { device, lanes, wordBits, accumulatorBits, limbs, maxFeatures, clockHz, baud: null, image } };
}
