import { assert } from '../model/error.ts';
import type { EvidenceDocument } from '../protocol/evidence-documents.ts';
import type { Breakdown, EnergyContext } from './cost.ts';
import { breakdown, macOn, staticPart } from './cost.ts';
import data from './data/engine-toggles.json' with { type: 'json' };
import { activitySimulated, evidence } from './evidence.ts';
import type { Band, Quantity } from './quantity.ts';
import { addBand, divideBand, exactBand, joinRefs, scaleBand, sum, timesBand } from './quantity.ts';
import type { EngineCost, LayerFit } from './retraining.ts';
import { engineSolveEnergy } from './retraining.ts';
import { registerToggleJ } from './tables/register-bit.ts';

/** What was counted apart: registers by what they hold, then bits read from and written to memories. */
export const toggleClasses = ['operand', 'product', 'accumulator', 'scaling', 'control', 'ramRead', 'ramWritten'] as const;
export type ToggleClass = (typeof toggleClasses)[number];

/** Clocks of an engine by phase and words over its host port: what a fit record tells of a solve. */
export interface EnginePhases {
  readonly gram: number;
  readonly chol: number;
  /** Substitutions from the last row, and from the first. */
  readonly back: number;
  readonly fsub: number;
  readonly host: number;
}

interface Rate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

interface CountedEngine {
  readonly lanes: number;
  readonly wordBits: number;
  readonly phases: Readonly<Record<keyof EnginePhases, { readonly rates: Readonly<Record<ToggleClass, Rate>> }>>;
}

const counted: readonly CountedEngine[] = data.engines;
const phaseNames = ['gram', 'chol', 'back', 'fsub', 'host'] as const;
const perLane: ReadonlySet<ToggleClass> = new Set(['operand', 'product', 'accumulator', 'ramRead', 'ramWritten']);

/** Where the counts come from, for references. */
export const togglesRef = `register toggles of our RTL in simulation, by phase (energy/data/engine-toggles.json, seed ${data.seed})`;

/**
 * Bits that toggle in an engine's registers, and that its memories read and write, over these phases: the means of the counted problems,
 * low and high those of the problems with fewest and most. From the counted engine of the same word length, else of 18 bits with bits in
 * proportion, with the nearest number of lanes.
 */
export function engineToggles(phases: EnginePhases, lanes: number, wordBits: number): Readonly<Record<ToggleClass, Band>> {
  const engine = nearestEngine(lanes, wordBits);
  const width = wordBits / engine.wordBits;
  const band = (name: ToggleClass): Band => {
    const total = { mean: 0, low: 0, high: 0 };
    for (const phase of phaseNames) {
      const rate = engine.phases[phase].rates[name];
      const units = phases[phase] * width * (perLane.has(name) && phase !== 'host' ? lanes : 1);
      total.mean += units * rate.mean;
      total.low += units * rate.low;
      total.high += units * rate.high;
    }
    return { value: total.mean, low: total.low, high: total.high, source: 'simulated', ref: togglesRef };
  };
  return Object.fromEntries(toggleClasses.map((name) => [name, band(name)])) as Record<ToggleClass, Band>;
}

function nearestEngine(lanes: number, wordBits: number): CountedEngine {
  const same = counted.filter((engine) => engine.wordBits === wordBits);
  const list = same.length > 0 ? same : counted.filter((engine) => engine.wordBits === 18);
  const distance = (engine: CountedEngine): number => Math.abs(Math.log2(engine.lanes / lanes));
  const best = list.reduce<CountedEngine | undefined>((a, b) => (a !== undefined && distance(a) <= distance(b) ? a : b), undefined);
  assert(best !== undefined, 'no engine was counted');
  return best;
}

/** Phases of a solve by its cost; where a record does not tell how the clocks after the Gram divide, they count as factorisation. */
export function enginePhases(engine: EngineCost): EnginePhases {
  const gram = engine.gramCycles ?? 0;
  const chol = engine.cholCycles ?? engine.cycles - gram;
  const back = engine.cholCycles === undefined ? 0 : (engine.backCycles ?? 0);
  return { gram, chol, back, fsub: Math.max(0, engine.cycles - gram - chol - back), host: engine.hostWords };
}

/** Logic, wires and clock of a register over its own energy, but for the multipliers. */
const logicFactor: Band = { value: 2, low: 1, high: 4, source: 'assumed', ref: 'logic behind registers: as much again as they take' };

/**
 * Joules of a direct solve on the engine from what toggles in it, and its parts: multiply-adds by the toggled bits of the products (random
 * operands toggle half of them, which is what the tables price), all registers with the logic behind them, memories by bits read and
 * written, the link by its words, static power over the clocks. Null for a target without an engine. Toggles, bits, clocks and words are
 * simulated; the joules of each come from tables and target, and so every part has the source of the weakest of these. Link and static
 * power are those of the estimate.
 */
export function simulatedEngineEnergy(engine: EngineCost, context: EnergyContext): Breakdown | null {
  const { target } = context;
  const near = target.memories[0];
  if (target.engine === null || near === undefined) return null;
  const { lanes, wordBits } = engine;
  const bits = engineToggles(enginePhases(engine), lanes, wordBits);
  const mac = macOn(target, context, { kind: 'int', weightBits: wordBits, activationBits: wordBits, accumulatorBits: 48 });
  const registers = (['operand', 'product', 'accumulator', 'scaling', 'control'] as const).map((name) => bits[name]).reduce(addBand);
  const perBit = timesBand(timesBand(registerToggleJ, logicFactor), target.arithmeticFactor);
  return breakdown([
    ['compute', timesBand(mac, scaleBand(bits.product, 1 / wordBits))],
    ['registers', timesBand(perBit, registers)],
    ['memory', timesBand(near.energyPerBitJ, addBand(bits.ramRead, bits.ramWritten))],
    ['link', scaleBand(target.engine.linkEnergyPerBitJ, engine.hostWords * wordBits)],
    ...staticPart(target, divideBand(exactBand(engine.cycles, 'simulated', 'engine cycles of the fit record'), target.clockHz)),
  ]);
}

/** What switches alone: neither static power nor the link. */
const switching = ({ components }: Breakdown): Quantity<'J'> =>
  sum(components.filter(({ name }) => name !== 'static' && name !== 'link').map(({ energy }) => energy));

/** A figure whose activity was simulated, said where it is told where it comes from. */
const ofActivity = (figure: Quantity<'J'>): Quantity<'J'> => ({ ...figure, ref: joinRefs(activitySimulated, figure.ref) });

/**
 * The solves of fresh fit records that ran on an engine, by layer id: the cycle-based estimate beside the simulated figure, whole and for
 * what switches alone, because static power may hide the difference. Empty for a target without an engine.
 */
export function engineEvidence(
  fits: ReadonlyMap<string, LayerFit>,
  context: EnergyContext,
): ReadonlyMap<string, readonly EvidenceDocument[]> {
  const found = new Map<string, readonly EvidenceDocument[]>();
  for (const [id, { engine }] of fits) {
    if (engine === null || (engine.source ?? 'simulated') !== 'simulated') continue;
    const estimate = engineSolveEnergy(engine, context);
    const figure = simulatedEngineEnergy(engine, context);
    if (estimate === null || figure === null) continue;
    found.set(id, [
      evidence('direct solve on the engine', estimate.total, { simulated: ofActivity(figure.total) }),
      evidence('switching in it, no static power, no link', switching(estimate), { simulated: ofActivity(switching(figure)) }),
    ]);
  }
  return found;
}
