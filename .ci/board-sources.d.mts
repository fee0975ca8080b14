export interface BoardFacts {
  readonly name: string;
  readonly part: string;
  readonly family: 'ice40' | 'ecp5' | 'xc7';
  readonly clockHz: number;
  readonly baud: number;
  readonly usb: { readonly vid: string; readonly pid: string; readonly serialInterface: number };
  readonly pinsFrom: string;
  readonly parameters: Readonly<Record<'N' | 'DW' | 'AW' | 'OPERAND_DEPTH' | 'GRAM_DEPTH' | 'MAX_FEATURES' | 'LIMBS', number>>;
  readonly multipliers?: { readonly map: string; readonly name: string; readonly width: number };
  readonly synthesis: string;
  readonly constraints?: string;
  readonly place?: { readonly tool: string; readonly arguments: readonly string[]; readonly constraints: string };
  readonly status: Readonly<Record<string, string>>;
}
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}
export declare function readBoards(from?: string): Promise<Readonly<Record<string, BoardFacts>>>;
export declare function designSources(topPath: string, family: string, from?: string): Promise<readonly SourceFile[]>;
export declare function designHash(sources: readonly SourceFile[], ...others: readonly unknown[]): string;
