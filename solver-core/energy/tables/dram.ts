import { assert } from '../../model/error.ts';
import type { Band } from '../quantity.ts';
import { Reader } from '../target-reader.ts';
import dram from './dram.json' with { type: 'json' };

/** A kind of DRAM with its energy per bit, interface as the source counts it. */
export interface DramType {
  readonly id: string;
  readonly name: string;
  readonly energyPerBitJ: Band;
}

/** The kinds of DRAM that a target may name, by id. */
export const dramTypes: ReadonlyMap<string, DramType> = new Map(dram.types.map((json) => [json.id, checked(json)]));

function checked(json: (typeof dram.types)[number]): DramType {
  const reader = new Reader('energy/tables/dram.json', 'energy-table-invalid');
  const root = reader.object(json, json.id);
  const type = {
    id: reader.text(root, 'id'),
    name: reader.text(root, 'name'),
    energyPerBitJ: reader.band(root, 'energyPerBitJ', 'operation', `${json.id}.`),
  };
  assert(reader.diagnostics.length === 0, reader.diagnostics.map((d) => d.message).join(' '));
  return type;
}
