import { assert } from '../../model/error.ts';
import type { EngineCommand, MemorySpace, MoverDescriptor } from '../engine/link.ts';
import { operationNumbers, spaceCodes } from '../engine/link.ts';
import { kernelArguments, kernelMagic, kernelStates, kernelStatus, kernelStatusBytes, kernelVersion } from './generated/kernel.ts';

/*
 * Arguments and status block of the kernel (hdl/regs/kernel.json) from and to the terms of engine/link.ts.
 */

type ArgumentName = (typeof kernelArguments)[number]['name'];

/** [argument number, value]. */
type Scalar = readonly [number, number];

/** Scalars of a call by name and field; everything not named is 0. */
type Fields = Readonly<Partial<Record<ArgumentName, number | Readonly<Record<string, number>>>>>;

/** Number of an argument in XRT's list. */
export function argumentIndex(name: ArgumentName): number {
  return kernelArguments.find((argument) => argument.name === name)!.index;
}

const scalars = kernelArguments.filter((argument) => argument.kind === 'scalar');

/** All scalar arguments, in order. Every value must fit its field. */
function pack(fields: Fields): readonly Scalar[] {
  return scalars.map(({ name, index, fields: places }): Scalar => {
    const given = fields[name] ?? 0;
    if (typeof given === 'number') return [index, checked(name, given, 32)];
    let word = 0;
    for (const [field, value] of Object.entries(given)) {
      const place = (places as Readonly<Record<string, readonly [number, number]>>)[field];
      assert(place !== undefined, `argument ${name} has no field ${field}`);
      word += checked(`${name}.${field}`, value, place[1]) * 2 ** place[0];
    }
    return [index, word];
  });
}

function checked(name: string, value: number, bits: number): number {
  assert(Number.isInteger(value) && value >= 0 && value < 2 ** bits, `${name} = ${value} does not fit ${bits} bits`);
  return value;
}

const bit = (flag: boolean): number => (flag ? 1 : 0);

function descriptorFields(step: 'load' | 'store', d: MoverDescriptor): Fields {
  return {
    [`${step}0`]: {
      space: spaceCodes[d.space],
      bits: wordBytes(d.space) * 8,
      tri: bit(d.triangle),
      packed: bit(d.packed),
      diagonal: bit(d.diagonal),
    },
    [`${step}1`]: { first: d.first, columns: d.columns },
    [`${step}2`]: { blocks: d.blocks, rows: d.rows },
    [`${step}3`]: { row0: d.row0 },
    [`${step}4`]: { base: d.base },
  };
}

/** Bytes of a word in the card's memory: int32 for operands, int64 for the Gram matrix. */
export function wordBytes(space: MemorySpace): 4 | 8 {
  return space === 'gram' ? 8 : 4;
}

/** Memory to engine. */
export function loadCall(descriptor: MoverDescriptor, words: number): readonly Scalar[] {
  return pack({ steps: { load: 1 }, ...descriptorFields('load', descriptor), in_words: words });
}

/** Engine to memory. */
export function storeCall(descriptor: MoverDescriptor, words: number): readonly Scalar[] {
  return pack({ steps: { store: 1 }, ...descriptorFields('store', descriptor), out_words: words });
}

/** Zeros. */
export function clearCall(space: MemorySpace, base: number, count: number, laneMask: number): readonly Scalar[] {
  return pack({ steps: { clear: 1 }, clear0: { space: spaceCodes[space], lanes: laneMask }, clear1: { base }, clear2: count });
}

/** One engine command. */
export function runCall(command: EngineCommand): readonly Scalar[] {
  return pack({
    steps: { run: 1 },
    command0: {
      op: operationNumbers[command.operation],
      two: bit(command.twoLimbs),
      neg: bit(command.subtract),
      decay: command.decay,
      sh: command.shift,
    },
    command1: { d: command.features, cb: command.blocks },
    command2: { k: command.rows },
    command3: { row_base: command.rowBase },
    command4: { vec_base: command.vecBase },
  });
}

/** What the kernel is. */
export function infoCall(): readonly Scalar[] {
  return pack({ steps: { info: 1 } });
}

