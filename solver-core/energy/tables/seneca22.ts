import { assert } from '../../model/error.ts';
import type { Band } from '../quantity.ts';
import type { EventCosts } from '../target.ts';
import table from './seneca22.json' with { type: 'json' };

/** One instruction of an event-driven processor with what one execution costs. */
export interface Instruction {
  readonly id: string;
  readonly text: string;
  readonly energyJ: number;
}

/** The published table per instruction (method 6.5): the only place where these figures stand. */
export const seneca22: { readonly id: string; readonly name: string; readonly ref: string; readonly instructions: readonly Instruction[] } =
  table;

/** How often each instruction runs. */
export type InstructionCounts = Readonly<Record<string, number>>;

/** Joules of so many instructions. Unknown names are our own mistake. */
export function instructionsJ(counts: InstructionCounts): number {
  let sum = 0;
  for (const [id, count] of Object.entries(counts)) {
    const found = seneca22.instructions.find((instruction) => instruction.id === id);
    assert(found !== undefined, `no instruction ${id} in ${seneca22.id}`);
    sum += count * found.energyJ;
  }
  return sum;
}

/** Joules of so many instructions as a band; the ends are the value where they are not told. */
export function instructionsBand(
  counts: InstructionCounts,
  ends: { readonly low?: InstructionCounts; readonly high?: InstructionCounts; readonly note?: string } = {},
): Band {
  const { low = counts, high = counts, note } = ends;
  const what = Object.entries(counts).map(([id, count]) => `${count === 1 ? '' : `${count} `}${id}`);
  const [value, least, most] = [counts, low, high].map(instructionsJ);
  const ref = `${what.join(' + ')} of ${table.name} (Tang et al. 2023, table 8, PMC10326429)${note === undefined ? '' : `, ${note}`}`;
  return { value: value!, low: least!, high: most!, source: 'modelled', ref };
}

/** Cores of a processor of this type that an event may have to reach. */
const cores = 16;

/**
 * What the parts of event-driven inference cost by the table. The low end of an event leaves it out, as the published figure per synaptic
 * operation does; at the high end each of 16 cores receives and captures it.
 */
const senecaCosts: EventCosts = {
  eventJ: instructionsBand(
    { 'evc-capture': 1, 'evc-generate': 1, 'noc-event': 1 },
    {
      low: {},
      high: { 'evc-capture': cores, 'evc-generate': 1, 'noc-event': cores },
      note: `one core receives it; low: left out, as in the published figure per synaptic operation; high: sent to and captured by each of ${cores} cores`,
    },
  ),
  macJ: instructionsBand({ 'mul-fp16': 1, 'add-fp16': 1 }),
  weightLoadJ: instructionsBand({ mld: 1 }),
  stateAccessJ: instructionsBand({ mld: 1, mst: 1 }),
  thresholdJ: instructionsBand(
    { abs: 1, 'gth-fp16': 1 },
    { high: { abs: 1, 'gth-fp16': 1, mld: 1, mst: 1 }, note: 'where the element is sent; high: it is loaded and stored for that' },
  ),
  centreJ: instructionsBand({ 'sub-fp16': 1 }),
};

/** Costs that the `events` section of a target may name, by id of their table. */
export const eventCosts: ReadonlyMap<string, EventCosts> = new Map([[seneca22.id, senecaCosts]]);
