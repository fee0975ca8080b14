import type { MacNetlist } from '../solver-core/energy/switching/netlist.ts';

export declare function synthesisedNetlists(from?: string): Promise<Readonly<Record<'array' | 'booth' | 'shift', MacNetlist>>>;
