/**
 * Writer of the container that XRT loads (xclbin.h, "AXLF"), for a card with one memory bank and one kernel. Its bitstream is a few bytes
 * that no FPGA would take: only the simulated card of this folder does. Test use only.
 */

/** One argument of the kernel as the tools write it into the metadata. */
export interface KernelArgument {
  readonly name: string;
  /** Byte offset of its first register. */
  readonly offset: number;
  /** 4 for a scalar word, 8 for a pointer or a wide scalar. */
  readonly sizeBytes: 4 | 8;
  readonly isPointer: boolean;
}

export interface XclbinOptions {
  readonly kernel: string;
  readonly arguments: readonly KernelArgument[];
  /** 16 bytes that name this image. */
  readonly uuid?: Uint8Array;
}

const headerBytes = 456;
const sectionHeaderBytes = 40;
const kinds = {
  bitstream: 0,
  metadata: 2,
  memoryTopology: 6,
  connectivity: 7,
  ipLayout: 8,
  groupTopology: 26,
  groupConnectivity: 27,
} as const;
const bankBytes = 2 ** 30;
const bankAddress = 0x4000000000n;

/** The bytes of an xclbin file; every section starts at a multiple of 8. */
export function writeXclbin(options: XclbinOptions): Uint8Array {
  const topology = memoryTopology();
  const wires = connectivity(options.arguments);
  const sections: readonly (readonly [number, Uint8Array])[] = [
    [kinds.bitstream, new TextEncoder().encode('no bitstream: simulated card')],
    [kinds.metadata, new TextEncoder().encode(metadata(options))],
    [kinds.memoryTopology, topology],
    [kinds.connectivity, wires],
    [kinds.ipLayout, ipLayout(options.kernel)],
    [kinds.groupTopology, topology],
    [kinds.groupConnectivity, wires],
  ];
  let end = headerBytes + sections.length * sectionHeaderBytes;
  const placed = sections.map(([kind, bytes]) => {
    const at = Math.ceil(end / 8) * 8;
    end = at + bytes.length;
    return { kind, bytes, at };
  });
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  text(file, 0, 8, 'xclbin2');
  view.setInt32(8, -1, true);
  file.fill(0xff, 12, 12 + 28 + 256);
  view.setBigUint64(304, BigInt(end), true);
  // Version 2.13.0: patch, major, minor; mode 0 (flat), no action.
  view.setUint16(328, 0, true);
  view.setUint8(330, 2);
  view.setUint8(331, 13);
  text(file, 352, 64, 'tierwise_simulated_card_1');
  file.set(options.uuid ?? Uint8Array.from({ length: 16 }, (_, i) => i + 1), 416);
  view.setUint32(448, sections.length, true);
  placed.forEach(({ kind, bytes, at }, i) => {
    const header = headerBytes + i * sectionHeaderBytes;
    view.setUint32(header, kind, true);
    view.setBigUint64(header + 24, BigInt(at), true);
    view.setBigUint64(header + 32, BigInt(bytes.length), true);
    file.set(bytes, at);
  });
  return file;
}

function text(into: Uint8Array, at: number, room: number, value: string): void {
  into.set(new TextEncoder().encode(value).subarray(0, room - 1), at);
}

/** One DDR bank of 1 GiB. */
function memoryTopology(): Uint8Array {
  const bytes = new Uint8Array(48);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 1, true);
  view.setUint8(8, 1); // MEM_DDR4
  view.setUint8(9, 1); // used
  view.setBigUint64(16, BigInt(bankBytes / 1024), true);
  view.setBigUint64(24, bankAddress, true);
  text(bytes, 32, 16, 'bank0');
  return bytes;
}

/** Every pointer argument goes to bank 0. */
function connectivity(args: readonly KernelArgument[]): Uint8Array {
  const pointers = args.flatMap((arg, index) => (arg.isPointer ? [index] : []));
  const bytes = new Uint8Array(4 + 12 * pointers.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, pointers.length, true);
  pointers.forEach((index, i) => view.setInt32(4 + 12 * i, index, true));
  return bytes;
}

/** One compute unit at address 0 with an ap_ctrl_hs control block. */
function ipLayout(kernel: string): Uint8Array {
  const bytes = new Uint8Array(8 + 80);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 1, true);
  view.setUint32(8, 1, true); // IP_KERNEL
  text(bytes, 24, 64, `${kernel}:${kernel}_1`);
  return bytes;
}

function metadata({ kernel, arguments: args }: XclbinOptions): string {
  const hex = (value: number): string => `0x${value.toString(16)}`;
  const lines = args.map(
    (arg, id) =>
      `<arg name="${arg.name}" addressQualifier="${arg.isPointer ? 1 : 0}" id="${id}" port="${arg.isPointer ? 'M_AXI_GMEM' : 'S_AXI_CONTROL'}" ` +
      `size="${hex(arg.sizeBytes)}" offset="${hex(arg.offset)}" hostOffset="0x0" hostSize="${hex(arg.sizeBytes)}" type="${arg.isPointer ? 'void*' : arg.sizeBytes === 8 ? 'ulong' : 'uint'}"/>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<project name="${kernel}"><platform vendor="tierwise" boardid="simulated" name="card" featureRomTime="0"><version major="1" minor="0"/>
<device name="fpga0" fpgaDevice="simulated" addrWidth="0"><core name="OCL_REGION_0" type="clc_region" clockFreq="300MHz" numComputeUnits="1">
<kernel name="${kernel}" language="ip" vlnv="tierwise:kernel:${kernel}:1.0" attributes="" preferredWorkGroupSizeMultiple="0" workGroupSize="1" interrupt="true" hwControlProtocol="ap_ctrl_hs">
<port name="S_AXI_CONTROL" mode="slave" range="0x1000" dataWidth="32" portType="addressable" base="0x0"/>
<port name="M_AXI_GMEM" mode="master" range="0xFFFFFFFFFFFFFFFF" dataWidth="64" portType="addressable" base="0x0"/>
${lines.join('\n')}
<instance name="${kernel}_1"><addrRemap base="0x0" port="S_AXI_CONTROL"/></instance>
</kernel></core></device></platform></project>
`;
}
