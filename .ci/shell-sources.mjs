// Where the RTL of the board shell is, beside the engine's (.ci/hdl-sources.mjs).

/** Board shell by dependency level, packages and leaves first; paths from the project root. The engine comes before it. */
export const shellSources = [
  'hdl/sys/generated/link_pkg.sv',
  'hdl/sys/uart_rx.sv',
  'hdl/sys/uart_tx.sv',
  'hdl/sys/crc32.sv',
  'hdl/sys/cobs_decoder.sv',
  'hdl/sys/cobs_encoder.sv',
  'hdl/sys/frame_receiver.sv',
  'hdl/sys/frame_transmitter.sv',
  'hdl/sys/request_reader.sv',
  'hdl/sys/bit_unpacker.sv',
  'hdl/sys/bit_packer.sv',
  'hdl/sys/mover.sv',
  'hdl/sys/telemetry.sv',
  'hdl/sys/reply_payload.sv',
  'hdl/sys/command_processor.sv',
  'hdl/sys/board_shell.sv',
];

export const shellTop = 'board_shell';
