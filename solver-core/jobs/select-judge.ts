import type { SelectCandidate, SelectOutcome, StoredModel } from '../compress/select/types.ts';
import { evaluate } from '../fit/index.ts';
import type { Evaluation, FitRows, ModelRuntime } from '../fit/index.ts';
import { encodeModel } from '../onnx/index.ts';
import type { OnnxModel } from '../onnx/index.ts';
import { contextOf } from './fit-context.ts';
import type { JobControl } from './job.ts';
import type { RunnableModel } from './runnable-model.ts';
import type { SelectCells } from './select-aim.ts';
import { priceLayers } from './select-pricing.ts';
import type { PricedLayer } from './select-pricing.ts';
import { storedModel } from './select-stored.ts';

/** Quality on the held-out rows: of the model as given, with its weights rounded, and with those selected. */
export interface HeldOutQuality {
  readonly given: Evaluation;
  readonly rounded: Evaluation;
  readonly selected: Evaluation;
}

/** The outcome as it is on rows that nothing was chosen by. */
export interface Judged {
  /** In QDQ form. */
  readonly selected: OnnxModel;
  readonly quality: HeldOutQuality;
  /** Energy of every layer with rounded and with selected weights, on the integers that it reads. */
  readonly before: readonly PricedLayer[];
  readonly after: readonly PricedLayer[];
}

/** What judges. */
export interface Judging {
  readonly runnable: RunnableModel;
  readonly heldOut: FitRows;
  readonly cells: SelectCells;
  readonly seed: number;
  readonly runtime: ModelRuntime;
  readonly control: JobControl;
}

/** Runs the QDQ models themselves through ONNX Runtime, and simulates whole tiles of both. Rejects with AbortError. */
export async function judgeOutcome(judging: Judging, { baseline, chosen }: SelectOutcome): Promise<Judged> {
  const { runnable } = judging;
  const [rounded, selected] = [baseline, chosen].map((candidate) => storedModel(runnable.model, runnable.layers, storedOf(candidate)));
  const quality = {
    given: await qualityOf(judging, runnable.model, judging.heldOut, 'evaluating before'),
    rounded: await qualityOf(judging, rounded!, judging.heldOut, 'evaluating int8'),
    selected: await qualityOf(judging, selected!, judging.heldOut, 'evaluating after'),
  };
  const price = (quantised: OnnxModel, candidate: SelectCandidate, stage: string): Promise<readonly PricedLayer[]> =>
    priceLayers({
      quantised,
      layers: runnable.layers,
      stored: storedOf(candidate),
      input: runnable.input,
      data: judging.heldOut,
      runtime: judging.runtime,
      cells: judging.cells.priced,
      seed: judging.seed,
      context: contextOf(judging.control, stage),
    });
  return {
    selected: selected!,
    quality,
    before: await price(rounded!, baseline, 'simulating before'),
    after: await price(selected!, chosen, 'simulating after'),
  };
}

/** Quality of a model on rows, through ONNX Runtime. */
export async function qualityOf(
  { runnable, runtime, control }: Pick<Judging, 'runnable' | 'runtime' | 'control'>,
  model: OnnxModel,
  rows: FitRows,
  stage: string,
): Promise<Evaluation> {
  const runner = await runtime.open(encodeModel(model));
  try {
    return await evaluate(runner, runnable.output, rows, runnable.input, contextOf(control, stage));
  } finally {
    await runner.dispose();
  }
}

function storedOf(candidate: SelectCandidate): StoredModel {
  return new Map(candidate.layers.map(({ stored }) => [stored.id, stored]));
}
