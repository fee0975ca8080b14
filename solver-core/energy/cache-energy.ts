import type { EnergyContext } from './cost.ts';
import { macOn, staticPart, timeOf, trafficEnergy } from './cost.ts';
import type { Placement } from './inference.ts';
import type { Band, Quantity } from './quantity.ts';
import { addBand, exactly, quantity, scaleBand, timesBand } from './quantity.ts';
import type { MemoryLevel } from './target.ts';
import { modelCount } from './work.ts';

/** How large a cache of representations is, and what one of its entries holds. */
export interface CacheSize {
  /** Most bytes that it may take. */
  readonly limitBytes: number;
  /** Bytes of what is looked up: 4 per token, or those of a row. */
  readonly keyBytes: number;
  /** Bytes of a representation. */
  readonly valueBytes: number;
  /** Units (tokens or rows) that one decision reads: what a hit need not compute. */
  readonly unitsPerDecision: number;
}

/** What using a cache costs. */
export interface CachePrices {
  /** Hash of so many bytes, and one access to the table. */
  lookup(keyBytes: number): Quantity<'J'>;
  /** Reading or writing so many bytes. */
  move(bytes: number): Quantity<'J'>;
}

/** Multiply-adds of 32 bits per 4-byte word of the hash: 3 products and 3 sums, and 2 rotations taken as one more; high: two rounds. */
const hashPerWord: Band = {
  value: 4,
  low: 3,
  high: 8,
  source: 'assumed',
  ref: 'hash: 4 multiply-adds of 32 bits per word (3 to 8) assumed',
};

/** Words by which a hash is longer than its key: the module's version of 64 characters, its length, the kind of key, and the final mixing. */
const hashFixedWords = 72;

/** Bytes of one access to the table: hash and place of an entry; low: the hash alone, high: a line of 64 bytes. */
const entryBytes: Band = { value: 32, low: 16, high: 64, source: 'assumed', ref: 'look-up: 32 bytes of the table (16 to 64) assumed' };

/**
 * Prices of a cache on a target: the hash as 32-bit integer multiply-adds in the target's arithmetic, bytes at the energy per bit of the
 * nearest memory that holds the whole cache beside the weights and activations that live there. Without a cache everything costs nothing.
 */
export function cachePrices(cache: CacheSize | null, placement: Placement, context: EnergyContext): CachePrices {
  const { target } = context;
  const none = exactly(0, 'J', 'modelled', 'there is no cache');
  if (cache === null) return { lookup: () => none, move: () => none };
  const level = cacheLevel(cache.limitBytes, placement, context);
  const bits = (bytes: Band): Band => trafficEnergy(context, level, scaleBand(bytes, 8));
  const mac = macOn(target, context, { kind: 'int', weightBits: 32, activationBits: 32, accumulatorBits: 32 });
  return {
    lookup: (keyBytes) => {
      const macs = scaleBand(hashPerWord, Math.ceil(keyBytes / 4) + hashFixedWords);
      const parts = [timesBand(mac, macs), bits(entryBytes), ...staticPart(target, timeOf(target, macs)).map(([, band]) => band)];
      return quantity('J', parts.reduce(addBand));
    },
    move: (bytes) => (bytes === 0 ? none : quantity('J', bits(modelCount(bytes)))),
  };
}

/** The nearest memory with room for the cache beside what lives there already; the last one holds everything. */
export function cacheLevel(limitBytes: number, placement: Placement, { target }: EnergyContext): MemoryLevel {
  const taken = (level: MemoryLevel): number =>
    (placement.weights === level ? placement.weightBytes : 0) + (placement.activations === level ? placement.activationBytes : 0);
  const found = target.memories.find((level) => level.sizeBytes === null || level.sizeBytes >= limitBytes + taken(level));
  return found ?? (target.memories.at(-1) as MemoryLevel);
}
