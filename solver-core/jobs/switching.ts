import { extname } from 'node:path';
import { macOn } from '../energy/cost.ts';
import { energyContext } from '../energy/estimate.ts';
import { evidence, withEvidence } from '../energy/evidence.ts';
import type { Quantity } from '../energy/quantity.ts';
import { quantity, scaleBand, sum, timesBand } from '../energy/quantity.ts';
import type { EnergyContext } from '../energy/cost.ts';
import { addSwitched, cellNames, scaleSwitched, simulatedUnits, switchedJoules } from '../energy/switching/price.ts';
import type { SwitchedCells } from '../energy/switching/price.ts';
import { TierwiseError, assert } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import type { EnergyDocument, EvidenceDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import type { JobControl } from './job.ts';
import { hasErrorsError, readPlan } from './read-plan.ts';
import type { SwitchedLayer, SwitchingFigures } from './switching-figures.ts';
import { switchingFigures } from './switching-figures.ts';
import type { FoundTargets } from './targets.ts';

/** What the simulated figures are of. */
const ofMacs = 'multiply-adds of one inference';

/**
 * The energy document of a plan with what the multiply-adds of its layers switch on the plan's own rows, simulated gate by gate, beside
 * what the constant tables say of 8-bit multiply-adds. Throws TierwiseError: `switching-needs-plan` for a bare model, `no-8-bit-array`
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
      'Switching is simulated for Conv, Gemm and MatMul layers with stored weights.',
    );
  }
  return described(document, figures, context);
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

function described(document: EnergyDocument, figures: SwitchingFigures, context: EnergyContext): EnergyDocument {
  const { target } = context;
  const { inference } = target.arithmetic;
  const accumulatorBits = inference.kind === 'fixed' ? inference.accumulatorBits : 22;
  const byTables = macOn(target, context, { kind: 'int', weightBits: 8, activationBits: 8, accumulatorBits });
  const own = target.array?.multiplyAddFactor;
  const perMac = own === undefined ? byTables : timesBand(byTables, own);
  const byLayer = new Map<string, EvidenceDocument[]>();
  const estimates: Quantity<'J'>[] = [];
  let total: SwitchedCells | undefined;
  let macs = 0;
  for (const layer of figures.layers) {
    const count = document.layers.find(({ id }) => id === layer.id)?.macs ?? layer.macs;
    const estimate = quantity('J', scaleBand(perMac, count));
    // The document may count another size of a symbolic dimension than the rows have.
    const switched = scaleSwitched(layer.switched, count / layer.macs);
    const ref = layerRef(layer, figures);
    byLayer.set(layer.id, [evidence(ofMacs, estimate, { simulated: switchedJoules(switched, target, context.tables, ref) })]);
    estimates.push(estimate);
    total = total === undefined ? switched : addSwitched(total, switched);
    macs += count;
  }
  assert(total !== undefined, 'no layer was simulated');
  const all = document.layers.length;
  const of = figures.layers.length === all ? ofMacs : `${ofMacs}, ${figures.layers.length} of ${all} layers`;
  const simulated = switchedJoules(total, target, context.tables, `${commonRef(total, figures)}; ${macs} multiply-adds`);
  const skipped = figures.skipped.map(({ id, reason }) => ({
    severity: 'info' as const,
    code: 'switching-layer-skipped',
    message: `The switching of layer ${quoteName(id)} is not simulated: ${reason}.`,
    where: { node: id },
  }));
  const wide = figures.layers
    .filter(({ wrapped }) => wrapped > 0)
    .map(({ id, wrapped }) => ({
      severity: 'warning' as const,
      code: 'switching-sums-wrap',
      message: `${Number((100 * wrapped).toPrecision(2))} % of the sums of layer ${quoteName(id)} do not fit into 22 bits: such an array would compute wrong results for it, and its switching is that of the wrong sums.`,
      where: { node: id },
    }));
  const marked = withEvidence(document, byLayer, [evidence(of, sum(estimates), { simulated })]);
  return {
    ...marked,
    assumptions: [...marked.assumptions, ...assumptionsOf(figures)],
    diagnostics: [...marked.diagnostics, ...skipped, ...wide],
  };
}

function layerRef(layer: SwitchedLayer, figures: SwitchingFigures): string {
  const { simulatedMacs, columns, simulatedColumns, tiles, grouped, rows } = layer;
  const share = simulatedColumns === columns ? 'all units' : `${simulatedColumns} of ${columns} columns`;
  const sign = grouped < 0 ? '−' : '+';
  const error = `${sign}${(100 * Math.abs(grouped)).toFixed(1)} %`;
  return `${commonRef(layer.switched, figures)}; ${share} of ${tiles} ${tiles === 1 ? 'tile' : 'tiles'}, ${rows} moments, ${simulatedMacs} transitions per cell; grouped model ${error} of it`;
}

function commonRef(switched: SwitchedCells, { samples, data, model }: SwitchingFigures): string {
  return `gates of the ${cellNames(switched)} (hdl/mac) on ${samples} rows of ${data} through ${model} as 8-bit integers`;
}

function assumptionsOf({ samples, array, cells, data }: SwitchingFigures): EnergyDocument['assumptions'] {
  return [
    {
      name: 'switching',
      text: `Toggles of a weight-stationary array of ${array.rows} x ${array.columns} units on ${samples} rows of ${data} in a seeded random order; weights in 255 steps per output, inputs as bytes by their range, sums of 22 bits carried from tile to tile. The band covers the constant tables${cells.length > 1 ? ' and both multipliers' : ''}.`,
      dominates: false,
    },
    {
      name: 'not in the switching',
      text: 'Glitches, clock tree, leakage, wires between units, loading of weights, idle units and memories.',
      dominates: false,
    },
  ];
}
