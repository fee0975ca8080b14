import type { MacNetlist } from '../solver-core/energy/switching/netlist.ts';

export declare const cellIds: readonly ['array', 'booth', 'shift'];
export declare function macSources(from?: string): Promise<Readonly<Record<string, string>>>;
export declare function canonicalNetlist(netlist: MacNetlist): string;
export declare function macNetlist(
  cell: string,
  tools: { readonly sources: Readonly<Record<string, string>>; readonly yosys: string },
): Promise<MacNetlist>;
