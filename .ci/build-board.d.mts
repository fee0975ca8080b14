import type { EngineManifest } from './build-hdl.mjs';

export declare const boardParameters: Readonly<
  Record<'BOARD' | 'CLOCK_HZ' | 'BAUD' | 'N' | 'DW' | 'AW' | 'OPERAND_DEPTH' | 'GRAM_DEPTH' | 'MAX_FEATURES' | 'LIMBS', number>
>;
export declare function buildBoard(options?: {
  readonly parameters?: Readonly<Partial<Record<string, number>>>;
  readonly folder?: string;
  readonly from?: string;
  readonly topPath?: string;
}): Promise<{ readonly manifest: EngineManifest; readonly fresh: boolean }>;
