import { assert } from '../../model/error.ts';
import type { EnergyTable } from '../target.ts';
import { validateTable } from '../validate-target.ts';
import aladdin40 from './aladdin40.json' with { type: 'json' };
import horowitz45 from './horowitz45.json' with { type: 'json' };

/** Every published table we compute with. No figure rests on one of them alone: they disagree by up to 18 times. */
export const energyTables: readonly EnergyTable[] = [checked(horowitz45, 'horowitz45'), checked(aladdin40, 'aladdin40')];

function checked(json: unknown, name: string): EnergyTable {
  const { value, diagnostics } = validateTable(json, `energy/tables/${name}.json`);
  assert(value !== undefined, `${name}: ${diagnostics.map((d) => d.message).join(' ')}`);
  return value;
}
