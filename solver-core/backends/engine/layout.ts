import { TierwiseError } from '../../model/error.ts';
import type { EngineInfo, Limbs } from './device.ts';

/** Rows of one GRAM command at most; more would gain nothing and make a command longer. */
const maxChunkRows = 256;

/** Fewest rows of a GRAM command that are worth giving up for room for words of two limbs. */
const leastChunkRows = 16;

/**
 * Where a problem lies in the engine's memories. Addresses are per lane; column j is in lane j mod N, block floor(j / N).
 * Gram: the packed block triangle from address 0. Operands: R | Z from address 0, then the vector rows, then the rows of a chunk.
 */
export interface EngineLayout {
  readonly features: number;
  readonly outputs: number;
  /** d + m, without padding. */
  readonly columns: number;
  /** cb: blocks of a row, ceil((d + m) / N). */
  readonly blocks: number;
  /** Block of column d, the first that holds outputs. */
  readonly outputBlock: number;
  /** Blocks of a vector row (W, and r, z, w of a solve): cb - outputBlock. */
  readonly weightBlocks: number;
  /** Most limbs of a factor: R | Z and the vector rows have room for this many. */
  readonly limbs: Limbs;
  /** Addresses of the packed triangle of G. */
  readonly gramWords: number;
  /** R | Z lies at operand address 0, cb words per row and limb; the vector rows here, weightBlocks words per row and limb. */
  readonly weightBase: number;
  /** X | Y of the current chunk lies here, cb words per row. */
  readonly rowBase: number;
  /** Rows of one GRAM command. */
  readonly chunkRows: number;
}

/** B_i: blocks of row i that the engine visits (from the diagonal block on). */
export function blocksOfRow(row: number, blocks: number, lanes: number): number {
  return blocks - Math.floor(row / lanes);
}

/** B: sum of B_i over the d rows. */
export function triangleBlocks(features: number, blocks: number, lanes: number): number {
  let sum = 0;
  for (let i = 0; i < features; i++) sum += blocksOfRow(i, blocks, lanes);
  return sum;
}

/** off(i), address of the first block of row i in the packed triangle, [features + 1]: column j lies at off(i) + floor(j / N) - floor(i / N). */
export function gramOffsets(layout: Pick<EngineLayout, 'features' | 'blocks'>, lanes: number): Int32Array {
  const offsets = new Int32Array(layout.features + 1);
  for (let i = 0; i < layout.features; i++) offsets[i + 1] = offsets[i]! + blocksOfRow(i, layout.blocks, lanes);
  return offsets;
}

/** The layout of a problem, or why it does not fit the engine. */
export function planLayout(info: EngineInfo, features: number, outputs: number): EngineLayout | string {
  if (features > info.maxFeatures) return `${features} features, the engine takes at most ${info.maxFeatures}`;
  const columns = features + outputs;
  const blocks = Math.ceil(columns / info.lanes);
  if (blocks * info.lanes > info.maxColumns)
    return `${blocks * info.lanes} columns after padding, the engine takes at most ${info.maxColumns}`;
  const gramWords = triangleBlocks(features, blocks, info.lanes);
  if (gramWords > info.gramDepth) return `${gramWords} Gram words per lane, the engine has ${info.gramDepth}`;
  const outputBlock = Math.floor(features / info.lanes);
  const weightBlocks = blocks - outputBlock;
  const perLimb = features * (blocks + weightBlocks);
  const rowsBeside = (limbs: Limbs): number => Math.min(maxChunkRows, Math.floor((info.operandDepth - limbs * perLimb) / blocks));
  if (rowsBeside(1) < 1) return `${perLimb + blocks} operand words per lane, the engine has ${info.operandDepth}`;
  const limbs = info.limbs === 2 && rowsBeside(2) >= Math.min(leastChunkRows, rowsBeside(1)) ? 2 : 1;
  return {
    features,
    outputs,
    columns,
    blocks,
    outputBlock,
    weightBlocks,
    limbs,
    gramWords,
    weightBase: limbs * features * blocks,
    rowBase: limbs * perLimb,
    chunkRows: rowsBeside(limbs),
  };
}

/** The layout of a problem; throws `engine-too-small` when it does not fit the engine. */
export function layoutOrThrow(info: EngineInfo, features: number, outputs: number): EngineLayout {
  const layout = planLayout(info, features, outputs);
  if (typeof layout !== 'string') return layout;
  const message = `A layer with ${features} inputs and ${outputs} outputs does not fit the engine: ${layout}.`;
  throw new TierwiseError('engine-too-small', message, 'Solve this layer on the cpu backend.', { category: 'backend' });
}

/** True when a problem of d features and m outputs fits the engine. */
export function engineFits(info: EngineInfo, features: number, outputs: number): boolean {
  return typeof planLayout(info, features, outputs) !== 'string';
}

/** Fewest equal groups of outputs that fit the engine beside d features; null when not even one output fits. */
export function outputGroupCount(info: EngineInfo, features: number, outputs: number): number | null {
  for (let groups = 1; ; groups++) {
    const size = Math.ceil(outputs / groups);
    if (engineFits(info, features, size)) return groups;
    if (size <= 1) return null;
  }
}
