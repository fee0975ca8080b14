import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineDevice, UploadPlan } from '../../../../solver-core/backends/engine/device.ts';
import { FunctionalDevice } from '../../../../solver-core/backends/engine/functional-device.ts';
import { solveOnDevice } from '../../../../solver-core/backends/engine/solve-on-device.ts';
import { loadImage } from '../../../../solver-core/backends/sim/load-image.ts';
import { WasmDevice } from '../../../../solver-core/backends/sim/wasm-device.ts';
import { arrayRows } from '../../../../solver-core/fit/ridge/array-rows.ts';
import { defaultImageFolder } from '../../../hdl/images.ts';
import { madeProblem, quiet } from '../../fit/problems.ts';

describe('a solve has the same bits on the simulated RTL as on the functional model', () => {
  let rtl: WasmDevice;
  let model: FunctionalDevice;
  beforeAll(async () => {
    const image = await loadImage(await defaultImageFolder());
    rtl = await WasmDevice.create(image, quiet.host);
    model = new FunctionalDevice(quiet.host, image.parameters);
  });
  afterAll(() => rtl.dispose());

  const cases = [
    { name: 'well conditioned', n: 300, d: 20, k: 5, kappa: 10, lambda: 0.1, says: /^\S+ \+ \d refinement passes$/ },
    {
      name: 'slow in short words',
      n: 300,
      d: 32,
      k: 3,
      kappa: 2.4e4,
      lambda: 0,
      says: /was slow in 18-bit words, so the engine used two limbs/,
    },
    { name: 'too coarse for short words', n: 200, d: 24, k: 3, kappa: 1e6, lambda: 0, says: /so the engine used two limbs/ },
    { name: 'breakdown and weights that outgrow', n: 200, d: 24, k: 3, kappa: 1e8, lambda: 0, says: /broke down.*outgrew/ },
    { name: 'conjugate gradients', n: 200, d: 24, k: 3, kappa: 1e11, lambda: 0, says: /conjugate gradient/ },
    { name: 'one input, one output', n: 9, d: 1, k: 1, kappa: 1, lambda: 0, says: /refinement/ },
    { name: 'fewer rows than inputs', n: 10, d: 17, k: 2, kappa: 10, lambda: 1, says: /refinement/ },
  ];

  test.each(cases)('$name', async ({ n, d, k, kappa, lambda, says }) => {
    const made = madeProblem(n, d, k, 17, { kappa });
    const problem = { source: arrayRows(made.x, made.y, d, k), lambda, bias: true };
    const onRtl = await solveOnDevice(problem, rtl, quiet);
    const onModel = await solveOnDevice(problem, model, quiet);
    expect(Buffer.from(onRtl.w.buffer).equals(Buffer.from(onModel.w.buffer))).toBe(true);
    expect(onRtl.b).toEqual(onModel.b);
    expect(onRtl.engine).toEqual({ ...onModel.engine, level: 'rtl-wasm' });
    expect({ ...onRtl, engine: null, method: '' }).toEqual({ ...onModel, engine: null, method: '' });
    expect(onRtl.method).toBe(onModel.method.replace('functional', 'rtl-wasm'));
    // Each case is there for one way to an answer.
    expect(onModel.method).toMatch(says);
  });

  test('the sums of the host instead of the rows', async () => {
    const made = madeProblem(150, 21, 4, 9);
    const problem = { source: arrayRows(made.x, made.y, 21, 4), lambda: 0.1, bias: true };
    const byRows = await solveOnDevice(problem, rtl, quiet);
    const upload = (): UploadPlan => ({ send: 'gram', bytesRows: 1, bytesGram: 0, seconds: 0 });
    const byGram = await solveOnDevice(problem, withUpload(rtl, upload), quiet);
    expect(byGram.w).toEqual(byRows.w);
    expect(byGram.engine!.gramCycles).toBe(0);
    expect(byGram.engine!.cholCycles).toBe(byRows.engine!.cholCycles);
  });
});

/** The device as one that says what to send. */
function withUpload(device: EngineDevice, upload: () => UploadPlan): EngineDevice {
  return new Proxy(device, {
    get(target, key) {
      if (key === 'upload') return upload;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
