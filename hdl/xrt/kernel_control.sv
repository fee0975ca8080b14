// SPDX-License-Identifier: MIT
`default_nettype none
// The steps of one kernel call: check, clear, load, run, store, write the status block, done. The first thing that goes wrong
// decides the state; later steps are left out and the status block is still written.
//   N DW AW OPERAND_DEPTH GRAM_DEPTH MAX_FEATURES LIMBS  of the engine, for checks and the status block
//   OPS          bit = operation the engine has (default 31)
//   CLOCK_HZ     clock the image is made for, Hz; 0 unknown (default 0)
//   IMAGE_ID     identity of the image (default 0)
//   CARD         number of the card the image is made for; 0 none (default 0)
//   GOLDEN_HASH  hash of the bring-up problem (hdl/README.md); 0 unknown (default 0)
module kernel_control #(
  parameter int N = 8,
  parameter int DW = 18,
  parameter int AW = 48,
  parameter int OPERAND_DEPTH = 4096,
  parameter int GRAM_DEPTH = 4096,
  parameter int MAX_FEATURES = 128,
  parameter int LIMBS = 2,
  parameter int OPS = 31,
  parameter int CLOCK_HZ = 0,
  parameter int IMAGE_ID = 0,
  parameter int CARD = 0,
  parameter logic [63:0] GOLDEN_HASH = 64'd0
) (
  input  wire logic          clk_i,
  input  wire logic          rst_i,
  input  wire logic          start_i,
  input  wire logic          running_i,
  output logic               done_o,
  output logic [31:0]        result_o,
  // arguments, held while the call runs
  input  wire logic [31:0]   steps_i,
  input  wire logic [31:0]   load0_i,
  input  wire logic [31:0]   load1_i,
  input  wire logic [31:0]   load2_i,
  input  wire logic [31:0]   load3_i,
  input  wire logic [31:0]   load4_i,
  input  wire logic [31:0]   clear0_i,
  input  wire logic [31:0]   clear1_i,
  input  wire logic [31:0]   command0_i,
  input  wire logic [31:0]   command1_i,
  input  wire logic [31:0]   command2_i,
  input  wire logic [31:0]   command3_i,
  input  wire logic [31:0]   command4_i,
  input  wire logic [31:0]   store0_i,
  input  wire logic [31:0]   store1_i,
  input  wire logic [31:0]   store2_i,
  input  wire logic [31:0]   store3_i,
  input  wire logic [31:0]   store4_i,
  input  wire logic [31:0]   in_words_i,
  input  wire logic [31:0]   out_words_i,
  input  wire logic [63:0]   in_ptr_i,
  input  wire logic [63:0]   out_ptr_i,
  input  wire logic [63:0]   status_ptr_i,
  // mover: its descriptor is the one of the step under way
  output logic               mover_reset_o,
  output logic               mover_start_o,
  output logic               mover_clear_o,
  output logic               mover_dir_o,
  output logic               space_o,
  output logic               tri_o,
  output logic               packed_o,
  output logic               diagonal_o,
  output logic [15:0]        first_o,
  output logic [15:0]        columns_o,
  output logic [15:0]        blocks_o,
  output logic [15:0]        rows_o,
  output logic [15:0]        row0_o,
  output logic [23:0]        base_o,
  input  wire logic          mover_busy_i,
  input  wire logic          mover_checked_i,
  input  wire logic          mover_error_i,
  input  wire logic [31:0]   mover_words_i,
  // engine
  output logic               engine_start_o,
  input  wire logic          engine_busy_i,
  input  wire logic          brk_i,
  input  wire logic          sat_i,
  input  wire logic [31:0]   cycles_i,
  input  wire logic [31:0]   activity_i,
  // memory to mover
  output logic               read_start_o,
  input  wire logic          read_busy_i,
  input  wire logic          read_error_i,
  input  wire logic          bad_word_i,
  // mover, or the status block, to memory
  output logic               pack_start_o,
  output logic               write_start_o,
  output logic [63:0]        write_address_o,
  output logic [31:0]        write_beats_o,
  input  wire logic          write_busy_i,
  input  wire logic          write_error_i,
  output logic [31:0]        beats_o,         // beats of the mover's words
  output logic               status_valid_o,
  input  wire logic          status_ready_i,
  output logic [63:0]        status_data_o
);
  localparam int LN   = $clog2(N);
  localparam int MW   = $clog2(OPERAND_DEPTH);
  localparam int GW   = $clog2(GRAM_DEPTH);
  localparam int DMin = (MW < GW) ? MW : GW;
  localparam int CbBits = (DMin < 12) ? DMin : 12;  // as in the engine
  localparam logic [7:0] Operations = 8'(OPS);
  localparam logic [2:0] LastBeat = 3'(kernel_pkg::STATUS_BYTES / 8 - 1);
  localparam int Load  = kernel_pkg::ARGUMENT_STEPS_LOAD_LSB;
  localparam int Clear = kernel_pkg::ARGUMENT_STEPS_CLEAR_LSB;
  localparam int Run   = kernel_pkg::ARGUMENT_STEPS_RUN_LSB;
  localparam int Store = kernel_pkg::ARGUMENT_STEPS_STORE_LSB;
  localparam int Info  = kernel_pkg::ARGUMENT_STEPS_INFO_LSB;

  typedef enum logic [3:0] {
    StIdle, StCheck, StClear, StClearMove, StLoad, StLoadCheck, StLoadMove,
    StRun, StRunWait, StStore, StStoreCheck, StStoreMove, StStatus, StStatusMove, StDone
  } step_e;
  step_e step_q = StIdle, step_d;

  logic [7:0]  state_q = kernel_pkg::STATE_DONE, fail;
  logic        failed, ran_q = 1'b0, begun_q = 1'b0;
  logic [4:0]  finished, done_q = '0;
  logic        want_load, want_clear, want_run, want_store, want_info, status_aligned;
  logic        finished_load, finished_clear, finished_run, finished_store, finished_info;
  logic [63:0] clocks_q = '0;
  logic [2:0]  beat_q = '0;
  logic        storing, clearing;

  // checks that need nothing but the arguments
  logic        bad_steps, bad_address, bad_load, bad_store, bad_clear, bad_space, reserved, bad_command, solving;
  logic [7:0]  op;
  logic [15:0] d, cb;

  assign want_load  = steps_i[Load];
  assign want_clear = steps_i[Clear];
  assign want_run   = steps_i[Run];
  assign want_store = steps_i[Store];
  assign want_info  = steps_i[Info];
  always_comb begin
    finished        = '0;
    finished[Load]  = finished_load;
    finished[Clear] = finished_clear;
    finished[Run]   = finished_run;
    finished[Store] = finished_store;
    finished[Info]  = finished_info;
  end
  assign status_aligned = status_ptr_i[2:0] == '0;

  assign op      = command0_i[7:0];
  assign d       = command1_i[15:0];
  assign cb      = command1_i[31:16];
  assign solving = op != 8'd0 && op != 8'd1;

  assign bad_steps   = steps_i[31:5] != '0;
  assign bad_address = (want_load && in_ptr_i[2:0] != '0) || (want_store && out_ptr_i[2:0] != '0) || !status_aligned;
  // Bits without a meaning must be 0: a number too large for its field is refused, never cut.
  assign bad_load    = load0_i[31:19] != '0 || load0_i[7:1] != '0 || load3_i[31:16] != '0 || load4_i[31:24] != '0;
  assign bad_store   = store0_i[31:19] != '0 || store0_i[7:1] != '0 || store3_i[31:16] != '0 || store4_i[31:24] != '0;
  assign bad_clear   = clear0_i >> (16 + N) != '0 || clear0_i[15:1] != '0 || clear1_i[31:24] != '0;
  assign bad_space   = (want_load && bad_load) || (want_store && bad_store) || (want_clear && bad_clear);
  assign reserved    = command0_i[31:30] != '0 || command0_i[23:22] != '0 || command0_i[15:10] != '0 || command2_i[31:16] != '0 ||
                       command3_i[31:24] != '0 || command4_i[31:24] != '0;
  // A sum may be empty, a row of blocks may not, and the engine counts blocks with CbBits bits.
  assign bad_command = reserved || op > 8'd7 || !Operations[op[2:0]] || (command0_i[8] && (LIMBS < 2 || op == 8'd0)) ||
                       d == '0 || d > 16'(MAX_FEATURES) || cb >> CbBits != '0 ||
                       cb <= (solving ? d >> LN : (d - 16'd1) >> LN) || (op == 8'd0 && command2_i[15:0] == '0);

  always_comb begin
    step_d         = step_q;
    fail           = kernel_pkg::STATE_DONE;
    finished_load  = 1'b0;
    finished_clear = 1'b0;
    finished_run   = 1'b0;
    finished_store = 1'b0;
    finished_info  = 1'b0;
    mover_reset_o  = 1'b0;
    mover_start_o  = 1'b0;
    mover_clear_o  = 1'b0;
    engine_start_o = 1'b0;
    read_start_o   = 1'b0;
    pack_start_o   = 1'b0;
    write_start_o  = 1'b0;
    case (step_q)
      StIdle: if (start_i) step_d = StCheck;
      StCheck: begin
        step_d        = StClear;
        finished_info = want_info;
        if (bad_steps) fail = kernel_pkg::STATE_BAD_STEPS;
        else if (bad_address) fail = kernel_pkg::STATE_BAD_ADDRESS;
        else if (bad_space) fail = kernel_pkg::STATE_BAD_DESCRIPTOR;
        else if (want_run && bad_command) fail = kernel_pkg::STATE_BAD_COMMAND;
      end
      StClear: begin
        mover_clear_o = want_clear;
        step_d        = StLoad;
        if (want_clear) step_d = StClearMove;
        if (want_clear && mover_error_i) fail = kernel_pkg::STATE_BAD_DESCRIPTOR;
      end
      StClearMove: begin
        if (!mover_busy_i) begin
          finished_clear = 1'b1;
          step_d         = StLoad;
        end
      end
      StLoad: begin
        mover_start_o = want_load;
        step_d        = StRun;
        if (want_load) step_d = StLoadCheck;
      end
      StLoadCheck: begin
        if (mover_error_i) fail = kernel_pkg::STATE_BAD_DESCRIPTOR;
        else if (mover_checked_i) begin
          if (mover_words_i != in_words_i) begin
            mover_reset_o = 1'b1;
            fail          = kernel_pkg::STATE_BAD_LENGTH;
          end else begin
            read_start_o = 1'b1;
            step_d       = StLoadMove;
          end
        end
      end
      StLoadMove: begin
        if (!mover_busy_i && !read_busy_i) begin
          finished_load = !read_error_i && !bad_word_i;
          step_d        = StRun;
          if (read_error_i) fail = kernel_pkg::STATE_READ_ERROR;
          else if (bad_word_i) fail = kernel_pkg::STATE_BAD_WORD;
        end
      end
      StRun: begin
        engine_start_o = want_run;
        step_d         = StStore;
        if (want_run) step_d = StRunWait;
      end
      StRunWait: begin
        if (begun_q && !engine_busy_i) begin
          finished_run = 1'b1;
          step_d       = StStore;
        end
      end
      StStore: begin
        mover_start_o = want_store;
        step_d        = StStatus;
        if (want_store) step_d = StStoreCheck;
      end
      StStoreCheck: begin
        if (mover_error_i) fail = kernel_pkg::STATE_BAD_DESCRIPTOR;
        else if (mover_checked_i) begin
          if (mover_words_i != out_words_i) begin
            mover_reset_o = 1'b1;
            fail          = kernel_pkg::STATE_BAD_LENGTH;
          end else begin
            pack_start_o  = 1'b1;
            write_start_o = 1'b1;
            step_d        = StStoreMove;
          end
        end
      end
      StStoreMove: begin
        if (!mover_busy_i && !write_busy_i) begin
          finished_store = !write_error_i;
          step_d         = StStatus;
          if (write_error_i) fail = kernel_pkg::STATE_WRITE_ERROR;
        end
      end
      StStatus: begin
        write_start_o = status_aligned;
        step_d        = StDone;
        if (write_start_o) step_d = StStatusMove;
      end
      StStatusMove: begin
        if (!write_busy_i) begin
          step_d = StDone;
          if (write_error_i && state_q == kernel_pkg::STATE_DONE) fail = kernel_pkg::STATE_WRITE_ERROR;
        end
      end
      default: step_d = StIdle;  // StDone
    endcase
    failed = fail != kernel_pkg::STATE_DONE;
    if (failed && step_q != StStatusMove) step_d = StStatus;
  end

  always_ff @(posedge clk_i) begin
    step_q  <= step_d;
    begun_q <= step_q == StRunWait;
    if (step_q == StIdle) begin
      if (start_i) begin
        state_q  <= kernel_pkg::STATE_DONE;
        done_q   <= '0;
        clocks_q <= 64'd1;
        ran_q    <= 1'b0;
      end
    end else begin
      if (failed) state_q <= fail;
      done_q <= done_q | (failed ? 5'd0 : finished);
      if (engine_start_o) ran_q <= 1'b1;
      if (step_q != StStatus && step_q != StStatusMove) clocks_q <= clocks_q + 64'd1;
    end
    if (step_q == StStatus) beat_q <= '0;
    else if (status_valid_o && status_ready_i) beat_q <= beat_q + 3'd1;
    if (rst_i) begin
      step_q  <= StIdle;
      state_q <= kernel_pkg::STATE_DONE;
      done_q  <= '0;
      ran_q   <= 1'b0;
    end
  end

  // The descriptor of the step under way.
  assign storing     = step_q == StStore || step_q == StStoreCheck || step_q == StStoreMove;
  assign clearing    = step_q == StClear;
  assign mover_dir_o = storing;
  assign space_o     = clearing ? clear0_i[0] : (storing ? store0_i[0] : load0_i[0]);
  assign tri_o       = storing ? store0_i[16] : load0_i[16];
  assign packed_o    = storing ? store0_i[17] : load0_i[17];
  assign diagonal_o  = storing ? store0_i[18] : load0_i[18];
  assign first_o     = storing ? store1_i[15:0] : load1_i[15:0];
  assign columns_o   = storing ? store1_i[31:16] : load1_i[31:16];
  assign blocks_o    = storing ? store2_i[15:0] : load2_i[15:0];
  assign rows_o      = storing ? store2_i[31:16] : load2_i[31:16];
  assign row0_o      = storing ? store3_i[15:0] : load3_i[15:0];
  assign base_o      = clearing ? clear1_i[23:0] : (storing ? store4_i[23:0] : load4_i[23:0]);

  assign beats_o         = space_o ? mover_words_i : (mover_words_i >> 1) + 32'(mover_words_i[0]);
  assign write_address_o = storing ? out_ptr_i : status_ptr_i;
  assign write_beats_o   = storing ? beats_o : 32'(LastBeat) + 32'd1;

  // Status block (hdl/regs/kernel.json), eight bytes at a time.
  logic [7:0]  flags;
  logic [31:0] cycles, activity;
  assign flags    = ran_q ? {6'd0, sat_i, brk_i} : 8'd0;
  assign cycles   = ran_q ? cycles_i : 32'd0;
  assign activity = ran_q ? activity_i : 32'd0;

  always_comb begin
    case (beat_q)
      3'd0: status_data_o = {8'(kernel_pkg::VERSION), 3'd0, done_q, flags, state_q, kernel_pkg::MAGIC};
      3'd1: status_data_o = {activity, cycles};
      3'd2: status_data_o = clocks_q;
      3'd3: status_data_o = {32'd0, 32'(IMAGE_ID)};
      3'd4: status_data_o = {16'(MAX_FEATURES), 16'(OPS), 8'(LIMBS), 8'(AW), 8'(DW), 8'(N)};
      3'd5: status_data_o = {32'(GRAM_DEPTH), 32'(OPERAND_DEPTH)};
      3'd6: status_data_o = {16'd0, 16'(CARD), 32'(CLOCK_HZ)};
      default: status_data_o = GOLDEN_HASH;
    endcase
  end
  assign status_valid_o = step_q == StStatusMove;

  assign done_o   = step_q == StDone;
  assign result_o = {running_i, 10'd0, done_q, 6'd0, flags[1:0], state_q};

  logic unused;
  assign unused = &{1'b0, load0_i, store0_i, command0_i, command3_i, command4_i, in_ptr_i};
endmodule
`resetall
