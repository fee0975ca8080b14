import type { EngineInfo, Limbs } from './device.ts';

/** Build parameters of an engine, named as in hdl/rtl/tierwise_engine.sv. */
export interface EngineParameters {
  /** N: 2, 4, 8 or 16. */
  readonly lanes: number;
  /** DW: 8..25 bits. */
  readonly wordBits: number;
  /** AW: 2·DW + 2 .. 48 bits. */
  readonly accumulatorBits: number;
  /** 2 with the hardware for words of two limbs, which takes DW <= 18. Default 1. */
  readonly limbs?: Limbs;
  /** Operand words of one lane. */
  readonly operandDepth: number;
  /** Gram words of one lane. */
  readonly gramDepth: number;
  /** At most 2^(AW+1-2·DW) - 1, so that no accumulator wraps. */
  readonly maxFeatures: number;
}

/** The engine that ships: 1024 features with 8 outputs still fit; words of two limbs up to about 750. */
export const defaultEngineParameters: EngineParameters = {
  lanes: 8,
  wordBits: 18,
  accumulatorBits: 48,
  limbs: 2,
  operandDepth: 147456,
  gramDepth: 132096,
  maxFeatures: 1024,
};

/** The engine counts column blocks with at most this many bits. */
const blockCountBits = 12;

/** Most padded columns of an engine with these parameters (its block counter holds no more). */
export function maxColumns(parameters: EngineParameters): number {
  const addressBits = Math.ceil(Math.log2(Math.min(parameters.operandDepth, parameters.gramDepth)));
  return (2 ** Math.min(blockCountBits, addressBits) - 1) * parameters.lanes;
}

/** EngineInfo of an engine with these parameters. */
export function engineInfo(parameters: EngineParameters, level: EngineInfo['level'], device: string, image: string): EngineInfo {
  return {
    level,
    device,
    image,
    lanes: parameters.lanes,
    wordBits: parameters.wordBits,
    limbs: parameters.limbs ?? 1,
    accumulatorBits: parameters.accumulatorBits,
    maxColumns: maxColumns(parameters),
    maxFeatures: parameters.maxFeatures,
    gramDepth: parameters.gramDepth,
    operandDepth: parameters.operandDepth,
  };
}

/** What an engine at the other end says of itself, unchecked. */
export type ClaimedEngine = Pick<
  EngineParameters,
  'lanes' | 'wordBits' | 'accumulatorBits' | 'maxFeatures' | 'operandDepth' | 'gramDepth'
> & {
  readonly limbs: number;
  /** Bit n: operation n is there. */
  readonly operations: number;
};

/** GRAM, CHOL, BACK, FSUB and BACK in place: a fit needs them all. */
const allOperations = 0b11111;
/** Two limbs of longer words would not fit the sums. */
const longestPairBits = 18;
const deepestMemory = 2 ** 24;

/** What no engine of this version can be, in words; null when all is in range (hdl/rtl/tierwise_engine.sv). */
export function impossibleEngine(engine: ClaimedEngine): string | null {
  const { lanes, wordBits, accumulatorBits, limbs, operations, maxFeatures, operandDepth, gramDepth } = engine;
  if (![2, 4, 8, 16].includes(lanes)) return `${lanes} lanes`;
  if (wordBits < 8 || wordBits > 25) return `words of ${wordBits} bits`;
  if (accumulatorBits < 2 * wordBits + 2 || accumulatorBits > 48) return `sums of ${accumulatorBits} bits`;
  if (limbs !== 1 && limbs !== 2) return `${limbs} limbs`;
  if (limbs === 2 && wordBits > longestPairBits) return `two limbs of ${wordBits} bits`;
  if ((operations & allOperations) !== allOperations) return `operations 0x${operations.toString(16)}`;
  if (maxFeatures < 1) return `${maxFeatures} features`;
  if (operandDepth < 1 || operandDepth > deepestMemory) return `${operandDepth} operand words per lane`;
  if (gramDepth < 1 || gramDepth > deepestMemory) return `${gramDepth} Gram words per lane`;
  return null;
}
