// Generated from hdl/regs/kernel.json by .ci/gen-regs.mjs; do not edit.

/** Name. */
export const kernelName = 'tierwise_kernel';

/** Version of the register map and status block. */
export const kernelVersion = 1;

/** First word of a status block: the bytes TWIK. */
export const kernelMagic = 0x4b495754;

/** Bytes the registers take, from offset 0. */
export const kernelRangeBytes = 256;

/** Control registers. */
export const kernelRegisters = {
  control: 0x00,
  gie: 0x04,
  ier: 0x08,
  isr: 0x0c,
  result: 0x80,
  version: 0x84,
} as const;

/** Arguments in the order of the XRT argument list. */
export const kernelArguments = [
  {
    name: 'steps',
    index: 0,
    offset: 0x10,
    sizeBytes: 4,
    kind: 'scalar',
    fields: { load: [0, 1], clear: [1, 1], run: [2, 1], store: [3, 1], info: [4, 1] },
  },
  {
    name: 'load0',
    index: 1,
    offset: 0x14,
    sizeBytes: 4,
    kind: 'scalar',
    fields: { space: [0, 8], bits: [8, 8], tri: [16, 1], packed: [17, 1], diagonal: [18, 1] },
  },
  { name: 'load1', index: 2, offset: 0x18, sizeBytes: 4, kind: 'scalar', fields: { first: [0, 16], columns: [16, 16] } },
  { name: 'load2', index: 3, offset: 0x1c, sizeBytes: 4, kind: 'scalar', fields: { blocks: [0, 16], rows: [16, 16] } },
  { name: 'load3', index: 4, offset: 0x20, sizeBytes: 4, kind: 'scalar', fields: { row0: [0, 16] } },
  { name: 'load4', index: 5, offset: 0x24, sizeBytes: 4, kind: 'scalar', fields: { base: [0, 24] } },
  { name: 'clear0', index: 6, offset: 0x28, sizeBytes: 4, kind: 'scalar', fields: { space: [0, 8], lanes: [16, 16] } },
  { name: 'clear1', index: 7, offset: 0x2c, sizeBytes: 4, kind: 'scalar', fields: { base: [0, 24] } },
  { name: 'clear2', index: 8, offset: 0x30, sizeBytes: 4, kind: 'scalar', fields: { count: [0, 32] } },
  {
    name: 'command0',
    index: 9,
    offset: 0x34,
    sizeBytes: 4,
    kind: 'scalar',
    fields: { op: [0, 8], two: [8, 1], neg: [9, 1], decay: [16, 6], sh: [24, 6] },
  },
  { name: 'command1', index: 10, offset: 0x38, sizeBytes: 4, kind: 'scalar', fields: { d: [0, 16], cb: [16, 16] } },
  { name: 'command2', index: 11, offset: 0x3c, sizeBytes: 4, kind: 'scalar', fields: { k: [0, 16] } },
  { name: 'command3', index: 12, offset: 0x40, sizeBytes: 4, kind: 'scalar', fields: { row_base: [0, 24] } },
  { name: 'command4', index: 13, offset: 0x44, sizeBytes: 4, kind: 'scalar', fields: { vec_base: [0, 24] } },
  {
    name: 'store0',
    index: 14,
    offset: 0x48,
    sizeBytes: 4,
    kind: 'scalar',
    fields: { space: [0, 8], bits: [8, 8], tri: [16, 1], packed: [17, 1], diagonal: [18, 1] },
  },
  { name: 'store1', index: 15, offset: 0x4c, sizeBytes: 4, kind: 'scalar', fields: { first: [0, 16], columns: [16, 16] } },
  { name: 'store2', index: 16, offset: 0x50, sizeBytes: 4, kind: 'scalar', fields: { blocks: [0, 16], rows: [16, 16] } },
  { name: 'store3', index: 17, offset: 0x54, sizeBytes: 4, kind: 'scalar', fields: { row0: [0, 16] } },
  { name: 'store4', index: 18, offset: 0x58, sizeBytes: 4, kind: 'scalar', fields: { base: [0, 24] } },
  { name: 'in_words', index: 19, offset: 0x5c, sizeBytes: 4, kind: 'scalar', fields: {} },
  { name: 'out_words', index: 20, offset: 0x60, sizeBytes: 4, kind: 'scalar', fields: {} },
  { name: 'in_ptr', index: 21, offset: 0x68, sizeBytes: 8, kind: 'pointer', fields: {} },
  { name: 'out_ptr', index: 22, offset: 0x70, sizeBytes: 8, kind: 'pointer', fields: {} },
  { name: 'status_ptr', index: 23, offset: 0x78, sizeBytes: 8, kind: 'pointer', fields: {} },
] as const;

/** Status block. */
export const kernelStatus = {
  magic: [0, 4],
  state: [4, 1],
  flags: [5, 1],
  steps_done: [6, 1],
  version: [7, 1],
  cycles: [8, 4],
  activity: [12, 4],
  clocks: [16, 8],
  image_id: [24, 4],
  reserved0: [28, 4],
  lanes: [32, 1],
  word_bits: [33, 1],
  accumulator_bits: [34, 1],
  limbs: [35, 1],
  ops: [36, 2],
  max_features: [38, 2],
  operand_depth: [40, 4],
  gram_depth: [44, 4],
  clock_hz: [48, 4],
  card: [52, 2],
  reserved1: [54, 2],
  golden_hash: [56, 8],
} as const;

/** Its size, bytes. */
export const kernelStatusBytes = 64;

/** State of a call. */
export const kernelStates = [
  'done',
  'bad-steps',
  'bad-address',
  'bad-descriptor',
  'bad-length',
  'bad-command',
  'read-error',
  'write-error',
  'bad-word',
] as const;