/** The bits of `steps` that a call of `scalarsOfCall` asked for. */
export function stepsOf(scalarsOfCall: readonly Scalar[]): number {
  return scalarsOfCall.find(([index]) => index === argumentIndex('steps'))![1];
}

/** The status block of a call. */
export interface KernelStatus {
  readonly state: (typeof kernelStates)[number] | null;
  readonly stateNumber: number;
  readonly breakdown: boolean;
  readonly saturated: boolean;
  readonly stepsDone: number;
  readonly cycles: number;
  readonly activity: number;
  /** Clocks of the whole call. */
  readonly clocks: number;
  readonly imageId: number;
  readonly lanes: number;
  readonly wordBits: number;
  readonly accumulatorBits: number;
  readonly limbs: number;
  readonly operations: number;
  readonly maxFeatures: number;
  readonly operandDepth: number;
  readonly gramDepth: number;
  readonly clockHz: number;
  readonly card: number;
  /** 16 hexadecimal digits; null when the kernel does not know it. */
  readonly goldenHash: string | null;
}

/** Reads a status block; a text says why it is none of this kernel's. */
export function parseStatus(bytes: Uint8Array): KernelStatus | string {
  assert(bytes.length >= kernelStatusBytes, `a status block of ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, kernelStatusBytes);
  const read = (name: keyof typeof kernelStatus): number => {
    const [offset, size] = kernelStatus[name];
    if (size === 1) return view.getUint8(offset);
    if (size === 2) return view.getUint16(offset, true);
    return size === 4 ? view.getUint32(offset, true) : Number(view.getBigUint64(offset, true));
  };
  const magic = read('magic');
  if (magic === 0) return 'it wrote no status block';
  if (magic !== kernelMagic) return `its status block starts with 0x${magic.toString(16)}, expected 0x${kernelMagic.toString(16)}`;
  if (read('version') !== kernelVersion) return `its register map has version ${read('version')}, expected ${kernelVersion}`;
  const golden = view.getBigUint64(kernelStatus.golden_hash[0], true);
  return {
    state: kernelStates[read('state')] ?? null,
    stateNumber: read('state'),
    breakdown: (read('flags') & 1) !== 0,
    saturated: (read('flags') & 2) !== 0,
    stepsDone: read('steps_done'),
    cycles: read('cycles'),
    activity: read('activity'),
    clocks: read('clocks'),
    imageId: read('image_id'),
    lanes: read('lanes'),
    wordBits: read('word_bits'),
    accumulatorBits: read('accumulator_bits'),
    limbs: read('limbs'),
    operations: read('ops'),
    maxFeatures: read('max_features'),
    operandDepth: read('operand_depth'),
    gramDepth: read('gram_depth'),
    clockHz: read('clock_hz'),
    card: read('card'),
    goldenHash: golden === 0n ? null : golden.toString(16).padStart(16, '0'),
  };
}

/** Words as the card's memory holds them, little-endian. */
export function wordsToBytes(space: MemorySpace, words: Int32Array | Float64Array): Uint8Array {
  if (space === 'operand') {
    const narrow = words instanceof Int32Array ? words : Int32Array.from(words);
    return new Uint8Array(narrow.buffer, narrow.byteOffset, narrow.byteLength);
  }
  const halves = new Int32Array(words.length * 2);
  for (let i = 0; i < words.length; i++) {
    const high = Math.floor(words[i]! / 2 ** 32);
    halves[2 * i] = words[i]! - high * 2 ** 32;
    halves[2 * i + 1] = high;
  }
  return new Uint8Array(halves.buffer);
}

/** The inverse of `wordsToBytes`: exact integers. */
export function bytesToWords(space: MemorySpace, bytes: Uint8Array): Float64Array {
  // A copy, because the bytes may start anywhere in their buffer; slice() of a Node Buffer would be none.
  const copy = new Uint8Array(bytes);
  if (space === 'operand') return Float64Array.from(new Int32Array(copy.buffer));
  const halves = new Int32Array(copy.buffer);
  return Float64Array.from({ length: halves.length / 2 }, (_, i) => halves[2 * i + 1]! * 2 ** 32 + (halves[2 * i]! >>> 0));
}
