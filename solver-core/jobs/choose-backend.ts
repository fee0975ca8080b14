import { cpuBackend } from '../backends/cpu/index.ts';
import { solveOnDevice } from '../backends/engine/solve-on-device.ts';
import { openSimDevice } from '../backends/sim/sim-device.ts';
import type { SimWork } from '../backends/sim/sim-device.ts';
import type { Backend } from '../fit/backend.ts';
import type { AbortFlag } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { BackendChoice } from '../model/plan.ts';
import type { ProgressEvent } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import { nodeHost } from './host.ts';
import { openSerialBackend } from './serial.ts';
import { openXrt } from './xrt.ts';

/** The backend of a plan, or the one named on the command line. */
export function backendChoice(named: string | undefined, planned: BackendChoice): BackendChoice {
  if (named === undefined || named === '') return planned;
  if (named === 'cpu' || named === 'sim') return { kind: named };
  const port = /^serial(?::(.+))?$/s.exec(named);
  if (port !== null) return { kind: 'serial', port: port[1] ?? 'auto' };
  const card = /^xrt(?::(\d{1,2}))?$/.exec(named);
  if (card !== null) return { kind: 'xrt', device: Number(card[1] ?? 0) };
  throw new TierwiseError('unknown-backend', `there is no backend "${named}"`, 'Use cpu, sim, serial:PORT or xrt:0.', {
    category: 'usage',
  });
}

/** Opens a backend for the given solves. Throws TierwiseError when it cannot be had. */
export async function openBackend(
  environment: Environment,
  choice: BackendChoice,
  work: readonly SimWork[],
  abort?: AbortFlag,
  onProgress?: (event: ProgressEvent) => void,
): Promise<Backend> {
  if (choice.kind === 'cpu') return cpuBackend();
  if (choice.kind === 'sim') return openSim(environment, work, abort);
  if (choice.kind === 'xrt') return openXrt(environment, choice.device, abort);
  return openSerialBackend(choice.port, work, { abort, onProgress });
}

async function openSim(environment: Environment, work: readonly SimWork[], abort?: AbortFlag): Promise<Backend> {
  const { device, reason, image } = await openSimDevice({
    imageFolder: environment.engineFolder,
    work,
    host: nodeHost,
    ...(abort === undefined ? {} : { abort }),
  });
  // The functional model answers with the bits of this very image (checked when it is opened), so both levels name the image: which
  // one ran depends on the speed of the machine, and the fitted file must not.
  return {
    info: { kind: 'sim', device: device.info.device, image, note: reason },
    solve: (problem, context) => solveOnDevice(problem, device, context),
    dispose: () => device.dispose(),
  };
}
