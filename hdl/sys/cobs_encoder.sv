// SPDX-License-Identifier: MIT
`default_nettype none
// Puts frames into COBS between zeros: 00 | COBS(frame) | 00. Takes a byte per clock but for two clocks at each end of a frame
// and one after 254 bytes without a zero; what is taken waits in a memory until the line takes it.
//   DEPTH  bytes of that memory, a power of two >= 512 (default 512)
module cobs_encoder #(
  parameter int DEPTH = 512
) (
  input  wire logic       clk_i,
  input  wire logic       rst_i,
  // bytes of the frame
  input  wire logic       valid_i,
  output logic            ready_o,
  input  wire logic [7:0] data_i,
  input  wire logic       last_i,    // with the last byte
  // bytes of the line
  output logic            valid_o,
  input  wire logic       ready_i,
  output logic      [7:0] data_o
);
  localparam int PW = $clog2(DEPTH);

  typedef enum logic [1:0] {Begin, Bytes, Close, Finish} state_e;
  state_e state_q = Begin;

  logic [PW:0]   write_q = '0;       // next free place
  logic [PW:0]   code_q = '0;        // place of the block's code; everything before it may go out
  logic [PW:0]   read_q = '0;        // next byte to read
  logic [7:0]    count_q = '0;       // code of the block so far
  logic          again_q = 1'b0;     // after Close comes another block
  logic          valid_q = 1'b0;     // the memory shows a byte
  logic          room, take, we, fetch;
  logic [PW:0]   waddr;
  logic [7:0]    wdata;

  assign room    = write_q - read_q < (PW + 1)'(DEPTH - 2);
  assign ready_o = state_q == Bytes && room;
  assign take    = valid_i && ready_o;

  // The code of a block is written over its place when the block ends: at a zero, when it is full, at the frame's end.
  always_comb begin
    we    = 1'b0;
    waddr = write_q;
    wdata = data_i;
    case (state_q)
      Begin: begin
        we    = valid_i && room;
        wdata = '0;
      end
      Bytes: begin
        we = take;
        if (data_i == '0) begin
          waddr = code_q;
          wdata = count_q;
        end
      end
      Close: begin
        we    = 1'b1;
        waddr = code_q;
        wdata = count_q;
      end
      default: begin
        we    = room;
        wdata = '0;
      end
    endcase
  end

  always_ff @(posedge clk_i) begin
    case (state_q)
      Begin:
        if (we) begin
          code_q  <= write_q + (PW + 1)'(1);
          write_q <= write_q + (PW + 1)'(2);
          count_q <= 8'd1;
          state_q <= Bytes;
        end
      Bytes:
        if (take) begin
          write_q <= write_q + (PW + 1)'(1);
          again_q <= !last_i;
          if (data_i == '0) begin
            code_q  <= write_q;
            count_q <= 8'd1;
          end else begin
            count_q <= count_q + 8'd1;
          end
          if (last_i || (data_i != '0 && count_q == 8'hfe)) state_q <= Close;
        end
      Close: begin
        count_q <= 8'd1;
        code_q  <= write_q;
        if (again_q) begin
          write_q <= write_q + (PW + 1)'(1);
          state_q <= Bytes;
        end else begin
          state_q <= Finish;
        end
      end
      default:
        if (we) begin
          code_q  <= write_q + (PW + 1)'(1);
          write_q <= write_q + (PW + 1)'(1);
          state_q <= Begin;
        end
    endcase
    if (rst_i) begin
      state_q <= Begin;
      write_q <= '0;
      code_q  <= '0;
    end
  end

  assign fetch = (!valid_q || ready_i) && read_q != code_q;

  always_ff @(posedge clk_i) begin
    if (fetch) read_q <= read_q + (PW + 1)'(1);
    if (fetch) valid_q <= 1'b1;
    else if (ready_i) valid_q <= 1'b0;
    if (rst_i) begin
      read_q  <= '0;
      valid_q <= 1'b0;
    end
  end

  ram_1r1w #(.WIDTH(8), .DEPTH(DEPTH)) u_ram (
    .clk_i(clk_i),
    .re_i(fetch), .raddr_i(read_q[PW-1:0]), .rdata_o(data_o),
    .we_i(we), .waddr_i(waddr[PW-1:0]), .wdata_i(wdata)
  );

  assign valid_o = valid_q;

  logic unused;
  assign unused = &{1'b0, waddr};
endmodule
`resetall
