/** The next larger float32 of a float32 of 0 or more; infinity behind the largest one. IEEE 754: the bits of such floats count upwards. */
export function nextFloat(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value === 0 ? 0 : value);
  view.setUint32(0, view.getUint32(0) + 1);
  return view.getFloat32(0);
}
