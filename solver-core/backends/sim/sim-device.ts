import type { AbortFlag, Host } from '../../model/abort.ts';
import { TierwiseError } from '../../model/error.ts';
import { solveWork } from '../engine/cycles.ts';
import type { EngineDevice, EngineInfo } from '../engine/device.ts';
import { FunctionalDevice } from '../engine/functional-device.ts';
import { planLayout } from '../engine/layout.ts';
import { engineInfo } from '../engine/parameters.ts';
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
  /** For people: which level answers, and why. */
  readonly reason: string;
  /** Predicted simulation time of the RTL for all `work`, seconds. */
  readonly predictedS: number;
  /** Measured speed of the simulation, clock cycles per second. */
  readonly rateHz: number;
}

/** Clock cycles (engine and host port) of the RTL for all of `work`. Throws `engine-too-small` when a problem does not fit. */
export function predictCycles(info: EngineInfo, work: readonly SimWork[]): number {
  let cycles = 0;
  for (const { features, outputs, rows } of work) {
    const layout = planLayout(info, features, outputs);
    if (typeof layout === 'string') {
      throw new TierwiseError('engine-too-small', `A layer with ${features} inputs and ${outputs} outputs does not fit the engine: ${layout}.`, 'Solve this layer on the cpu backend.', { category: 'backend' });
    }
    const once = solveWork(info, layout, rows);
    cycles += once.engineCycles + once.hostWords;
  }
  return cycles;
}

/** Measures the simulation on a small problem of its own: some ten thousand cycles, a few tens of milliseconds. */
async function calibrate(device: WasmDevice, abort: AbortFlag | undefined): Promise<void> {
  const problem = { features: 24, outputs: 8, diagonal: new Float64Array(24).fill(2 ** 20) };
  const words = new Int32Array(256 * 32);
  for (let i = 0; i < words.length; i++) words[i] = ((i * 7919) % 8191) - 4095;
  await device.begin(problem, abort);
  await device.accumulate(words, 256, abort);
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
  await calibrate(rtl, options.abort);
  const rateHz = rtl.rate.rateHz(1e6);
  const predictedS = cycles / rateHz;
  const prediction = `${(cycles / 1e6).toPrecision(3)} million cycles at ${(rateHz / 1e6).toPrecision(2)} million per second, about ${predictedS.toPrecision(2)} s`;
  if (level === 'rtl' || (level === 'auto' && predictedS <= limitS)) {
    return { device: rtl, reason: `RTL simulation: ${prediction}`, predictedS, rateHz };
  }
  await rtl.dispose();
  const why = level === 'functional' ? 'chosen' : `the RTL simulation would take ${prediction}, more than ${limitS} s`;
  return { device: new FunctionalDevice(host, image.parameters), reason: `functional model, bit-identical to the RTL: ${why}`, predictedS, rateHz };
}
