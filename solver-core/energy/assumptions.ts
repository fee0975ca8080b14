import type { EnergyDocument } from '../protocol/documents.ts';
import type { EnergyContext } from './cost.ts';
import { retrainingContext } from './cost.ts';
import type { EvaluateInput, LayerFigures } from './evaluate.ts';
import { evaluateLayers } from './evaluate.ts';
import { mapTarget } from './map-target.ts';
import { arrayText, eventsText, memoryText, range } from './knob-texts.ts';
import type { Band } from './quantity.ts';
import { statements } from './statements.ts';
import type { EnergyTable, EnergyTarget } from './target.ts';
import { tableOperations } from './target.ts';

type Assumption = EnergyDocument['assumptions'][number];

/** A constant or group of constants whose band reaches the figures. */
interface Knob {
  readonly name: string;
  readonly text: string;
  /** `pinned` with this knob's spread taken from `free`. */
  readonly release: (pinned: EvaluateInput, free: EvaluateInput) => EvaluateInput;
}

/** An assumption "dominates" when it makes the largest share of a figure's band and at least this much of it. */
const dominatingShare = 0.3;

const figures = [
  { name: 'inference', pick: (f: LayerFigures) => f.inference },
  { name: 'gradient descent', pick: (f: LayerFigures) => f.sgd },
  { name: 'direct solve', pick: (f: LayerFigures) => f.solve },
] as const;

/**
 * The assumptions behind an estimate, each with its share of the bands: one constant at a time keeps its spread while all
 * others are held at their central value. Statements without a number of their own follow, never dominating. `trainer`: the estimate on
 * the machine that would train.
 */
export function listAssumptions(input: EvaluateInput, trainer: EvaluateInput | null = null): readonly Assumption[] {
  const free = withoutReferences(input);
  const mapped = mapInput(free, pin);
  const pinned: EvaluateInput = { ...mapped, context: withoutTableSpread(mapped.context) };
  const knobs = knobsOf(input);
  const widths = knobs.map((knob) => {
    const layers = evaluateLayers(releaseAll(knob, pinned, free));
    return figures.map(({ pick }) => width(layers, pick));
  });
  const totals = figures.map((_, column) => widths.reduce((total, row) => total + (row[column] ?? 0), 0));
  const largest = figures.map((_, column) => Math.max(...widths.map((row) => row[column] ?? 0)));
  const ranked = knobs.map((knob, index): Assumption & { readonly rank: number } => {
    const row = widths[index] ?? [];
    const shares = row.map((w, column) => ((totals[column] ?? 0) > 0 ? w / (totals[column] ?? 1) : 0));
    const said = figures.flatMap(({ name }, column) =>
      (shares[column] ?? 0) >= 0.05 ? [`${Math.round((shares[column] ?? 0) * 100)} % of the ${name} band`] : [],
    );
    const dominates = shares.some((share, column) => share >= dominatingShare && row[column] === largest[column]);
    return {
      name: knob.name,
      text: `${knob.text}${said.length > 0 ? ` Makes ${said.join(', ')}.` : ''}`,
      dominates,
      rank: Math.max(...shares),
    };
  });
  ranked.sort((a, b) => b.rank - a.rank);
  return [
    ...ranked.map(({ name, text, dominates }) => ({ name, text, dominates })),
    ...statements(input, free, trainer === null ? null : withoutReferences(trainer)),
  ];
}

function width(layers: readonly LayerFigures[], pick: (f: LayerFigures) => LayerFigures['inference']): number {
  return layers.reduce((total, layer) => {
    const q = pick(layer)?.total;
    return q === undefined ? total : total + q.high - q.low;
  }, 0);
}

function pin(band: Band): Band {
  return { ...band, low: band.value, high: band.value };
}

/** Joining references is most of the work of an estimate, and the widths of bands do not need them. */
function bare(band: Band): Band {
  return band.ref === '' ? band : { ...band, ref: '-' };
}

