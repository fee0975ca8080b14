import { assert } from '../model/error.ts';
import type { ActivationChunk, ActivationSource } from './activations.ts';
import type { RowChunk, RowSource } from './backend.ts';
import type { LabelTargets } from './rows.ts';
import type { LayerTargets, TargetRows } from './targets/strategy.ts';

/**
 * The ridge problem's rows of one layer: its inputs with their targets. Targets that are computed are kept when all of them fit into
 * `budgetBytes`, else made again on every pass; targets that can be read are read beside the inputs.
 */
export function layerRows(
  input: ActivationSource,
  outputs: number,
  targets: Exclude<LayerTargets, { kind: 'weights' }>,
  budgetBytes: number,
): RowSource {
  const common = { rows: input.rows, columns: input.columns, outputs };
  if (targets.kind === 'rows') {
    assert(
      targets.targets.rows === input.rows && targets.targets.columns === outputs,
      `targets of [${targets.targets.rows}, ${targets.targets.columns}] for rows of [${input.rows}, ${outputs}]`,
    );
    return { ...common, chunks: (preferredRows) => besideRows(input, targets.targets, preferredRows) };
  }
  const { fill } = targets;
  const keeps = input.rows * outputs * Float32Array.BYTES_PER_ELEMENT <= budgetBytes;
  const kept = keeps ? new Float32Array(input.rows * outputs) : undefined;
  let isFilled = false;
  let scratch = new Float32Array(0);
  return {
    ...common,
    async *chunks(preferredRows?: number): AsyncGenerator<RowChunk> {
      let rowsSeen = 0;
      for await (const { x, rows, firstRow, bytes } of input.chunks(preferredRows)) {
        if (kept === undefined && scratch.length < rows * outputs) scratch = new Float32Array(rows * outputs);
        const y = kept === undefined ? scratch : kept.subarray(firstRow * outputs, (firstRow + rows) * outputs);
        if (kept === undefined || !isFilled) fill(x, rows, firstRow, y);
        rowsSeen += rows;
        yield { rows, x: bytes ?? x, y };
      }
      if (rowsSeen === input.rows) isFilled = true;
    },
  };
}

/** Two sources of the same rows, read side by side in the chunks of the first. */
async function* besideRows(input: ActivationSource, targets: ActivationSource, preferredRows?: number): AsyncGenerator<RowChunk> {
  const others = targets.chunks()[Symbol.asyncIterator]();
  try {
    let chunk: ActivationChunk | undefined;
    let used = 0;
    let y = new Float32Array(0);
    const { columns } = targets;
    for await (const { rows, x } of input.chunks(preferredRows)) {
      if (y.length < rows * columns) y = new Float32Array(rows * columns);
      for (let have = 0; have < rows;) {
        if (chunk === undefined || used === chunk.rows) {
          const next = await others.next();
          assert(next.done !== true, 'the targets end before the rows');
          chunk = next.value;
          used = 0;
        }
        const count = Math.min(rows - have, chunk.rows - used);
        y.set(chunk.x.subarray(used * columns, (used + count) * columns), have * columns);
        have += count;
        used += count;
      }
      yield { rows, x, y };
    }
  } finally {
    await others.return?.();
  }
}

/**
 * Targets of a layer that answers the labels itself: the labels, repeated for every position of a sample; `count` of them from
 * `first` on.
 */
export function answerTargets(labels: LabelTargets, positions: number, first = 0, count = labels.width): TargetRows {
  const { width } = labels;
  const row = new Float32Array(width);
  return (_x, rows, firstRow, into) => {
    if (positions === 1 && count === width) return labels.fill(firstRow, rows, into);
    for (let r = 0; r < rows; r++) {
      labels.fill(Math.floor((firstRow + r) / positions), 1, row);
      into.set(row.subarray(first, first + count), r * count);
    }
  };
}
