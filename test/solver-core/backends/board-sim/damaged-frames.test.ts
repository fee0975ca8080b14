import { expect, test } from 'vitest';
import { runDamaged } from './damage-run.ts';
import { boardImage } from './real-board.ts';

/* The whole run of 20 000 frames is bench/serial-damage.mjs. */
test.skipIf(process.platform === 'win32')(
  'a tenth of the frames corrupted, garbage before a twentieth, some lost, two unplugs: never a wrong result',
  async () => {
    const { counts, unplugs, right, failed, wrong } = await runDamaged(await boardImage(), {
      rates: { corrupted: 0.1, garbage: 0.05, dropped: 0.01 },
      seed: 20261121,
      frames: 400,
      unplugAfter: [15_000, 15_000],
      size: [24, 4, 60],
      reads: 6,
    });
    expect({ wrong, unplugs }).toEqual({ wrong: 0, unplugs: 2 });
    expect(right).toBeGreaterThan(0);
    expect(right).toBeGreaterThan(failed.length);
    expect(Math.min(counts.corrupted / 20, counts.garbage / 10, counts.dropped)).toBeGreaterThan(0.5);
  },
  300_000,
);
