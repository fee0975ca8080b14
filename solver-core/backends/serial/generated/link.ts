// Generated from hdl/regs/link.json by .ci/gen-regs.mjs; do not edit.

/** Protocol version, the `ver` of every frame. */
export const linkVersion = 1;

/** First word of INFO: the bytes TWIS. */
export const linkMagic = 0x53495754;

/** Bytes of a frame's header. */
export const linkHeaderBytes = 10;

/** Bytes of a frame's checksum. */
export const linkCrcBytes = 4;

/** Largest payload of any board, bytes; INFO says what this one takes. */
export const linkMaxPayload = 1024;

/** Header of a frame. */
export const linkFrame = {
  version: [0, 1],
  type: [1, 1],
  sequence: [2, 2],
  offset: [4, 4],
  length: [8, 2],
} as const;

/** Its size, bytes. */
export const linkFrameBytes = 10;

/** Which words a transfer or READ moves (hdl/sys/README.md, mover). */
export const linkDescriptor = {
  space: [0, 1],
  bits: [1, 1],
  flags: [2, 1],
  pad: [3, 1],
  first: [4, 2],
  columns: [6, 2],
  blocks: [8, 2],
  rows: [10, 2],
  row0: [12, 4],
  base: [16, 4],
} as const;

/** Its size, bytes. */
export const linkDescriptorBytes = 20;

/** Bits of the descriptor's flags. */
export const linkDescriptorFlags = {
  /** row i begins at column i */
  tri: 1,
  /** row i has blocks - floor(i / lanes) addresses */
  packed: 2,
  /** one column per row */
  diagonal: 4,
} as const;

/** Bits of the flags of RUN. */
export const linkRunFlags = {
  /** two-limb words */
  two: 1,
  /** GRAM subtracts */
  neg: 2,
} as const;

/** Bits of the flags of RESULT. */
export const linkResultFlags = {
  /** a pivot was not positive */
  breakdown: 1,
  /** a value was clipped */
  saturated: 2,
} as const;

/** Bits of the state of ACK. */
export const linkAckFlags = {
  /** a transfer is open */
  open: 1,
  /** the last transfer is committed */
  committed: 2,
  /** a job runs */
  busy: 4,
} as const;

/** Memory a descriptor or CLEAR means. */
export const linkSpaces = ['operand', 'gram'] as const;

/** Operations of the engine; also the bit in `ops` of INFO. */
export const linkOps = ['gram', 'chol', 'back', 'fsub', 'backv'] as const;

/** Reasons of NAK. */
export const linkReasons = {
  /** DATA does not begin where the transfer stands; next offset says where */
  'wrong-offset': 1,
  /** RUN before COMMIT */
  'not-committed': 2,
  /** a job runs */
  busy: 3,
  /** descriptor, command or range the board cannot do */
  'bad-descriptor': 4,
  /** COMMIT: the bytes of the transfer have another CRC; begin a transfer with another id */
  crc: 5,
  /** no such message */
  'unknown-type': 6,
  /** COMMIT before all bytes arrived, or the bytes are fewer than the descriptor's words */
  short: 7,
  /** no such transfer, or CANCEL of no such job */
  'no-such-transfer': 8,
  /** payload of a wrong length, beyond the transfer's end, or more words than the descriptor's */
  'bad-length': 9,
  /** the frame has another version */
  'wrong-version': 10,
} as const;

/** State of the last job in STATUS. */
export const linkJobStates = ['none', 'running', 'done', 'cancelled'] as const;

/** How a job ended. */
export const linkResultStates = ['done', 'cancelled'] as const;

