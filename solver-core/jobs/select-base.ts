import { basename } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Layer } from '../model/layer.ts';
import type { Plan } from '../model/plan.ts';
import { quantiseFindings, readTensor, whyNotQuantisable } from '../onnx/index.ts';
import type { Environment } from './environment.ts';
import { findFit } from './last-fit.ts';
import type { OpenedModel } from './open-model.ts';
import { openModel } from './open-model.ts';
import { defaultFittedPath } from './outputs.ts';
import type { ReadPlan } from './read-plan.ts';
import { runnableModel } from './runnable-model.ts';
import type { RunnableModel } from './runnable-model.ts';
import { whyTooLarge } from './select-size.ts';

/** The model whose weights are chosen. */
export interface SelectBase {
  readonly opened: OpenedModel;
  readonly runnable: RunnableModel;
  /** Layers whose weights can become integers, in graph order. */
  readonly layers: readonly Layer[];
  /** The others, with the reason as the end of "left as it is: …". */
  readonly left: readonly { readonly layer: Layer; readonly reason: string }[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The plan's fitted model where there is one that still belongs to it, else the plan's model. Throws `no-quantisable-layer`,
 * `opset-not-raised`, and the codes of `runnableModel`.
 */
export async function selectBase(environment: Environment, read: ReadPlan, plan: Plan, modelPath: string): Promise<SelectBase> {
  const found = await findFit(environment, read, plan);
  const isFitted = found !== null && !found.stale;
  const path = isFitted ? defaultFittedPath(modelPath) : modelPath;
  const opened = await openModel(environment, path);
  const runnable = runnableModel(opened);
  const layers: Layer[] = [];
  const left: { layer: Layer; reason: string }[] = [];
  for (const layer of runnable.layers) {
    const reason = whyNotQuantisable(runnable.model, layer) ?? whyTooLarge(layer) ?? whyNotFinite(runnable, layer);
    if (reason === null) layers.push(layer);
    else left.push({ layer, reason });
  }
  if (layers.length === 0) throw nothingToSelect(path, left);
  const against = quantiseFindings(runnable.model)[0];
  if (against !== undefined) {
    const message = against.message.replace(/ Export the model again.*$/, '');
    throw new TierwiseError(against.code, `${path}: ${message}`, 'Export the model again with operator set 13 or later.');
  }
  return { opened, runnable, layers, left, diagnostics: [baseFinding(read.path, plan, path, found === null, isFitted)] };
}

/** Why a layer's numbers stand against it, as the end of a sentence; null when they do not. */
function whyNotFinite({ model }: RunnableModel, { weight, bias }: Layer): string | null {
  for (const [name, what] of [[weight, 'weights'] as const, [bias, 'biases'] as const]) {
    if (name === null) continue;
    const { value } = readTensor(model, name);
    if (value === undefined) return `its ${what} cannot be read`;
    if (!value.data.every((v) => Number.isFinite(v))) return `its ${what} are not all finite numbers`;
  }
  return null;
}

function nothingToSelect(path: string, left: SelectBase['left']): TierwiseError {
  const [first] = left;
  const why = first === undefined ? 'it has no layers' : `${JSON.stringify(first.layer.id)}: ${first.reason}`;
  const more = left.length > 1 ? ` (and ${left.length - 1} more)` : '';
  const isDone = first !== undefined && /stored as u?int/.test(first.reason);
  return new TierwiseError(
    'no-quantisable-layer',
    `${path} has no layer whose weights can be selected; ${why}${more}`,
    isDone
      ? 'Its weights are integers already. Select from the floating-point model that they came from.'
      : first !== undefined && / MiB are allowed/.test(first.reason)
        ? 'Give a model with smaller layers or smaller inputs.'
        : 'Give a model with Gemm, MatMul or Conv layers whose weights are stored as float32.',
  );
}

function baseFinding(plan: string, { lower, upper }: Plan, path: string, isAbsent: boolean, isFitted: boolean): Diagnostic {
  const where = { path: plan };
  const name = basename(path);
  if (isFitted) return { severity: 'info', code: 'selection-base', message: `Selects from the fitted model ${name}.`, where };
  const message = `Selects from the plan's model ${name}`;
  if (lower.length + upper.length === 0) return { severity: 'info', code: 'selection-base', message: `${message}.`, where };
  const why = isAbsent ? 'no fit of it was found' : 'plan, model or data changed since its fit';
  return {
    severity: 'warning',
    code: 'tiers-not-fitted',
    message: `${message}: ${why}. Run \`tierwise fit\` first to select from its fitted weights.`,
    where,
  };
}
