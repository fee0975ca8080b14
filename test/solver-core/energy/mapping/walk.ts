import type { Axis } from '../../../../solver-core/energy/mapping/axis.ts';
import type { Nest, Operand, RowStationaryPass, SystolicPass } from '../../../../solver-core/energy/mapping/nest.ts';
import { operands } from '../../../../solver-core/energy/mapping/nest.ts';
import type { Level } from '../../../../solver-core/energy/mapping/traffic.ts';
import { levels } from '../../../../solver-core/energy/mapping/traffic.ts';

interface Count {
  reads: number;
  writes: number;
  arrivals: number;
  departures: number;
}

/** What the walk counted; the same shape as the formulas give. */
export interface Walked {
  macs: number;
  cycles: number;
  passes: number;
  levels: Record<Level, Record<Operand, Count>>;
}

/** A multiply-add by its indices. */
interface Point {
  readonly n: number;
  readonly m: number;
  readonly c: number;
  readonly p: number;
  readonly q: number;
  readonly r: number;
  readonly s: number;
}

/**
 * Walks every iteration of a nest with explicit memories: a buffer that holds one tile of each operand and knows which, units with registers.
 * Nothing is computed by formula: each move of a word adds one to a counter. Independent of the formulas it checks.
 */
export function walkNest(nest: Nest, arrayRows: number, arrayColumns: number): Walked {
  const walked = emptyCounts();
  const { shape } = nest;
  for (let g = 0; g < shape.groups; g += 1) {
    const held = new Map<Operand, string>();
    const spilled = new Set<string>();
    let sums = new Set<string>();
    let sumTile: readonly string[] = [];
    const leave = (): void => {
      walked.levels.buffer.outputs.departures += sumTile.length;
      walked.levels.dram.outputs.writes += sumTile.length;
      for (const word of sumTile) spilled.add(word);
      sums = new Set();
    };
    for (const tile of outerTiles(nest)) {
      const points = pointsOf(tile);
      const words: Record<Operand, readonly string[]> = {
        weights: distinct(points.map(weightOf)),
        inputs: distinct(points.map((point) => inputOf(nest, point)).filter((word) => word !== null)),
        outputs: distinct(points.map(outputOf)),
      };
      const key: Record<Operand, string> = {
        weights: JSON.stringify([tile.m, tile.c]),
        inputs: JSON.stringify([tile.n, tile.c, tile.p]),
        outputs: JSON.stringify([tile.n, tile.m, tile.p]),
      };
      for (const operand of ['weights', 'inputs'] as const) {
        if (held.get(operand) === key[operand] && !(operand === 'weights' && nest.weightsPassThrough)) continue;
        walked.levels.dram[operand].reads += words[operand].length;
        walked.levels.buffer[operand].arrivals += words[operand].length;
        held.set(operand, key[operand]);
      }
      if (held.get('outputs') !== key.outputs) {
        if (held.has('outputs')) leave();
        sumTile = words.outputs;
        for (const word of sumTile.filter((w) => spilled.has(w))) {
          walked.levels.dram.outputs.reads += 1;
          walked.levels.buffer.outputs.arrivals += 1;
          sums.add(word);
        }
        held.set('outputs', key.outputs);
      }
      const addInBuffer = (word: string): void => {
        const { outputs } = walked.levels.buffer;
        if (sums.has(word)) {
          outputs.reads += 1;
          outputs.writes += 1;
        } else outputs.arrivals += 1;
        sums.add(word);
      };
      const world: World = { nest, walked, tile, addInBuffer, arrayRows, arrayColumns };
      const { pass } = nest;
      if (pass.dataflow === 'row-stationary') walkRowStationary(world, pass);
      else if (pass.dataflow === 'weight-stationary') walkWeightStationary(world, pass);
      else walkOutputStationary(world, pass);
    }
    leave();
  }
  return walked;
}

interface World {
  readonly nest: Nest;
  readonly walked: Walked;
  readonly tile: Tile;
  readonly addInBuffer: (word: string) => void;
  readonly arrayRows: number;
  readonly arrayColumns: number;
}

