import type { Proof } from './formal.ts';

const controlSources = [
  ...['sequencer', 'operand_walk', 'drain', 'lane', 'difference', 'toggle_counter', 'tierwise_engine'].map((name) => `hdl/rtl/${name}.sv`),
  ...['any_mac_dsp', 'any_scaling_path', 'checked_ram_1r1w', 'checked_ram_2r1w'].map((name) => `hdl/formal/${name}.sv`),
];

const goesOn = ['the command goes on after its last row', 'step && row_next && row_end', "step && row_next && 1'b0"] as const;
const upwards = ['rows are walked upwards only', 'down_i ? row_q - row_stride : row_q + row_stride', 'row_q + row_stride'] as const;

/** Operation, its number, clocks within which it ends for at most two features and two blocks, file that a defect goes to, defect. */
const engineControl = [
  ['GRAM', 0, 34, 'hdl/rtl/sequencer.sv', goesOn],
  ['CHOL', 1, 60, 'hdl/rtl/sequencer.sv', goesOn],
  ['BACKV', 4, 60, 'hdl/rtl/operand_walk.sv', upwards],
] as const;

/** Every proof of the RTL. Narrow instances: the solver multiplies slowly, and wide arithmetic is compared bit by bit elsewhere. */
export const proofs: readonly Proof[] = [
  {
    top: 'pivot_f',
    says: 'the pivot unit ends after exactly its latency with the flags, exponent and reciprocal of the contract, from any state',
    sources: ['hdl/rtl/pivot_unit.sv'],
    parameters: { DW: 7, SW: 15 },
    depth: 19,
    anyStart: ['pivot_unit'],
    mutants: [
      ['a zero pivot is not a breakdown', "s_i[SW-1] || s_i == '0", 's_i[SW-1]'],
      ['the root is one too small for squares', 'root_rem >= root_trial', 'root_rem > root_trial'],
      ['small pivots are not normalised', 'b < EW; b++', 'b < EW - 1; b++'],
      [
        'the division takes a clock more',
        "state_q <= Reciprocal;\n          count_q <= CW'(F - 1);",
        "state_q <= Reciprocal;\n          count_q <= CW'(F);",
      ],
    ],
  },
  ...(['block', 'generic'] as const).flatMap((kind): readonly Proof[] => [
    {
      top: 'ram_1r1w_f',
      says: `a word written to the ${kind} memory is the word read`,
      sources: [`hdl/rtl/tech/${kind}/ram_1r1w.sv`],
      depth: 8,
      mutants: [['the output does not hold', 'if (re_i) q', 'q']],
    },
    {
      top: 'ram_2r1w_f',
      says: `a word written at port B of the ${kind} memory is the word read at both ports`,
      sources: [`hdl/rtl/tech/${kind}/ram_2r1w.sv`],
      depth: 8,
      mutants: [['port A reads at the address of port B', 'mem[a_addr_i]', 'mem[b_addr_i]']],
    },
  ]),
  {
    top: 'cobs_decoder_f',
    says: 'a 00 resynchronises the COBS decoder, whatever came before',
    sources: ['hdl/sys/cobs_decoder.sv'],
    depth: 6,
    anyStart: ['cobs_decoder'],
    coverDepth: 8,
    mutants: [['a 00 leaves the block open', "zero_q   <= 1'b0;\n      left_q   <= '0;", "zero_q   <= 1'b0;"]],
  },
  {
    top: 'frame_receiver_f',
    says: 'the frame receiver writes over no waiting byte and shows exactly the frames it kept',
    sources: [
      'hdl/sys/frame_receiver.sv',
      'hdl/formal/small_link_pkg.sv',
      'hdl/formal/any_crc32.sv',
      'hdl/formal/stream_rules.sv',
      'hdl/sys/cobs_decoder.sv',
      'hdl/rtl/tech/generic/ram_1r1w.sv',
    ],
    depth: 13,
    mutants: [
      ['a full ring is written', 'byte_valid && !full && !long_frame', 'byte_valid && !long_frame'],
      ['a frame that was cut is kept', 'good && !broken_q', 'good'],
      ['a dropped frame stays in the ring', 'write_q <= keep_q;', 'write_q <= write_q;'],
    ],
  },
  {
    top: 'uart_f',
    says: 'every byte sent is received, once and in time',
    sources: ['hdl/sys/uart_rx.sv', 'hdl/sys/uart_tx.sv'],
    depth: 50,
    mutants: [['the highest bit comes first', '{line_q[1], data_q[7:1]}', '{data_q[6:0], line_q[1]}']],
  },
  {
    top: 'axi_burst_splitter_f',
    says: 'the bursts of a transfer are all of it, in order, within 4 KiB each',
    sources: ['hdl/xrt/axi_burst_splitter.sv'],
    depth: 6,
    mutants: [
      ['bursts run across 4 KiB', "(to_page < 10'(MAX_BEATS)) ? to_page : 10'(MAX_BEATS)", "10'(MAX_BEATS)"],
      ['the last burst is too long', "(left_q < COUNT_BITS'(limit)) ? 10'(left_q) : limit", 'limit'],
      ['the next burst overlaps', "(ADDRESS_BITS - 3)'(beats)", "(ADDRESS_BITS - 3)'(beats - 10'd1)"],
    ],
  },
  ...[0, 1].map((history): Proof => ({
    top: 'axi_lite_control_f',
    says: history === 0 ? 'every access to a register is answered once, with the bytes sent' : 'the control register tells what happened',
    sources: ['hdl/xrt/axi_lite_control.sv', 'hdl/sys/generated/kernel_pkg.sv'],
    parameters: { HISTORY: history },
    depth: 14,
    ...(history === 0 ? { induction: 3 } : {}),
    mutants:
      history === 0
        ? [
            ['the address is taken before the one before it was used', 'awready_o   = !aw_q', "awready_o   = 1'b1"],
            ['an answer is withdrawn', 'if (b_q && bready_i) b_q', 'if (b_q) b_q'],
            ['arguments change while the kernel runs', 'we_o        = write && !running_q', 'we_o        = write'],
            ['read data change while they wait', 'if (read) begin\n      r_q', 'if (arvalid_i) begin\n      r_q'],
          ]
        : [
            ['done comes after a read of anything', 'if (read && raddr_o == Control) begin', 'if (read) begin'],
            ['a done is lost to a read at the same time', 'done_i && running_q', 'done_i && running_q && !read'],
          ],
  })),
  {
    top: 'axi_read_dma_f',
    says: 'every beat asked for comes once, and no other',
    sources: ['hdl/xrt/axi_read_dma.sv', 'hdl/xrt/axi_burst_splitter.sv'],
    depth: 9,
    coverDepth: 10,
    mutants: [
      ['a request is withdrawn', 'arvalid_o   = split_valid &&', 'arvalid_o   = split_valid && !rvalid_i &&'],
      ['data are taken that nobody asked for', "ready_i && outstanding_q != '0;\n  assign data_o", 'ready_i;\n  assign data_o'],
      ['an error response is overlooked', 'if (rresp_i[1]) error_q', "if (1'b0) error_q"],
    ],
  },
  {
    top: 'axi_write_dma_f',
    says: 'every beat of the stream is sent once and every burst awaited',
    sources: ['hdl/xrt/axi_write_dma.sv', 'hdl/xrt/axi_burst_splitter.sv'],
    depth: 9,
    coverDepth: 11,
    mutants: [
      ['WLAST comes a beat early', "wlast_o   = w_left_q == '0", "wlast_o   = w_left_q[7:1] == '0"],
      ['the last answer is not awaited', " || w_q || outstanding_q != '0", ' || w_q'],
      ['data wait for the address', 'wvalid_o  = w_q && valid_i', 'wvalid_o  = w_q && valid_i && !awready_i'],
    ],
  },
  {
    top: 'axi_word_unpack_f',
    says: 'words come out of beats in order and whole, and no beat too many is taken',
    sources: ['hdl/xrt/word_unpack.sv'],
    depth: 9,
    mutants: [
      ['the high half comes first', 'high_q ? beat_q[63:32] : beat_q[31:0]', 'high_q ? beat_q[31:0] : beat_q[63:32]'],
      ['a beat too many is taken', "last_of_beat && left_q != 32'd1)", 'last_of_beat)'],
      ['a word that does not fit is overlooked', 'if (!fits) bad_q', "if (1'b0) bad_q"],
    ],
  },
  {
    top: 'axi_word_pack_f',
    says: 'words go into beats in order and whole, with their strobes',
    sources: ['hdl/xrt/word_pack.sv'],
    depth: 9,
    mutants: [
      ['a lonely int32 overwrites its neighbour', "8'h0f", "8'hff"],
      ['signs get lost', "64'($signed(word_data_i))", "64'(word_data_i)"],
      ['words overwrite a beat that waits', '(!full_q || beat_ready_i)', "1'b1"],
    ],
  },
  {
    top: 'mover_f',
    says: 'the mover touches no address outside the memory and moves nothing for an illegal descriptor',
    sources: ['hdl/sys/mover.sv', 'hdl/formal/stream_rules.sv'],
    parameters: { ROWS: 2, COLUMNS: 3 },
    depth: 11,
    coverDepth: 14,
    unroll: true,
    mutants: [['the last address is not checked', '|| state_q == CheckLast', '']],
  },
  {
    top: 'mover_f',
    says: 'an upload of one word ends, and a fill',
    sources: ['hdl/sys/mover.sv', 'hdl/formal/stream_rules.sv'],
    parameters: { ROWS: 1, COLUMNS: 1, BOUND: 9 },
    depth: 13,
    unroll: true,
    mutants: [['an upload does not end', "if (left_q == '0) state_d = Drain;", "if (left_q == '0) state_d = Move;"]],
  },
  ...engineControl.map(([operation, op, bound, mutated, mutant]): Proof => ({
    top: 'engine_f',
    says: `${operation} stays inside the memories, never lets accesses meet, and ends`,
    sources: [mutated, ...controlSources.filter((path) => path !== mutated)],
    parameters: { OP: op, BOUND: bound },
    depth: bound + 2,
    unroll: true,
    mutants: [mutant],
  })),
];
