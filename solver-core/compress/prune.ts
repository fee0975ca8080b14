import { assert } from '../model/error.ts';
import type { Chooser } from './compensate.ts';

/**
 * Zeros for the given share of the weights of every block of inputs, those whose loss w²/U_ii² is smallest (SparseGPT: Frantar and
 * Alistarh, arXiv 2301.00774); the others stay as they are. fraction: 0..1.
 */
export function pruning(fraction: number): Chooser {
  assert(fraction >= 0 && fraction <= 1, `a share of ${fraction} of the weights cannot be pruned; 0 to 1 is possible`);
  return {
    block(inputs, w, importance) {
      const k = w.length / inputs.length;
      const losses = w.map((v, at) => v * v * importance[Math.floor(at / k)]!);
      const order = Array.from(losses.keys()).sort((a, b) => losses[a]! - losses[b]! || a - b);
      const zero = new Uint8Array(w.length);
      for (const at of order.slice(0, Math.round(fraction * w.length))) zero[at] = 1;
      return (i, n, value) => (zero[i * k + n] === 1 ? 0 : value);
    },
  };
}
