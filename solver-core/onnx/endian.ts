/** True on machines that store numbers as ONNX files do; all common ones. */
export function isLittleEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
}
