import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

  test.each([
    { name: 'well conditioned', n: 300, d: 20, k: 5, kappa: 10, lambda: 0.1 },
    { name: 'conjugate gradients', n: 200, d: 24, k: 3, kappa: 1e6, lambda: 0 },
    { name: 'breakdown', n: 200, d: 24, k: 3, kappa: 1e9, lambda: 0 },
    { name: 'one input, one output', n: 9, d: 1, k: 1, kappa: 1, lambda: 0 },
    { name: 'fewer rows than inputs', n: 10, d: 17, k: 2, kappa: 10, lambda: 1 },
  ])('$name', async ({ n, d, k, kappa, lambda }) => {
    const made = madeProblem(n, d, k, 17, { kappa });
    const problem = { source: arrayRows(made.x, made.y, d, k), lambda, bias: true };
    const onRtl = await solveOnDevice(problem, rtl, quiet);
    const onModel = await solveOnDevice(problem, model, quiet);
    expect(Buffer.from(onRtl.w.buffer).equals(Buffer.from(onModel.w.buffer))).toBe(true);
    expect(onRtl.b).toEqual(onModel.b);
    expect(onRtl.engine).toEqual({ ...onModel.engine, level: 'rtl-wasm' });
    expect({ ...onRtl, engine: null, method: '' }).toEqual({ ...onModel, engine: null, method: '' });
    expect(onRtl.method).toBe(onModel.method.replace('functional', 'rtl-wasm'));
  });
});
