// SPDX-License-Identifier: MIT
`default_nettype none
// A link with short frames for proofs: the header is the length, one byte of checksum.
package link_pkg;
  localparam int HEADER_BYTES = 2;
  localparam int CRC_BYTES = 1;
  localparam int FRAME_LENGTH_AT = 0;
endpackage
`resetall
