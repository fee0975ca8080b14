// SPDX-License-Identifier: MIT
`default_nettype none
// Watches an AXI4-Lite bus and reports the first broken rule of the slave or the master by number (0: none).
//   1 a channel changed or withdrew what it offered   2 a valid from the third clock of a reset on   3 an answer to no request
//   4 an error response from the slave, which never gives one
module axi_lite_checker #(
  parameter int ADDRESS_BITS = 8
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_i,
  input  wire logic                    awvalid_i,
  input  wire logic                    awready_i,
  input  wire logic [ADDRESS_BITS-1:0] awaddr_i,
  input  wire logic                    wvalid_i,
  input  wire logic                    wready_i,
  input  wire logic [31:0]             wdata_i,
  input  wire logic [3:0]              wstrb_i,
  input  wire logic                    bvalid_i,
  input  wire logic                    bready_i,
  input  wire logic [1:0]              bresp_i,
  input  wire logic                    arvalid_i,
  input  wire logic                    arready_i,
  input  wire logic [ADDRESS_BITS-1:0] araddr_i,
  input  wire logic                    rvalid_i,
  input  wire logic                    rready_i,
  input  wire logic [31:0]             rdata_i,
  input  wire logic [1:0]              rresp_i,
  output logic [7:0]                   violation_o
);
  logic [ADDRESS_BITS+1:0] aw_q, ar_q;  // {valid, ready, payload} of the clock before
  logic [37:0]             w_q;
  logic [3:0]              b_q;
  logic [35:0]             r_q;
  logic                    rst_q = 1'b1;
  int                      aw_count = 0, w_count = 0, reads = 0;
  logic [7:0]              first_q = '0;
  int                      held_q = 0;  // clocks in reset

  task automatic rule(input logic broken, input logic [7:0] number);
    if (broken && first_q == '0) first_q <= number;
  endtask

  always_ff @(posedge clk_i) begin
    rst_q <= rst_i;
    aw_q  <= {awvalid_i, awready_i, awaddr_i};
    w_q   <= {wvalid_i, wready_i, wdata_i, wstrb_i};
    b_q   <= {bvalid_i, bready_i, bresp_i};
    ar_q  <= {arvalid_i, arready_i, araddr_i};
    r_q   <= {rvalid_i, rready_i, rdata_i, rresp_i};
    if (rst_i) begin
      rule(held_q >= 2 && (bvalid_i || rvalid_i), 8'd2);
      if (held_q < 2) held_q <= held_q + 1;
      aw_count <= 0;
      w_count  <= 0;
      reads    <= 0;
    end else begin
      held_q <= 0;
      if (!rst_q) begin
        rule(aw_q[ADDRESS_BITS+1] && !aw_q[ADDRESS_BITS] && {awvalid_i, awaddr_i} != {1'b1, aw_q[ADDRESS_BITS-1:0]}, 8'd1);
        rule(w_q[37] && !w_q[36] && {wvalid_i, wdata_i, wstrb_i} != {1'b1, w_q[35:0]}, 8'd1);
        rule(b_q[3] && !b_q[2] && {bvalid_i, bresp_i} != {1'b1, b_q[1:0]}, 8'd1);
        rule(ar_q[ADDRESS_BITS+1] && !ar_q[ADDRESS_BITS] && {arvalid_i, araddr_i} != {1'b1, ar_q[ADDRESS_BITS-1:0]}, 8'd1);
        rule(r_q[35] && !r_q[34] && {rvalid_i, rdata_i, rresp_i} != {1'b1, r_q[33:0]}, 8'd1);
      end
      rule(bvalid_i && (aw_count == 0 || w_count == 0), 8'd3);
      rule(rvalid_i && reads == 0, 8'd3);
      rule((bvalid_i && bresp_i != '0) || (rvalid_i && rresp_i != '0), 8'd4);
      aw_count <= aw_count + 32'(awvalid_i && awready_i) - 32'(bvalid_i && bready_i);
      w_count  <= w_count + 32'(wvalid_i && wready_i) - 32'(bvalid_i && bready_i);
      reads    <= reads + 32'(arvalid_i && arready_i) - 32'(rvalid_i && rready_i);
    end
  end

  assign violation_o = first_q;
endmodule
`resetall
