import { stat } from 'node:fs/promises';
import type { EnergyLayer } from '../protocol/index.ts';
import { energyInputs } from './energy.ts';
import type { Environment } from './environment.ts';
import { sha256 } from './files.ts';
import { planEnergy } from './plan-energy.ts';
import { readPlan } from './read-plan.ts';
import type { FoundTargets } from './targets.ts';

/** As many layers as the assumptions are looked for in: each is evaluated once per constant. */
export const maxAssumedLayers = 50;

/** Statements that count the model as a whole; made from some of its layers they would be about another model. */
const wholeModel: ReadonlySet<string> = new Set(['placement', 'break-even', 'break-even across']);

/** The figures of one layer. */
export type LayerFiguresOf = Pick<EnergyLayer, 'macs' | 'inference' | 'retraining'>;

/** Figures of layers by their id in the model, and what they rest on. */
export interface PythonFigures {
  readonly layers: ReadonlyMap<string, LayerFiguresOf>;
  readonly assumptions: readonly string[];
}

/** What the assumptions about `count` layers say, where at most `maxAssumedLayers` of them were looked at. */
export function assumptionTexts(
  assumptions: readonly { readonly name: string; readonly text: string }[],
  count: number,
): readonly string[] {
  if (count <= maxAssumedLayers) return assumptions.map(({ text }) => text);
  const kept = assumptions.filter(({ name }) => !wholeModel.has(name)).map(({ text }) => text);
  return [...kept, `Shares of bands are those of ${maxAssumedLayers} of the ${count} layers.`];
}

/**
 * Figures of a model's layers under the text of a plan that need not be on the disk. Remembered while plan, target and every file that they
 * are read from stay the same: most keystrokes in a Python file change none of them, and a large model takes seconds.
 */
export async function figuresOfPlan(
  environment: Environment,
  plan: { readonly path: string; readonly text: string; readonly modelPath: string },
  target: string,
  found: FoundTargets,
): Promise<PythonFigures> {
  const { path, text, modelPath } = plan;
  const files = await energyInputs({ path, text });
  const stamps = await Promise.all(files.map(stampOf));
  const known = [text, target, files, stamps, [...found.targets], [...found.calibrations]];
  return environment.pythonFigures.get(modelPath, () => compute(environment, path, text, target, found), sha256(JSON.stringify(known)));
}

async function compute(environment: Environment, path: string, text: string, target: string, found: FoundTargets): Promise<PythonFigures> {
  const nothing = { layers: new Map<string, LayerFiguresOf>(), assumptions: [] };
  const read = await readPlan(path, text);
  if (read.plan === undefined) return nothing;
  const { value } = await planEnergy(environment, read, read.plan, target, found, { assumedLayers: maxAssumedLayers });
  if (value === undefined) return nothing;
  const layers = new Map(value.layers.map(({ id, macs, inference, retraining }) => [id, { macs, inference, retraining }]));
  return { layers, assumptions: assumptionTexts(value.assumptions, value.layers.length) };
}

/** Changes whenever the file does; empty when it is not there. */
async function stampOf(path: string): Promise<string> {
  const info = await stat(path, { bigint: true }).catch(() => null);
  return info === null ? '' : `${info.size}:${info.mtimeNs}:${info.ino}`;
}
