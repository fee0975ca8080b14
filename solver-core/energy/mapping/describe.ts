import type { MappingDocument } from '../../protocol/documents.ts';
import type { Mapping } from './bits.ts';
import { bitsAt } from './bits.ts';
import type { Dim, Nest } from './nest.ts';
import { operands, steps, tileOf } from './nest.ts';
import type { Level } from './traffic.ts';
import { levels } from './traffic.ts';

const levelNames: Readonly<Record<Level, string>> = { registers: 'registers', array: 'array', buffer: 'buffer', dram: 'off-chip' };

/**
 * The mapping of a layer on an array of `rows` x `columns` units, for the energy document. Its traffic is what costs an access: without
 * `chargeArrivals`, words that only arrive or leave are part of a transfer that is counted already.
 */
export function mappingDocument(
  mapping: Mapping,
  array: { readonly rows: number; readonly columns: number; readonly chargeArrivals: boolean },
  waits: Waits = { cycles: mapping.traffic.cycles, for: null },
): MappingDocument {
  const { traffic, nest } = mapping;
  const held = array.chargeArrivals ? 1 : 0;
  return {
    dataflow: nest.pass.dataflow,
    text: waits.for === null ? mappingText(mapping) : `${mappingText(mapping)}; waits for ${waits.for}`,
    utilisation: traffic.macs / (array.rows * array.columns * waits.cycles),
    cycles: waits.cycles,
    traffic: levels.map((level) => {
      const counts = operands.map((operand) => bitsAt(mapping, level, operand));
      return {
        level: levelNames[level],
        readBits: counts.reduce((sum, c) => sum + c.reads + held * c.departures, 0),
        writeBits: counts.reduce((sum, c) => sum + c.writes + held * c.arrivals, 0),
      };
    }),
  };
}

/** Cycles of a layer, and the name of the memory that makes them more than the array needs, if one does. */
export interface Waits {
  readonly cycles: number;
  readonly for: string | null;
}

/** For people: passes of the array, then the tiles of the buffer and the order of the loops over them; before them what does not fit. */
export function mappingText(mapping: Mapping): string {
  const { nest } = mapping;
  const misfit = misfitText(mapping);
  return [
    ...(misfit === null ? [] : [misfit]),
    passText(nest),
    ...(nest.shape.groups > 1 ? [`${nest.shape.groups} groups in turn`] : []),
    ...(misfit === null ? [bufferText(mapping)] : []),
  ].join('; ');
}

function passText({ pass, shape }: Nest): string {
  const positions = shape.images * shape.rows.outputs * shape.columns.outputs;
  const products = shape.channels * shape.rows.kernel * shape.columns.kernel;
  switch (pass.dataflow) {
    case 'weight-stationary':
      return `${Math.ceil(products / pass.rows)} x ${Math.ceil(shape.outputs / pass.columns)} tiles of ${pass.rows} x ${pass.columns}, ${count(positions, 'position')} each`;
    case 'output-stationary':
      return `${Math.ceil(positions / pass.rows)} x ${Math.ceil(shape.outputs / pass.columns)} tiles of ${pass.rows} x ${pass.columns}, ${count(products, 'product')} each`;
    case 'row-stationary':
      return (
        `${count(pass.channelSets * pass.filterSets, 'set')} of ${pass.kernelRows} x ${Math.min(pass.strip, shape.rows.outputs)} units ` +
        `(${pass.filterSets} by filter, ${pass.channelSets} by channel), ${count(pass.filters, 'filter')} and ${count(pass.channels, 'channel')} in each unit`
      );
  }
}

/** Why a mapping is not one that the array could run; null when it could. */
export function misfitText({ misfit }: Pick<Mapping, 'misfit'>): string | null {
  if (misfit === null) return null;
  return misfit === 'buffer'
    ? 'one tile does not fit the buffer; counted as if it did'
    : 'a kernel row is wider than the registers of a unit; counted as if it did not matter';
}

function bufferText({ nest, resident }: Mapping): string {
  const loops = nest.outer.filter((loop) => steps(nest, loop.dim) > 1);
  const kept = resident.weights ? 'everything stays in the buffer' : resident.activations ? 'activations stay in the buffer' : null;
  const once = loops.length === 0 ? 'each word crosses DRAM once' : null;
  const order = loops.map((loop) => `${steps(nest, loop.dim)} x ${count(tileOf(nest, loop.dim), nouns[loop.dim])}`).join(' > ');
  const tiles = loops.length === 0 ? null : `tiles in the buffer, outermost loop first: ${order}`;
  return [kept, kept === null ? once : null, tiles].filter((part) => part !== null).join('; ') || 'the layer is one tile';
}

const nouns: Readonly<Record<Dim, string>> = { images: 'image', outputs: 'output', channels: 'channel', rows: 'row' };

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