/** The same input with `f` applied to every band but those of the tables. */
/** Releases a knob for inference and, where that is priced on a target of its own, for retraining. */
function releaseAll(knob: Knob, pinned: EvaluateInput, free: EvaluateInput): EvaluateInput {
  const released = knob.release(pinned, free);
  if (pinned.context.retraining === undefined) return released;
  const at = (input: EvaluateInput): EvaluateInput => ({ ...input, context: retrainingContext(input.context) });
  const { target, host, tableSpread } = knob.release(at(pinned), at(free)).context;
  return { ...released, context: { ...released.context, retraining: { target, host, tableSpread } } };
}

function withoutTableSpread(context: EnergyContext): EnergyContext {
  const { retraining } = context;
  return { ...context, tableSpread: false, ...(retraining === undefined ? {} : { retraining: { ...retraining, tableSpread: false } }) };
}

function mapContext(context: EnergyContext, f: (band: Band) => Band): EnergyContext {
  const { retraining } = context;
  const both = <T extends Pick<EnergyContext, 'target' | 'host'>>(part: T): T => ({
    ...part,
    target: mapTarget(part.target, f),
    host: mapTarget(part.host, f),
  });
  return { ...both(context), ...(retraining === undefined ? {} : { retraining: both(retraining) }) };
}

function mapInput(input: EvaluateInput, f: (band: Band) => Band): EvaluateInput {
  const { context, scenario } = input;
  const { fixed, float32, float64 } = scenario.refinementPasses;
  return {
    ...input,
    context: mapContext(context, f),
    scenario: {
      ...scenario,
      rows: f(scenario.rows),
      epochs: f(scenario.epochs),
      optimiserMacsPerWeight: f(scenario.optimiserMacsPerWeight),
      refinementPasses: { fixed: f(fixed), float32: f(float32), float64: f(float64) },
    },
  };
}

function withoutReferences(input: EvaluateInput): EvaluateInput {
  const mapped = mapInput(input, bare);
  const tables = input.context.tables.map((table) => ({
    ...table,
    operations: Object.fromEntries(tableOperations.map((name) => [name, bare(table.operations[name])])) as EnergyTable['operations'],
  }));
  return { ...mapped, context: { ...mapped.context, tables } };
}