function walkWeightStationary({ nest, walked, tile, addInBuffer, arrayRows, arrayColumns }: World, pass: SystolicPass): void {
  const { registers, array, buffer } = walked.levels;
  for (const filters of chunks(tile.m, pass.columns)) {
    for (const products of chunks(productsOf(tile), pass.rows)) {
      walked.passes += 1;
      // The lowest rows are used; a weight is shifted down from the top of its column, one row after the other.
      const firstRow = arrayRows - products.length;
      for (let unit = 0; unit < filters.length * products.length; unit += 1) {
        buffer.weights.reads += 1;
        registers.weights.arrivals += 1;
        for (let row = 0; row <= firstRow + (unit % products.length); row += 1) array.weights.reads += 1;
      }
      walked.cycles += arrayRows;
      for (const position of positionsOf(tile)) {
        walked.cycles += 1;
        for (const product of products) if (inputOf(nest, { ...position, ...product, m: 0 }) !== null) buffer.inputs.reads += 1;
        for (const m of filters) {
          products.forEach((product, row) => {
            walked.macs += 1;
            registers.weights.reads += 1;
            if (inputOf(nest, { ...position, ...product, m }) !== null) array.inputs.reads += 1;
            if (row > 0) array.outputs.reads += 1;
          });
          addInBuffer(outputOf({ ...position, m }));
        }
      }
      walked.cycles += arrayRows + arrayColumns - 2;
    }
  }
}

function walkOutputStationary({ nest, walked, tile, addInBuffer, arrayRows, arrayColumns }: World, pass: SystolicPass): void {
  const { registers, array, buffer } = walked.levels;
  for (const filters of chunks(tile.m, pass.columns)) {
    for (const positions of chunks(positionsOf(tile), pass.rows)) {
      walked.passes += 1;
      const sums = new Set<string>();
      const rowOf = new Map<string, number>();
      for (const product of productsOf(tile)) {
        walked.cycles += 1;
        buffer.weights.reads += filters.length;
        for (const [row, position] of positions.entries()) {
          const stored = inputOf(nest, { ...position, ...product, m: 0 }) !== null;
          if (stored) buffer.inputs.reads += 1;
          for (const m of filters) {
            walked.macs += 1;
            array.weights.reads += 1;
            if (stored) array.inputs.reads += 1;
            const word = outputOf({ ...position, m });
            rowOf.set(word, row);
            if (sums.has(word)) {
              registers.outputs.reads += 1;
              registers.outputs.writes += 1;
            } else registers.outputs.arrivals += 1;
            sums.add(word);
          }
        }
      }
      for (const word of sums) {
        registers.outputs.departures += 1;
        // Shifted down to the lowest row, from which the buffer takes it.
        for (let row = rowOf.get(word) ?? 0; row < arrayRows - 1; row += 1) array.outputs.reads += 1;
        addInBuffer(word);
      }
      walked.cycles += arrayRows + arrayColumns - 2 + arrayRows;
    }
  }
}

function walkRowStationary({ nest, walked, tile, addInBuffer }: World, pass: RowStationaryPass): void {
  const { registers, array, buffer } = walked.levels;
  for (const kernelRows of chunks(tile.r, pass.kernelRows)) {
    for (const filters of chunks(tile.m, pass.filters * pass.filterSets)) {
      for (const channels of chunks(tile.c, pass.channels * pass.channelSets)) {
        const inRegisters = new Set<string>();
        chunks(tile.p, pass.strip).forEach((strip, stripIndex) => {
          walked.passes += 1;
          const inputsOfPass = new Set<string>();
          const contributions = new Map<string, number>();
          const weightsOfPass = new Set<string>();
          let slowest = 0;
          for (const [fs, unitFilters] of chunks(filters, pass.filters).entries())
            for (const [cs, unitChannels] of chunks(channels, pass.channels).entries())
              for (const r of kernelRows)
                for (const [j, p] of strip.entries()) {
                  const inputs = new Set<string>();
                  const weights = new Set<string>();
                  const sums = new Set<string>();
                  let cycles = 0;
                  for (const n of tile.n)
                    for (const q of tile.q)
                      for (const s of tile.s)
                        for (const c of unitChannels)
                          for (const m of unitFilters) {
                            const point = { n, m, c, p, q, r, s };
                            cycles += 1;
                            walked.macs += 1;
                            registers.weights.reads += 1;
                            weights.add(weightOf(point));
                            const input = inputOf(nest, point);
                            if (input !== null) {
                              registers.inputs.reads += 1;
                              inputs.add(input);
                            }
                            const word = outputOf(point);
                            if (sums.has(word)) {
                              registers.outputs.reads += 1;
                              registers.outputs.writes += 1;
                            } else registers.outputs.arrivals += 1;
                            sums.add(word);
                          }
                  slowest = Math.max(slowest, cycles);
                  registers.inputs.arrivals += inputs.size;
                  array.inputs.reads += inputs.size;
                  for (const word of inputs) inputsOfPass.add(word);
                  registers.outputs.departures += sums.size;
                  for (const word of sums) contributions.set(word, (contributions.get(word) ?? 0) + 1);
                  for (const word of weights) {
                    const place = [fs, cs, r, j, word].join();
                    if (inRegisters.has(place)) continue;
                    if (stripIndex > 0) throw new Error('a later strip is larger than the first');
                    inRegisters.add(place);
                    registers.weights.arrivals += 1;
                    array.weights.reads += 1;
                    weightsOfPass.add(word);
                  }
                }
          buffer.weights.reads += weightsOfPass.size;
          buffer.inputs.reads += inputsOfPass.size;
          for (const [word, count] of contributions) {
            array.outputs.reads += count - 1;
            addInBuffer(word);
          }
          walked.cycles += slowest;
        });
      }
    }
  }
}