/** Messages: type and payload. */
export const linkMessages = {
  /** Asks for INFO, in any version. Changes nothing. */
  hello: { type: 0x01, sizeBytes: 0, fields: {} },
  /** Opens a transfer; ACK(next offset). The same id again restarts nothing. */
  begin: { type: 0x02, sizeBytes: 28, fields: { transfer: [0, 4], total: [4, 4], descriptor: [8, 20] } },
  /** The next bytes of the transfer; ACK(next offset) or NAK(wrong-offset, next offset). */
  data: { type: 0x03, sizeBytes: 0, fields: {} },
  /** Ends a transfer; ACK, again when repeated. */
  commit: { type: 0x04, sizeBytes: 8, fields: { transfer: [0, 4], crc32: [4, 4] } },
  /** Asks for STATUS. */
  status: { type: 0x05, sizeBytes: 0, fields: {} },
  /** Asks for words; READ_DATA in one frame of at most max_payload bytes, else NAK(bad-descriptor). */
  read: { type: 0x06, sizeBytes: 20, fields: { descriptor: [0, 20] } },
  /** Starts a job; ACK at once, RESULT at its end. The same job again: ACK while it runs, then RESULT. */
  run: {
    type: 0x07,
    sizeBytes: 24,
    fields: {
      job: [0, 4],
      op: [4, 1],
      flags: [5, 1],
      decay: [6, 1],
      shift: [7, 1],
      features: [8, 2],
      blocks: [10, 2],
      rows: [12, 2],
      pad: [14, 2],
      row_base: [16, 4],
      vec_base: [20, 4],
    },
  },
  /** Ends a running job by a reset of the engine; RESULT. The RESULT of a job that ended before. */
  cancel: { type: 0x08, sizeBytes: 4, fields: { job: [0, 4] } },
  /** Writes zeros; ACK when done. */
  clear: { type: 0x09, sizeBytes: 12, fields: { space: [0, 1], pad: [1, 1], lanes: [2, 2], base: [4, 4], count: [8, 4] } },
  /** Switches TELEMETRY on or off; ACK. */
  telemetry_set: { type: 0x0a, sizeBytes: 4, fields: { interval: [0, 4] } },
  /** What the board is. */
  info: {
    type: 0x81,
    sizeBytes: 48,
    fields: {
      magic: [0, 4],
      min_version: [4, 1],
      max_version: [5, 1],
      lanes: [6, 1],
      word_bits: [7, 1],
      accumulator_bits: [8, 1],
      limbs: [9, 1],
      ops: [10, 2],
      max_features: [12, 2],
      max_payload: [14, 2],
      rx_window: [16, 2],
      board: [18, 2],
      operand_depth: [20, 4],
      gram_depth: [24, 4],
      clock_hz: [28, 4],
      baud: [32, 4],
      image_id: [36, 4],
      golden_hash: [40, 8],
    },
  },
  /** Done, or going to be done. */
  ack: { type: 0x82, sizeBytes: 7, fields: { next_offset: [0, 4], free_bytes: [4, 2], state: [6, 1] } },
  /** Refused. BEGIN with another id, READ and CLEAR have ended an open transfer all the same; nothing else changed. */
  nak: { type: 0x83, sizeBytes: 7, fields: { next_offset: [0, 4], free_bytes: [4, 2], reason: [6, 1] } },
  /** State of the transfer and the job. */
  status_reply: {
    type: 0x84,
    sizeBytes: 21,
    fields: {
      transfer: [0, 4],
      next_offset: [4, 4],
      committed: [8, 1],
      busy: [9, 1],
      job: [10, 4],
      job_state: [14, 1],
      bad_frames: [15, 4],
      free_bytes: [19, 2],
    },
  },
  /** Words of READ, row by row; offset is 0. */
  read_data: { type: 0x85, sizeBytes: 0, fields: {} },
  /** End of a job. */
  result: { type: 0x86, sizeBytes: 14, fields: { job: [0, 4], state: [4, 1], flags: [5, 1], cycles: [6, 4], activity: [10, 4] } },
  /** Counters since power-up. */
  telemetry: {
    type: 0x87,
    sizeBytes: 32,
    fields: { sequence: [0, 4], uptime: [4, 8], busy: [12, 8], toggles: [20, 8], bad_frames: [28, 4] },
  },
} as const;