function knobsOf(input: EvaluateInput): readonly Knob[] {
  const { target, host, tables } = input.context;
  const { scenario } = input;
  const knobs: (Knob | null)[] = [
    {
      name: 'energy tables',
      text: `Energy per multiply-add from ${tables.map((t) => `${t.id} (${t.process})`).join(' and ')}: geometric mean, band over both.`,
      release: (pinned, free) => ({ ...pinned, context: { ...pinned.context, tableSpread: free.context.tableSpread } }),
    },
    targetKnob(
      target,
      'arithmetic factor',
      'arithmeticFactor',
      `Arithmetic costs ${range(target.arithmeticFactor, '')} times the tables' ASIC on ${target.name}.`,
    ),
    targetKnob(
      target,
      'overhead per MAC',
      'overheadPerMacJ',
      `Beside the arithmetic ${range(target.overheadPerMacJ, 'J')} per multiply-add (instructions, registers).`,
    ),
    target.staticPowerW === null
      ? null
      : targetKnob(target, 'static power', 'staticPowerW', `Static power ${range(target.staticPowerW, 'W')} while the target computes.`),
    target.staticPowerW === null ? null : targetKnob(target, 'clock', 'clockHz', `Clock ${range(target.clockHz, 'Hz')}.`),
    target.staticPowerW === null
      ? null
      : targetKnob(target, 'throughput', 'macsPerCycle', `${range(target.macsPerCycle, '')} multiply-adds finish per cycle.`),
    targetKnob(
      target,
      'memory traffic',
      'refetch',
      `Each byte crosses its memory ${range(target.refetch, '')} times per pass over a layer.`,
    ),
    targetKnob(target, 'memory energy', 'memories', `Energy per bit: ${target.memories.map(memoryText).join(', ')}.`),
    engineKnob(target),
    arrayKnob(target),
    eventsKnob(target, input.activity !== undefined),
    target.engine === null
      ? null
      : {
          name: 'host',
          text: `Refinement runs on the computer beside the board: priced as ${host.name}, ${range(host.overheadPerMacJ, 'J')} beside the arithmetic per multiply-add.`,
          release: (pinned, free) => ({ ...pinned, context: { ...pinned.context, host: free.context.host } }),
        },
    {
      name: 'epochs',
      text:
        scenario.epochs.low < scenario.epochs.high
          ? `Gradient descent takes ${range(scenario.epochs, '')} epochs; give the number from your training log to narrow this.`
          : `Gradient descent takes ${scenario.epochs.value} epochs, as stated.`,
      release: (pinned, free) => ({ ...pinned, scenario: { ...pinned.scenario, epochs: free.scenario.epochs } }),
    },
    {
      name: 'optimiser',
      text: `The optimiser does ${range(scenario.optimiserMacsPerWeight, '')} multiply-adds per weight and step and keeps ${scenario.optimiserStates} values per weight; batch ${scenario.batchRows}.`,
      release: (pinned, free) => ({
        ...pinned,
        scenario: { ...pinned.scenario, optimiserMacsPerWeight: free.scenario.optimiserMacsPerWeight },
      }),
    },
    {
      name: 'refinement passes',
      text: 'Passes that refine a direct solution, where no fit record tells them.',
      release: (pinned, free) => ({ ...pinned, scenario: { ...pinned.scenario, refinementPasses: free.scenario.refinementPasses } }),
    },
  ];
  return knobs.filter((knob) => knob !== null);
}

type TargetField = 'arithmeticFactor' | 'overheadPerMacJ' | 'staticPowerW' | 'clockHz' | 'macsPerCycle' | 'refetch' | 'memories';

function targetKnob(target: EnergyTarget, name: string, field: TargetField, text: string): Knob | null {
  if (field === 'overheadPerMacJ' && target.overheadPerMacJ.high === 0) return null;
  if (field === 'arithmeticFactor' && target.arithmeticFactor.low === target.arithmeticFactor.high) return null;
  return {
    name,
    text,
    release: (pinned, free) => ({
      ...pinned,
      context: { ...pinned.context, target: { ...pinned.context.target, [field]: free.context.target[field] } },
    }),
  };
}

function engineKnob(target: EnergyTarget): Knob | null {
  const { engine } = target;
  if (engine === null) return null;
  return {
    name: 'engine',
    text: `${range(engine.activity, '')} of the lanes multiply in an average engine cycle; the link to the host costs ${range(engine.linkEnergyPerBitJ, 'J')} per bit.`,
    release: (pinned, free) => ({
      ...pinned,
      context: { ...pinned.context, target: { ...pinned.context.target, engine: free.context.target.engine } },
    }),
  };
}

function arrayKnob({ array }: EnergyTarget): Knob | null {
  if (array === undefined) return null;
  const release: Knob['release'] = (pinned, free) =>
    withTarget(pinned, free.context.target.array === undefined ? {} : { array: free.context.target.array });
  return { name: 'array', text: arrayText(array), release };
}

function eventsKnob({ events }: EnergyTarget, areZerosMeasured: boolean): Knob | null {
  if (events === undefined) return null;
  const release: Knob['release'] = (pinned, free) =>
    withTarget(pinned, free.context.target.events === undefined ? {} : { events: free.context.target.events });
  return { name: 'events', text: eventsText(events, areZerosMeasured), release };
}

function withTarget(input: EvaluateInput, fields: Partial<EnergyTarget>): EvaluateInput {
  return { ...input, context: { ...input.context, target: { ...input.context.target, ...fields } } };
}
