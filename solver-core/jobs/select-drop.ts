/** Loss of quality: accuracy in shares of one (0.01 is one point), mean squared error as a share of what it was. Negative for a gain. */
export function dropOf(metric: 'accuracy' | 'mse', before: number, after: number): number {
  if (metric === 'accuracy') return before - after;
  if (before === after) return 0;
  return before === 0 ? Number.MAX_VALUE : after / before - 1;
}
