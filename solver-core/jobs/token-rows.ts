/**
 * Copies rows of `width` numbers to every `stride`-th row of `target`, beginning at row `first`: the outputs of one token of every window go
 * to their places in windows that follow each other. A plain loop: views of single rows would cost more than the numbers in them.
 */
export function spreadRows(rows: Float32Array, width: number, target: Float32Array, first: number, stride: number): void {
  if (stride === 1) {
    target.set(rows, first * width);
    return;
  }
  let to = first * width;
  const skip = (stride - 1) * width;
  for (let from = 0; from < rows.length; to += skip) for (const end = from + width; from < end;) target[to++] = rows[from++]!;
}

/** The opposite: fills `target` with every `stride`-th row of `rows`, beginning at row `first`. */
export function gatherRows(rows: Float32Array, width: number, target: Float32Array, first: number, stride: number): void {
  if (stride === 1) {
    target.set(rows.subarray(first * width, first * width + target.length));
    return;
  }
  let from = first * width;
  const skip = (stride - 1) * width;
  for (let to = 0; to < target.length; from += skip) for (const end = to + width; to < end;) target[to++] = rows[from++]!;
}
