import { cpuNumerics } from '../backends/cpu/index.ts';
import { selectWeights } from '../compress/select/select-weights.ts';
import type { SelectControl, SelectOptions, SelectOutcome } from '../compress/select/types.ts';
import { selectModel } from './select-model.ts';
import type { SelectModel, SelectModelRequest } from './select-model.ts';

/**
 * Closed-form selection of a model in a file: binds it to calibration and validation rows and searches. Every choice is made on the
 * validation rows. Rejects with AbortError and with the errors of the runtime.
 */
export async function searchSelectModel(
  request: SelectModelRequest,
  options: SelectOptions,
  control: SelectControl,
): Promise<{ readonly model: SelectModel; readonly outcome: SelectOutcome }> {
  const model = await selectModel(request, control);
  return { model, outcome: await selectWeights(cpuNumerics(), model.problem, options, control) };
}
