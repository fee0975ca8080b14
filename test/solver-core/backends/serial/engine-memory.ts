import { backCycles, cholCycles, decayCycles, fsubCycles, gramCycles } from '../../../../solver-core/backends/engine/cycles.ts';
import type { Factorisation } from '../../../../solver-core/backends/engine/factorisation.ts';
import { accumulateGram, decayGram, startFactor } from '../../../../solver-core/backends/engine/functional-model.ts';
import type { EngineLayout } from '../../../../solver-core/backends/engine/layout.ts';
import { gramOffsets } from '../../../../solver-core/backends/engine/layout.ts';
import type {
  EngineCommand,
  EngineLink,
  EngineLinkInfo,
  MoverDescriptor,
  RunResult,
} from '../../../../solver-core/backends/engine/link.ts';
import { rowColumns, rowStep } from '../../../../solver-core/backends/engine/link.ts';
import { assert } from '../../../../solver-core/model/error.ts';

/** The engine of the tests: 8 lanes, two limbs, room for 64 features with 16 outputs and chunks of 64 rows. */
export const testEngine: EngineLinkInfo = {
  device: 'board model',
  image: 'board-image/00000001',
  level: 'board',
  lanes: 8,
  wordBits: 18,
  accumulatorBits: 48,
  limbs: 2,
  operations: 31,
  maxFeatures: 128,
  operandDepth: 8192,
  gramDepth: 2048,
  clockHz: 12e6,
  goldenHash: null,
};

/** Memories of an engine and the mover before them, with the arithmetic of the functional model: what a board holds. */
export class EngineMemory {
  readonly info: EngineLinkInfo;
  readonly operand: Int32Array;
  readonly gram: Float64Array;
  private factorisation: Factorisation | undefined;

  /** Memories hold what was there before: `dirt` in every word. */
  constructor(info: EngineLinkInfo, dirt = 1234) {
    this.info = info;
    this.operand = new Int32Array(info.lanes * info.operandDepth).fill(dirt);
    this.gram = new Float64Array(info.lanes * info.gramDepth).fill(dirt);
  }

  private memory(space: MoverDescriptor['space']): Int32Array | Float64Array {
    return space === 'operand' ? this.operand : this.gram;
  }

  /** Places of a descriptor's words, in order. */
  places(descriptor: MoverDescriptor): number[] {
    const { lanes } = this.info;
    const places: number[] = [];
    const size = this.memory(descriptor.space).length;
    let address = descriptor.base;
    for (let r = 0; r < descriptor.rows; r++) {
      const { from, to } = rowColumns(descriptor, r);
      const less = descriptor.packed ? Math.floor((descriptor.row0 + r) / lanes) : 0;
      for (let c = from; c < to; c++) {
        const place = (address + Math.floor(c / lanes) - less) * lanes + (c % lanes);
        assert(place >= 0 && place < size, `a word outside ${descriptor.space} memory`);
        places.push(place);
      }
      address += rowStep(descriptor, r, lanes);
    }
    return places;
  }

  load(descriptor: MoverDescriptor, words: ArrayLike<number>): void {
    const memory = this.memory(descriptor.space);
    this.places(descriptor).forEach((place, i) => (memory[place] = words[i]!));
  }

  read(descriptor: MoverDescriptor): Float64Array {
    const memory = this.memory(descriptor.space);
    return Float64Array.from(this.places(descriptor), (place) => memory[place]!);
  }

  clear(space: MoverDescriptor['space'], base: number, count: number, mask: number): void {
    const { lanes } = this.info;
    const memory = this.memory(space);
    for (let a = base; a < base + count; a++) for (let l = 0; l < lanes; l++) if ((mask >> l) & 1) memory[a * lanes + l] = 0;
  }

  run(command: EngineCommand): Omit<RunResult, 'state'> {
    const { lanes, wordBits } = this.info;
    const { features: d, blocks } = command;
    const columns = blocks * lanes;
    const limbs = command.twoLimbs ? 2 : 1;
    const fractionBits = wordBits - 1;
    const layout = commandLayout(command, lanes);
    const result = (breakdown: boolean, saturated: boolean, cycles: number): Omit<RunResult, 'state'> => ({
      breakdown,
      saturated,
      cycles,
      activity: 7,
    });
    if (command.operation === 'gram') {
      const gram = this.triangle(d, blocks);
      if (command.decay !== 0) decayGram(gram, command.decay);
      const at = command.rowBase * lanes;
      const rows = this.operand.slice(at, at + command.rows * columns);
      accumulateGram(gram, d, columns, rows, 0, command.rows, command.subtract ? -1 : 1);
      this.putTriangle(d, blocks, gram);
      const cycles = command.decay === 0 ? gramCycles : decayCycles;
      return result(false, false, cycles(layout, this.info, command.rows));
    }
    if (command.operation === 'chol') {
      const factorisation = startFactor(this.triangle(d, blocks), d, columns, command.shift, fractionBits, limbs);
      for (let i = 0; i < d; i++) factorisation.row(i);
      this.factorisation = factorisation;
      this.putWords(factorisation.factor, d, { columns, from: 0, base: command.rowBase, blocks, limbs });
      const { breakdown, saturated } = factorisation.flags();
      return result(breakdown, saturated, cholCycles(layout, this.info, limbs));
    }
    return this.substitute(command, layout, limbs, result);
  }

