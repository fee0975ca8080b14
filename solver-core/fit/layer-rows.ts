import type { ActivationSource } from './activations.ts';
import type { RowChunk, RowSource } from './backend.ts';
import type { LabelTargets } from './rows.ts';
import type { TargetRows } from './targets/strategy.ts';

/**
 * The ridge problem's rows of one layer: its inputs with their targets. Targets are computed once and kept when all of them fit into
 * `budgetBytes`, else on every pass.
 */
export function layerRows(input: ActivationSource, outputs: number, fill: TargetRows, budgetBytes: number): RowSource {
  const keeps = input.rows * outputs * Float32Array.BYTES_PER_ELEMENT <= budgetBytes;
  const kept = keeps ? new Float32Array(input.rows * outputs) : undefined;
  let isFilled = false;
  let scratch = new Float32Array(0);
  return {
    rows: input.rows,
    columns: input.columns,
    outputs,
    async *chunks(): AsyncGenerator<RowChunk> {
      let rowsSeen = 0;
      for await (const { x, rows, firstRow } of input.chunks()) {
        if (kept === undefined && scratch.length < rows * outputs) scratch = new Float32Array(rows * outputs);
        const y = kept === undefined ? scratch : kept.subarray(firstRow * outputs, (firstRow + rows) * outputs);
        if (kept === undefined || !isFilled) fill(x, rows, firstRow, y);
        rowsSeen += rows;
        yield { rows, x, y };
      }
      if (rowsSeen === input.rows) isFilled = true;
    },
  };
}

/** Targets of a layer that answers the labels itself: the labels, repeated for every position of a sample. */
export function answerTargets(labels: LabelTargets, positions: number): TargetRows {
  const { width } = labels;
  return (_x, rows, firstRow, into) => {
    if (positions === 1) return labels.fill(firstRow, rows, into);
    for (let r = 0; r < rows; r++) labels.fill(Math.floor((firstRow + r) / positions), 1, into.subarray(r * width, (r + 1) * width));
  };
}
