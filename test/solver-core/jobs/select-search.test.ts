import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SelectOutcome } from '../../../solver-core/compress/select/types.ts';
import { macCell } from '../../../solver-core/energy/switching/gate-simulation.ts';
import { evaluate, splitRows } from '../../../solver-core/fit/index.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { openModel } from '../../../solver-core/jobs/open-model.ts';
import { openRows } from '../../../solver-core/jobs/open-rows.ts';
import { runnableModel } from '../../../solver-core/jobs/runnable-model.ts';
import type { SelectModel, SelectModelRequest } from '../../../solver-core/jobs/select-model.ts';
import { searchPrice } from '../../../solver-core/jobs/select-savings.ts';
import { searchSelectModel } from '../../../solver-core/jobs/select-search.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { projectRoot } from '../../shared.ts';
import { quiet } from '../fit/problems.ts';

const options = { bits: 8, values: { kind: 'all' }, maxDrop: 0.01, seed: 1, maxPoints: 2, inputLevels: [256, 32] } as const;

/** A trained network for the rows of the example, which are split in two. */
async function digits(): Promise<SelectModelRequest> {
  const opened = await openModel(createEnvironment('test', 'dist/cli.cjs'), join(projectRoot, 'test/fixtures/onnx/mlp_digits.onnx'));
  const data = await openRows(join(projectRoot, 'examples/digits/digits.npz'), {});
  const { fit, heldOut } = splitRows(data.rows.rows, 2 / 3, 1);
  return {
    ...runnableModel(opened),
    calibration: data.take(fit),
    validation: data.take(heldOut),
    cell: macCell('array'),
    price: searchPrice('array'),
    runtime: ortRuntime(),
    seed: 1,
  };
}

describe('selection on digits', () => {
  let request: SelectModelRequest;
  let found: { readonly model: SelectModel; readonly outcome: SelectOutcome };
  beforeAll(async () => {
    request = await digits();
    found = await searchSelectModel(request, options, quiet);
  }, 60_000);

  test('saves energy within the allowed drop', () => {
    const { chosen, original } = found.outcome;
    expect(chosen.allowed).toBe(true);
    expect(chosen.saving).toBeGreaterThan(0.4);
    expect(chosen.assessment.quality).toBeGreaterThanOrEqual(original.quality - options.maxDrop - Number.EPSILON);
  });

  test('its quality is that of the model it encodes, in ONNX Runtime', async () => {
    const { chosen } = found.outcome;
    const bytes = found.model.encode(new Map(chosen.layers.map(({ stored }) => [stored.id, stored])));
    const runner = await request.runtime.open(bytes);
    const { value } = await evaluate(runner, request.output, request.validation, request.input, quiet);
    await runner.dispose();
    expect(value).toBe(chosen.assessment.quality);
  });

  test('knows which outputs matter', () => {
    for (const { sensitivity, outputs } of found.model.problem.layers) {
      expect(sensitivity).toHaveLength(outputs);
      expect(new Set(sensitivity).size).toBeGreaterThan(1);
    }
  });

  test('gives the same weights again', async () => {
    const again = await searchSelectModel(request, options, quiet);
    expect(again.outcome.chosen.layers.map(({ stored }) => [...stored.integers])).toEqual(
      found.outcome.chosen.layers.map(({ stored }) => [...stored.integers]),
    );
  }, 60_000);
});
