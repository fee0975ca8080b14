import type { AbortFlag, Host } from '../../model/abort.ts';
import { TierwiseError } from '../../model/error.ts';
import type { EngineDevice, EngineInfo } from '../engine/device.ts';
import { FunctionalDevice } from '../engine/functional-device.ts';
import { layoutOrThrow, outputGroupCount } from '../engine/layout.ts';
import { engineInfo } from '../engine/parameters.ts';
import { engineHash } from '../engine/self-test.ts';
import { solveWork } from '../engine/solve-work.ts';
import { loadImage } from './load-image.ts';
import { nodeHost } from './node-host.ts';
import { WasmDevice } from './wasm-device.ts';

/** Above this the functional model answers instead of the simulated RTL. */
export const defaultLimitS = 30;

/** One solve to plan for. */
export interface SimWork {
  readonly features: number;
  readonly outputs: number;
  readonly rows: number;
}

export interface SimOptions {
  /** Folder with engine.wasm and manifest.json. */
  readonly imageFolder: string;
  /** What will be solved, in total, before the device is disposed. */
  readonly work: readonly SimWork[];
  /** 'auto' (default) chooses by predicted time; the others insist. */
  readonly level?: 'auto' | 'rtl' | 'functional';
  /** Longest simulation 'auto' accepts, seconds; default 30. */
  readonly limitS?: number;
  /** Default: this process. */
  readonly host?: Host;
  readonly abort?: AbortFlag;
}

export interface SimChoice {
  readonly device: EngineDevice;
  /** sha256 of the image, whichever level answers: both give its bits. */
  readonly image: string;
  /** For people: which level answers, and why. */
  readonly reason: string;
  /** Predicted simulation time of the RTL for all `work`, seconds. */
  readonly predictedS: number;
  /** Measured speed of the simulation, clock cycles per second. */
  readonly rateHz: number;
}

/**
 * Clock cycles (engine and host port) of the RTL for all of `work`. A layer whose outputs do not fit at once is solved in groups,
 * each with all rows. Throws `engine-too-small` when not even one output fits.
 */
export function predictCycles(info: EngineInfo, work: readonly SimWork[]): number {
  let cycles = 0;
  for (const { features, outputs, rows } of work) {
    const groups = outputGroupCount(info, features, outputs);
    const size = groups === null ? 1 : Math.ceil(outputs / groups);
    for (let first = 0; first < outputs; first += size) {
      const layout = layoutOrThrow(info, features, Math.min(size, outputs - first));
      const once = solveWork(info, layout, rows);
      cycles += once.engineCycles + once.hostWords;
    }
  }
  return cycles;
}

/**
 * Self-test and calibration in one: the bring-up problem on the RTL must hash like the functional model. Repeated once, because
 * the first run also pays for the compilation of the image. Throws `engine-self-test-failed`.
 */
async function checkAndCalibrate(device: WasmDevice, model: FunctionalDevice, host: Host, abort: AbortFlag | undefined): Promise<number> {
  const expected = await engineHash(model, abort);
  let rateHz = 0;
  for (let run = 0; run < 2; run++) {
    const startMs = host.nowMs();
    const hash = await engineHash(device, abort);
    const { gramCycles, cholCycles, backCycles, hostWords } = device.totals;
    rateHz = (gramCycles + cholCycles + backCycles + hostWords) / Math.max(1e-3, (host.nowMs() - startMs) / 1000);
    if (hash !== expected) {
      const message = `The simulated engine answers ${hash} to the bring-up problem, expected ${expected}.`;
      throw new TierwiseError('engine-self-test-failed', message, 'Rebuild the engine image with npm run build:hdl.', {
        category: 'backend',
      });
    }
  }
  return rateHz;
}

/**
 * Opens the simulated engine: the RTL when the predicted time allows it, else the functional model with the same parameters
 * (same bits, same cycle counts). Throws the errors of `loadImage` and `predictCycles`.
 */
export async function openSimDevice(options: SimOptions): Promise<SimChoice> {
  const host = options.host ?? nodeHost;
  const limitS = options.limitS ?? defaultLimitS;
  const level = options.level ?? 'auto';
  const image = await loadImage(options.imageFolder);
  const cycles = predictCycles(engineInfo(image.parameters, 'rtl-wasm', '', image.sha256), options.work);
  const rtl = await WasmDevice.create(image, host);
  const model = new FunctionalDevice(host, image.parameters);
  const rateHz = await checkAndCalibrate(rtl, model, host, options.abort);
  const predictedS = cycles / rateHz;
  const prediction = `${(cycles / 1e6).toPrecision(3)} million cycles at ${(rateHz / 1e6).toPrecision(2)} million per second, about ${predictedS.toPrecision(2)} s`;
  if (level === 'rtl' || (level === 'auto' && predictedS <= limitS)) {
    await model.dispose();
    return { device: rtl, image: image.sha256, reason: `RTL simulation: ${prediction}`, predictedS, rateHz };
  }
  await rtl.dispose();
  const why = level === 'functional' ? 'chosen' : `the RTL simulation would take ${prediction}, more than ${limitS} s`;
  return { device: model, image: image.sha256, reason: `functional model, bit-identical to the RTL: ${why}`, predictedS, rateHz };
}
