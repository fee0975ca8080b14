import { assert } from '../../model/error.ts';
import type { EnergyTarget } from '../target.ts';
import { validateTarget } from '../validate-target.ts';
import ecp5 from './ecp5-85f.json' with { type: 'json' };
import eyeriss from './eyeriss-168.json' with { type: 'json' };
import gpuClass from './gpu-class.json' with { type: 'json' };
import mcuClass from './mcu-class.json' with { type: 'json' };
import seneca from './seneca-type.json' with { type: 'json' };
import serverCpu from './server-cpu.json' with { type: 'json' };
import shiftOnly from './shift-only-64x64.json' with { type: 'json' };
import systolic from './systolic-64x64.json' with { type: 'json' };
import up5k from './up5k.json' with { type: 'json' };
import xc7a100t from './xc7a100t.json' with { type: 'json' };

/** The targets that ship with Tierwise, by id. */
export const energyTargets: ReadonlyMap<string, EnergyTarget> = new Map(
  [ecp5, up5k, xc7a100t, systolic, shiftOnly, eyeriss, seneca, mcuClass, serverCpu, gpuClass].map((json) => [
    json.id,
    checked(json, json.id),
  ]),
);

/** The target of a plan or command that names none. */
export const defaultTargetId = 'ecp5-85f';

function checked(json: unknown, id: string): EnergyTarget {
  const { value, diagnostics } = validateTarget(json, `energy/targets/${id}.json`);
  assert(value !== undefined, `${id}: ${diagnostics.map((d) => d.message).join(' ')}`);
  return value;
}
