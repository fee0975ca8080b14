import { describe, expect, it } from 'vitest';
import type { InspectDocument, InspectLayer } from '../../solver-core/protocol/index.ts';
import { newPlanText } from '../../extension/plan-text.ts';
import { inspect } from './fixtures.ts';

const layer = (id: string, op: string): InspectLayer => ({
  id,
  op,
  inputShape: null,
  outputShape: null,
  macs: 1,
  parameters: 1,
  weightBytes: 4,
  weight: 'w',
  fitted: null,
});
const model = (...layers: InspectLayer[]): InspectDocument => ({ ...inspect, layers });

describe('text of a new plan', () => {
  it('solves dense layers and convolutions but the last, which learns; everything else stays frozen', () => {
    const text = newPlanText({
      modelFile: 'm.onnx',
      dataFile: 'm.npz',
      inspect: model(layer('c', 'Conv'), layer('r', 'GRU'), layer('a', 'Gemm'), layer('b', 'MatMul'), layer('h', 'Gemm')),
    });
    expect(text).toMatchInlineSnapshot(`
      "model "m.onnx"
      data "m.npz" inputs x labels y split 0.8 seed 1

      target "ecp5-85f"    // whose energy is estimated
      backend sim          // where the solve runs: sim | cpu

      lower tier filters {
        layers "c"
        solve ridge
        targets pca
      }

      lower tier features {
        layers "a",
               "b"
        solve ridge
        targets forward-projection seed 7
      }

      upper tier head {
        layers "h"
        learn rls forgetting 1.0
      }
      "
    `);
  });

  it('solves the only dense layer for the labels', () => {
    const text = newPlanText({ modelFile: 'm.onnx', dataFile: undefined, inspect: model(layer('h', 'Gemm')) });
    expect(text).toContain('targets labels');
    expect(text).not.toContain('upper tier');
    expect(text).toContain('// data "rows.npz"');
  });

  it('says so when there is nothing to solve', () => {
    expect(newPlanText({ modelFile: 'm.onnx', dataFile: undefined, inspect: model(layer('c', 'GRU')) })).toContain('// No dense layer');
    expect(newPlanText({ modelFile: 'm.onnx', dataFile: undefined, inspect: model(layer('a', 'Conv'), layer('b', 'Conv')) })).toMatch(
      /lower tier head \{\n {2}layers "b"/,
    );
  });

  it('keeps names inside their quotes', () => {
    const text = newPlanText({
      modelFile: 'a"b\\c.onnx',
      dataFile: undefined,
      inspect: model(layer('x"\n}\nbudget 1 J per inference //', 'Gemm')),
    });
    expect(text).toContain('model "a\\"b\\\\c.onnx"');
    expect(text).toContain('layers "x\\"\\n}\\nbudget 1 J per inference //"');
  });
});
