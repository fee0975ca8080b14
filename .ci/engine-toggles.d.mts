export declare const toggleClasses: readonly ['operand', 'product', 'accumulator', 'scaling', 'control', 'ramRead', 'ramWritten'];
export type Counters = Readonly<
  Record<string, { readonly clocks: number; readonly counts: Readonly<Record<(typeof toggleClasses)[number], number>> }>
>;
export interface CountingManifest {
  readonly parameters: Readonly<Record<string, number>>;
  readonly wasmSha256: string;
  readonly registers: readonly { readonly name: string; readonly bits: number; readonly kind: (typeof toggleClasses)[number] }[];
}
export declare function countingSource(parameters: Readonly<Partial<Record<string, number>>>): Promise<{
  readonly cpp: string | Uint8Array;
  readonly harness: string;
  readonly defines: readonly string[];
  readonly registers: CountingManifest['registers'];
}>;
export declare function countingKey(parameters: Readonly<Partial<Record<string, number>>>): Promise<string>;
export declare function buildCounting(parameters: Readonly<Partial<Record<string, number>>>, folder: string): Promise<CountingManifest>;
export declare function readCounters(call: unknown): Counters;
export declare function countingFolder(name: string): string;
