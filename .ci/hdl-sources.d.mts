export declare const root: string;
export declare const rtlSources: readonly string[];
export declare const harnessSource: string;
export declare const top: string;
export declare const defaultParameters: Readonly<
  Record<'N' | 'DW' | 'AW' | 'OPERAND_DEPTH' | 'GRAM_DEPTH' | 'MAX_FEATURES' | 'LIMBS', number>
>;
export declare function sha256(data: string | Uint8Array): string;
export declare function readSources(paths: readonly string[], from?: string): Promise<Record<string, string>>;
