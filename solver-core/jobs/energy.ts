import { extname, resolve } from 'node:path';
import { estimateEnergy } from '../energy/estimate.ts';
import { energyTargets } from '../energy/targets/index.ts';
import { TierwiseError } from '../model/error.ts';
import type { Checked } from '../model/diagnostic.ts';
import { quoteName } from '../model/quote.ts';
import type { EnergyDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import { openModel } from './open-model.ts';
import { planEnergy } from './plan-energy.ts';
import { hasErrorsError, readPlan } from './read-plan.ts';

/** Target of a bare model when none is named. */
export const defaultTarget = 'ecp5-85f';

export interface EnergyParams {
  /** A model, or a plan (`.tiers`). */
  readonly path: string;
  /** Unsaved text of the plan. */
  readonly text?: string;
  /** Replaces the plan's target. */
  readonly target?: string;
}

/** Energy per layer of a model or a plan. Throws TierwiseError when there is nothing to estimate. */
export async function energyJob(environment: Environment, params: EnergyParams): Promise<EnergyDocument> {
  if (params.target !== undefined && !energyTargets.has(params.target)) {
    throw new TierwiseError(
      'unknown-target',
      `there is no energy target ${quoteName(params.target)}`,
      `Known targets: ${[...energyTargets.keys()].join(', ')}.`,
      { category: 'usage' },
    );
  }
  const isPlan = extname(params.path) === '.tiers';
  const result = isPlan ? await ofPlan(environment, params) : await ofModel(environment, params);
  if (result.value !== undefined) return result.value;
  const first = result.diagnostics.find((d) => d.severity === 'error');
  if (first === undefined)
    throw new TierwiseError('nothing-to-estimate', `${params.path} gives no energy estimate`, 'Check that the plan names a model.');
  if (isPlan)
    throw hasErrorsError(
      params.path,
      result.diagnostics.filter((d) => d.severity === 'error'),
    );
  throw new TierwiseError(
    first.code,
    `${params.path}: ${first.message}`,
    first.code === 'energy-target-unknown'
      ? 'Name one of the known targets, with --target or in the plan.'
      : 'Repair or re-export the model; `tierwise inspect` lists every finding.',
  );
}

/** The files an energy report reads: the plan, its model and its data, or the model. An output must be none of them. */
export async function energyInputs(params: EnergyParams): Promise<readonly string[]> {
  if (extname(params.path) !== '.tiers') return [resolve(params.path)];
  const { modelPath, dataPath } = await readPlan(params.path, params.text);
  return [resolve(params.path), modelPath, dataPath].filter((path) => path !== null);
}

async function ofPlan(environment: Environment, params: EnergyParams): Promise<Checked<EnergyDocument>> {
  const read = await readPlan(params.path, params.text);
  // A plan with errors still shows what can be known: the layers that were found keep their tiers.
  if (read.plan === undefined || read.modelPath === null) return { value: undefined, diagnostics: read.diagnostics };
  return planEnergy(environment, read, read.plan, params.target);
}

async function ofModel(environment: Environment, params: EnergyParams): Promise<Checked<EnergyDocument>> {
  const opened = await openModel(environment, params.path);
  if (opened.content === undefined) return { value: undefined, diagnostics: opened.diagnostics };
  return estimateEnergy({ layers: opened.content.layers, targetId: params.target ?? defaultTarget, modelPath: opened.path });
}
