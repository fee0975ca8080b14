/** What one row of scores says after division by a temperature. */
export interface RowOpinion {
  /** The class of the largest score, the first of equal ones; -1 without any score. */
  readonly best: number;
  /** Its probability, 0 to 1. */
  readonly confidence: number;
  /** −log of the label's probability, nats, at most `largestLoss`; 0 without a label. */
  readonly loss: number;
}

/** Loss of a label that is not among the scores, or has no probability worth naming: −log(1e-6). A sum of losses stays a number. */
export const largestLoss = -Math.log(1e-6);

/** Softmax of one row of scores / temperature. A score that is not a number never wins. `label`: null: not known. */
export function opinionOf(scores: Float32Array, row: number, outputs: number, temperature: number, label: number | null): RowOpinion {
  const from = row * outputs;
  let best = -1;
  for (let o = 0; o < outputs; o++) {
    const v = scores[from + o]!;
    if (!Number.isNaN(v) && (best < 0 || v > scores[from + best]!)) best = o;
  }
  if (best < 0) return { best, confidence: 0, loss: label === null ? 0 : largestLoss };
  const top = scores[from + best]!;
  let sum = 0;
  for (let o = 0; o < outputs; o++) {
    const v = scores[from + o]!;
    if (!Number.isNaN(v)) sum += Math.exp((v - top) / temperature);
  }
  const confidence = Number.isFinite(top) ? 1 / sum : 0;
  if (label === null) return { best, confidence, loss: 0 };
  const mine = label < outputs ? scores[from + label]! : NaN;
  const loss = Math.log(sum) - (mine - top) / temperature;
  return { best, confidence, loss: loss <= largestLoss ? Math.max(0, loss) : largestLoss };
}