/** Indices of a tile of the buffer along every dimension. */
interface Tile {
  readonly n: readonly number[];
  readonly m: readonly number[];
  readonly c: readonly number[];
  readonly p: readonly number[];
  readonly q: readonly number[];
  readonly r: readonly number[];
  readonly s: readonly number[];
}

const nameOf = { images: 'n', outputs: 'm', channels: 'c', rows: 'p' } as const;

function outerTiles({ shape, outer }: Nest): Tile[] {
  const whole: Tile = {
    n: range(shape.images),
    m: range(shape.outputs),
    c: range(shape.channels),
    p: range(shape.rows.outputs),
    q: range(shape.columns.outputs),
    r: range(shape.rows.kernel),
    s: range(shape.columns.kernel),
  };
  return outer.reduce<Tile[]>(
    (tiles, loop) =>
      tiles.flatMap((tile) => chunks(tile[nameOf[loop.dim]], loop.tile).map((part) => ({ ...tile, [nameOf[loop.dim]]: part }))),
    [whole],
  );
}

function positionsOf({ n, p, q }: Tile): Pick<Point, 'n' | 'p' | 'q'>[] {
  return n.flatMap((i) => p.flatMap((j) => q.map((k) => ({ n: i, p: j, q: k }))));
}

function productsOf({ c, r, s }: Tile): Pick<Point, 'c' | 'r' | 's'>[] {
  return c.flatMap((i) => r.flatMap((j) => s.map((k) => ({ c: i, r: j, s: k }))));
}

function pointsOf(tile: Tile): Point[] {
  return positionsOf(tile).flatMap((position) =>
    productsOf(tile).flatMap((product) => tile.m.map((m) => ({ ...position, ...product, m }))),
  );
}

function weightOf({ m, c, r, s }: Point): string {
  return [m, c, r, s].join();
}

function outputOf({ n, m, p, q }: Pick<Point, 'n' | 'm' | 'p' | 'q'>): string {
  return [n, m, p, q].join();
}

/** The stored input that a multiply-add reads; null in the padding. */
function inputOf({ shape }: Nest, { n, c, p, q, r, s }: Point): string | null {
  const y = at(shape.rows, p, r);
  const x = at(shape.columns, q, s);
  return y === null || x === null ? null : [n, c, y, x].join();
}

function at(axis: Axis, output: number, tap: number): number | null {
  const index = output * axis.stride + tap * axis.dilation - axis.before;
  return index < 0 || index >= axis.size ? null : index;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words)];
}

function emptyCounts(): Walked {
  const zero = (): Count => ({ reads: 0, writes: 0, arrivals: 0, departures: 0 });
  const perOperand = (): Record<Operand, Count> => Object.fromEntries(operands.map((o) => [o, zero()])) as Record<Operand, Count>;
  const all = Object.fromEntries(levels.map((level) => [level, perOperand()])) as Walked['levels'];
  return { macs: 0, cycles: 0, passes: 0, levels: all };
}
