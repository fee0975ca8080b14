import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Axis } from '../../../../solver-core/energy/mapping/axis.ts';
import { storedTaps, tiledElements } from '../../../../solver-core/energy/mapping/axis.ts';
import type { Dim, Nest, Pass } from '../../../../solver-core/energy/mapping/nest.ts';
import { nestTraffic } from '../../../../solver-core/energy/mapping/traffic.ts';
import { walkNest } from './walk.ts';

const small = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const axis = (maxOutputs: number): fc.Arbitrary<Axis> =>
  fc.record({
    size: small(7),
    outputs: small(maxOutputs),
    kernel: small(3),
    stride: small(3),
    dilation: small(2),
    before: fc.integer({ min: 0, max: 2 }),
  });

const dims: readonly Dim[] = ['images', 'outputs', 'channels', 'rows'];

const pass: fc.Arbitrary<Pass> = fc.oneof(
  fc.record({ dataflow: fc.constantFrom('weight-stationary' as const, 'output-stationary' as const), rows: small(5), columns: small(3) }),
  fc.record({
    dataflow: fc.constant('row-stationary' as const),
    strip: small(3),
    kernelRows: small(3),
    channels: small(2),
    filters: small(2),
    channelSets: small(2),
    filterSets: small(2),
  }),
);

const nests: fc.Arbitrary<Nest> = fc
  .record({
    shape: fc.record({ images: small(2), groups: small(2), outputs: small(4), channels: small(4), rows: axis(4), columns: axis(3) }),
    order: fc.shuffledSubarray([...dims], { minLength: 4, maxLength: 4 }),
    tiles: fc.record({ images: small(2), outputs: small(4), channels: small(4), rows: small(4) }),
    pass,
    weightsPassThrough: fc.boolean(),
  })
  .map(({ shape, order, tiles, pass: p, weightsPassThrough }) => {
    // Strips do not cross tiles of the buffer unevenly: a tile is whole strips, as the mapper makes them.
    const rows = p.dataflow === 'row-stationary' ? tiles.rows * p.strip : tiles.rows;
    return { shape, outer: order.map((dim) => ({ dim, tile: dim === 'rows' ? rows : tiles[dim] })), pass: p, weightsPassThrough };
  });

describe('formulas against a walk through every iteration', () => {
  test('multiply-adds, cycles, passes and words at every level, all dataflows', () => {
    fc.assert(
      fc.property(nests, (nest) => {
        expect(nestTraffic(nest, 5, 3)).toEqual(walkNest(nest, 5, 3));
      }),
      { seed: 20, numRuns: 800 },
    );
  });

  test('elements of tiled windows', () => {
    fc.assert(
      fc.property(axis(12), small(12), small(3), (a, tile, tapTile) => {
        let elements = 0;
        for (let first = 0; first < a.outputs; first += tile)
          for (let firstTap = 0; firstTap < a.kernel; firstTap += tapTile) {
            const read = new Set<number>();
            for (let o = first; o < Math.min(first + tile, a.outputs); o += 1)
              for (let t = firstTap; t < Math.min(firstTap + tapTile, a.kernel); t += 1) {
                const index = o * a.stride + t * a.dilation - a.before;
                if (index >= 0 && index < a.size) read.add(index);
              }
            elements += read.size;
          }
        expect(tiledElements(a, tile, tapTile)).toBe(elements);
        expect(tiledElements(a, 1, 1)).toBe(storedTaps(a));
      }),
      { seed: 21, numRuns: 3000 },
    );
  });
});