  private substitute(
    command: EngineCommand,
    layout: EngineLayout,
    limbs: 1 | 2,
    result: (b: boolean, s: boolean, cycles: number) => Omit<RunResult, 'state'>,
  ): Omit<RunResult, 'state'> {
    const { operation, features: d, blocks } = command;
    const { lanes } = this.info;
    const { factorisation } = this;
    assert(factorisation !== undefined, 'substitution before CHOL');
    const columns = blocks * lanes;
    const m = columns - d;
    const { weightBlocks, outputBlock } = layout;
    // vec_base is that of the first row walked, less the block of column d, modulo 2^24.
    const first = (command.vecBase + outputBlock) % 2 ** 24;
    const base = operation === 'fsub' ? first : first - (d - 1) * weightBlocks * limbs;
    const from = d - outputBlock * lanes;
    const shape = { columns: weightBlocks * lanes, from, base, blocks: weightBlocks, limbs };
    const vector =
      operation === 'back'
        ? Float64Array.from({ length: d * m }, (_, i) => factorisation.factor[Math.floor(i / m) * columns + d + (i % m)]!)
        : this.words(d, shape);
    const substitution = factorisation.substitution(operation === 'fsub' ? 'forward' : 'backward', vector);
    for (let step = 0; step < d; step++) substitution.row(operation === 'fsub' ? step : d - 1 - step);
    this.putWords(vector, d, shape);
    const cycles = operation === 'fsub' ? fsubCycles(layout, this.info, limbs) : backCycles(layout, this.info, limbs);
    return result(false, substitution.saturated, cycles);
  }

  private triangle(d: number, blocks: number): Float64Array {
    const { lanes } = this.info;
    const offsets = gramOffsets({ features: d, blocks }, lanes);
    const columns = blocks * lanes;
    const gram = new Float64Array(d * columns);
    for (let i = 0; i < d; i++)
      for (let j = i; j < columns; j++) gram[i * columns + j] = this.gram[(offsets[i]! - Math.floor(i / lanes)) * lanes + j]!;
    return gram;
  }

  private putTriangle(d: number, blocks: number, gram: Float64Array): void {
    const { lanes } = this.info;
    const offsets = gramOffsets({ features: d, blocks }, lanes);
    const columns = blocks * lanes;
    for (let i = 0; i < d; i++)
      for (let j = i; j < columns; j++) this.gram[(offsets[i]! - Math.floor(i / lanes)) * lanes + j] = gram[i * columns + j]!;
  }

  private words(d: number, shape: Shape): Float64Array {
    const { lanes, wordBits } = this.info;
    const each = shape.columns - shape.from;
    const out = new Float64Array(d * each);
    for (let i = 0; i < d; i++) {
      const row = (shape.base + i * shape.blocks * shape.limbs) * lanes;
      for (let c = 0; c < each; c++) {
        const high = this.operand[row + shape.from + c]!;
        const low = shape.limbs === 2 ? this.operand[row + shape.blocks * lanes + shape.from + c]! : 0;
        out[i * each + c] = shape.limbs === 2 ? high * 2 ** (wordBits - 1) + low : high;
      }
    }
    return out;
  }

  private putWords(words: Float64Array, d: number, shape: Shape): void {
    const { lanes, wordBits } = this.info;
    const unit = 2 ** (wordBits - 1);
    const each = shape.columns - shape.from;
    for (let i = 0; i < d; i++) {
      const row = (shape.base + i * shape.blocks * shape.limbs) * lanes;
      for (let c = 0; c < each; c++) {
        const word = words[i * each + c]!;
        const low = shape.limbs === 2 ? ((((word + unit / 2) % unit) + unit) % unit) - unit / 2 : 0;
        this.operand[row + shape.from + c] = shape.limbs === 2 ? (word - low) / unit : word;
        if (shape.limbs === 2) this.operand[row + shape.blocks * lanes + shape.from + c] = low;
      }
    }
  }
}

interface Shape {
  readonly columns: number;
  readonly from: number;
  readonly base: number;
  readonly blocks: number;
  readonly limbs: 1 | 2;
}

/** What a command tells of its layout: all columns behind the features are outputs. */
function commandLayout(command: EngineCommand, lanes: number): EngineLayout {
  const { features, blocks } = command;
  const columns = blocks * lanes;
  const outputBlock = Math.floor(features / lanes);
  return {
    features,
    outputs: columns - features,
    columns,
    blocks,
    outputBlock,
    weightBlocks: blocks - outputBlock,
    limbs: 2,
    gramWords: 0,
    weightBase: 0,
    rowBase: 0,
    chunkRows: 256,
  };
}

/** A link without a line: straight into the memories. */
export class MemoryLink implements EngineLink {
  readonly memory: EngineMemory;
  readonly commands: EngineCommand[] = [];
  closed = 0;

  constructor(memory: EngineMemory) {
    this.memory = memory;
  }

  get info(): EngineLinkInfo {
    return this.memory.info;
  }

  load(descriptor: MoverDescriptor, words: Int32Array | Float64Array): Promise<void> {
    this.memory.load(descriptor, words);
    return Promise.resolve();
  }

  read(descriptor: MoverDescriptor): Promise<Float64Array> {
    return Promise.resolve(this.memory.read(descriptor));
  }

  clear(space: MoverDescriptor['space'], base: number, count: number, mask: number): Promise<void> {
    this.memory.clear(space, base, count, mask);
    return Promise.resolve();
  }

  run(command: EngineCommand): Promise<RunResult> {
    this.commands.push(command);
    return Promise.resolve({ state: 'done', ...this.memory.run(command) });
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}
