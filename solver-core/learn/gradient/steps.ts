import { TierwiseError } from '../../model/error.ts';

/** The error `learning-diverged`. `rate`: the learning rate of the steps. */
export function diverged(rate: number): TierwiseError {
  return new TierwiseError(
    'learning-diverged',
    `gradient steps with the rate ${rate} made the weights infinite or not a number; nothing was kept`,
    'Use a smaller rate in the plan, for example a tenth of it, or scale the data.',
  );
}

/** [count] the numbers from 0 on in a random order (Fisher and Yates). `below(n)` draws a whole number from 0 to n - 1. */
export function shuffled(count: number, below: (n: number) => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = below(i + 1);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
