import { extname } from 'node:path';
import { energyContext } from '../energy/estimate.ts';
import { activitySimulated, evidence, withEvidence } from '../energy/evidence.ts';
import type { Quantity } from '../energy/quantity.ts';
import { sum } from '../energy/quantity.ts';
import type { EnergyContext } from '../energy/cost.ts';
import { expectedJoules } from '../energy/switching/expected.ts';
import { addSwitched, cellNames, scaleSwitched, simulatedUnits, switchedJoules } from '../energy/switching/price.ts';
import type { SimulatedUnits, SwitchedCells } from '../energy/switching/price.ts';
import { TierwiseError, assert } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { EnergyDocument, EvidenceDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import type { JobControl } from './job.ts';
import { hasErrorsError, readPlan } from './read-plan.ts';
import type { SwitchedLayer, SwitchingFigures } from './switching-figures.ts';
import { switchingFigures } from './switching-figures.ts';
import type { FoundTargets } from './targets.ts';

/**
 * The energy document of a plan with what the multiply-adds of its layers switch on the plan's own rows, simulated gate by gate, beside
 * what the constant tables say of the same units under uniformly random operands. Throws TierwiseError: `switching-needs-plan` for a bare model, `no-8-bit-array`
 * for a target without one, `plan-without-data`, `switching-no-layer` when no layer can be simulated, and those of reading and running.
 */
export async function withSwitching(
  environment: Environment,
  params: { readonly path: string; readonly text?: string },
  document: EnergyDocument,
  found: FoundTargets,
  control: JobControl,
): Promise<EnergyDocument> {
  if (extname(params.path) !== '.tiers')
    throw new TierwiseError(
      'switching-needs-plan',
      'switching is simulated on the rows that a plan names; this is a model',
      'Give a plan with a data line.',
      {
        category: 'usage',
      },
    );
  const context = arrayContext(document.target, found);
  const units = simulatedUnits(context.target);
  assert(typeof units !== 'string', 'a target without array was let through');
  const read = await readPlan(params.path, params.text);
  if (read.plan === undefined || read.modelPath === null) throw hasErrorsError(params.path, read.diagnostics);
  const figures = await switchingFigures(environment, { ...read, plan: read.plan, modelPath: read.modelPath }, units, control);
  if (figures.layers.length === 0) {
    const first = figures.skipped[0];
    throw new TierwiseError(
      'switching-no-layer',
      `no layer of ${read.modelPath} can be simulated${first === undefined ? '' : `: ${quoteName(first.id)}, ${first.reason}`}`,
      first?.advice ?? 'Switching is simulated for Conv, Gemm and MatMul layers with stored weights.',
    );
  }
  return described(document, figures, context, units);
}

/** Tables and target; throws unless the target has an array whose units were simulated. */
function arrayContext(id: string, found: FoundTargets): EnergyContext {
  const context = energyContext(id, found.targets).value;
  assert(context !== undefined, `no target ${id}`);
  const units = simulatedUnits(context.target);
  if (typeof units !== 'string') return context;
  const others = [...found.targets.values()].filter((target) => typeof simulatedUnits(target) !== 'string').map((target) => target.id);
  throw new TierwiseError(
    'no-8-bit-array',
    `the multiply-adds of target ${quoteName(id)} cannot be simulated: ${units}`,
    others.length === 0
      ? 'Choose a target with an array of 8-bit multiply-add units.'
      : `Targets that can: ${others.join(', ')}, with --target.`,
    { category: 'usage' },
  );
}

function described(
  document: EnergyDocument,
  figures: SwitchingFigures,
  { target, tables }: EnergyContext,
  units: SimulatedUnits,
): EnergyDocument {
  const byLayer = new Map<string, EvidenceDocument[]>();
  const estimates: Quantity<'J'>[] = [];
  let total: SwitchedCells | undefined;
  let macs = 0;
  const joules = `${activitySimulated} ${tables.map(({ id }) => id).join(', ')}`;
  for (const layer of figures.layers) {
    const count = document.layers.find(({ id }) => id === layer.id)?.macs ?? layer.macs;
    const estimate = expectedJoules(units, count, target, tables);
    // The document may count another size of a symbolic dimension than the rows have.
    const switched = scaleSwitched(layer.switched, count / layer.macs);
    const ref = `${layerRef(layer, figures)}; ${joules}`;
    byLayer.set(layer.id, [evidence(whatOf([layer]), estimate, { simulated: switchedJoules(switched, target, tables, ref) })]);
    estimates.push(estimate);
    total = total === undefined ? switched : addSwitched(total, switched);
    macs += count;
  }
  assert(total !== undefined, 'no layer was simulated');
  const all = document.layers.length;
  const of = `${whatOf(figures.layers)}${figures.layers.length === all ? '' : `, ${figures.layers.length} of ${all} layers`}`;
  const simulated = switchedJoules(total, target, tables, `${commonRef(total, figures)}; ${macs} multiply-adds; ${joules}`);
  const marked = withEvidence(document, byLayer, [evidence(of, sum(estimates), { simulated })]);
  return {
    ...marked,
    assumptions: [...marked.assumptions, ...assumptionsOf(figures)],
    diagnostics: [...marked.diagnostics, ...findings(figures)],
  };
}

/** What the figures of these layers are of, and what streams through the loaded weights. */
function whatOf(layers: readonly SwitchedLayer[]): string {
  const streams = [...new Set(layers.map((layer) => layer.streams))];
  return `multiply-adds of one inference, ${streams.length === 1 ? `${streams[0]!} ` : ''}streaming`;
}

/** Layers that were not simulated, and those whose sums are too wide. */
function findings({ skipped, layers }: SwitchingFigures): readonly Diagnostic[] {
  const left = skipped.map(({ id, reason, advice }) => ({
    severity: 'info' as const,
    code: 'switching-layer-skipped',
    message: `The switching of layer ${quoteName(id)} is not simulated: ${reason}.${advice === undefined ? '' : ` ${advice}`}`,
    where: { node: id },
  }));
  const wide = layers
    .filter(({ wrapped }) => wrapped > 0)
    .map(({ id, wrapped }) => ({
      severity: 'warning' as const,
      code: 'switching-sums-wrap',
      message: `${Number((100 * wrapped).toPrecision(2))} % of the sums of layer ${quoteName(id)} do not fit into 22 bits: such an array would compute wrong results for it, and its switching is that of the wrong sums.`,
      where: { node: id },
    }));
  return [...left, ...wide];
}

function layerRef(layer: SwitchedLayer, figures: SwitchingFigures): string {
  const { simulatedMacs, columns, simulatedColumns, inputs, simulatedInputs, tiles, grouped, rows } = layer;
  const some = [
    ...(simulatedInputs === inputs ? [] : [`${simulatedInputs} of ${inputs} inputs`]),
    ...(simulatedColumns === columns ? [] : [`${simulatedColumns} of ${columns} columns`]),
  ];
  const share = some.length === 0 ? 'all units' : some.join(' and ');
  const sign = grouped < 0 ? '−' : '+';
  const error = `${sign}${(100 * Math.abs(grouped)).toFixed(1)} %`;
  return `${commonRef(layer.switched, figures)}; ${share} of ${tiles} ${tiles === 1 ? 'tile' : 'tiles'}, ${rows} moments, ${simulatedMacs} transitions per cell; grouped model ${error} of it`;
}

function commonRef(switched: SwitchedCells, { samples, data, model }: SwitchingFigures): string {
  return `gates of the ${cellNames(switched)} (hdl/mac) on ${samples} rows of ${data} through ${model} as 8-bit integers`;
}

function assumptionsOf({ samples, array, cells, data, layers }: SwitchingFigures): EnergyDocument['assumptions'] {
  const dense = layers.some(({ streams }) => streams === 'samples');
  return [
    {
      name: 'switching',
      text: `Toggles of a weight-stationary array of ${array.rows} x ${array.columns} units on ${samples} rows of ${data} in a seeded random order; weights in 255 steps per output, inputs as bytes by their range, sums of 22 bits carried from tile to tile. The band covers the constant tables${cells.length > 1 ? ' and both multipliers' : ''}.`,
      dominates: false,
    },
    ...(dense
      ? [
          {
            name: 'streaming',
            text: 'As if inferences stream through loaded weights: layers with one position per inference see successive samples. A single inference loads the weights of such a layer first; that is in the figure of the layer on the array.',
            dominates: false,
          },
        ]
      : []),
    {
      name: 'estimate beside the switching',
      text: 'The estimate prices the same units under uniformly random operands, its low end those that switch 0.28 of it (bench/results/switching.md). How far it lies above the simulated figure says how quiet weights and data are, rather than how wrong a formula is.',
      dominates: false,
    },
    {
      name: 'not in the switching',
      text: 'Glitches (up to 2.3 to 3.4 times a multiplier cell that is not balanced, 1.5 times a shifter), clock (about 0.3 of a multiplier cell, 0.6 of a shifter), leakage, wires between units, loading of weights, idle units and memories.',
      dominates: false,
    },
  ];
}
