export declare const kernelSources: readonly string[];
export declare const kernelModelSources: readonly string[];
export declare const kernelTop: string;
export declare const defaultKernelParameters: Readonly<
  Record<'N' | 'DW' | 'AW' | 'OPERAND_DEPTH' | 'GRAM_DEPTH' | 'MAX_FEATURES' | 'LIMBS' | 'CLOCK_HZ', number>
>;
export declare function buildKernelModel(options: {
  readonly folder: string;
  readonly parameters?: Readonly<Partial<Record<string, number>>>;
  readonly from?: string;
}): Promise<{
  readonly library: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly imageId: string;
  readonly fresh: boolean;
}>;
