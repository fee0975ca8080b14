import type { CompoundEnergy } from '../../../solver-core/protocol/compound-documents.ts';
import type { CompoundPrices, HeadSize } from '../../../solver-core/energy/compound-energy.ts';
import { noJoules } from '../../../solver-core/energy/compound-energy.ts';
import type { Quantity } from '../../../solver-core/energy/quantity.ts';
import { add, scale } from '../../../solver-core/energy/quantity.ts';

/** What a stream of decisions does on average. */
export interface AverageDecision {
  /** H: share of look-ups whose whole representation is there, 0 to 1. Ignored without a cache. */
  readonly hitRate: number;
  /** q: share of decisions that go to the upper module, 0 to 1. */
  readonly escalated: number;
  /** Units that a decision reads through each module. */
  readonly lowerUnits: number;
  readonly upperUnits: number;
  /** Bytes of a key and of a key with its representation; null: there is no cache. */
  readonly cache: { readonly keyBytes: number; readonly entryBytes: number } | null;
  readonly head: HeadSize;
  readonly upperHead: HeadSize;
}

/**
 * Expected joules of a decision (method 4.2): (1−H)·E_lower + E_lookup + H·E_read + (1−H)·E_write + E_head + q·(E_upper + E_upper head). Writing
 * what was missed is counted, so that a cache which is never hit costs more than none.
 */
export function averageDecision(prices: CompoundPrices, average: AverageDecision): CompoundEnergy {
  const { cache, head, upperHead, escalated } = average;
  const hitRate = cache === null ? 0 : average.hitRate;
  const kept =
    cache === null
      ? noJoules
      : total([
          prices.lookupOf(cache.keyBytes),
          several(prices.read(cache.entryBytes), hitRate),
          several(prices.write(cache.entryBytes), 1 - hitRate),
        ]);
  const above = total([several(prices.upper, average.upperUnits), prices.head(upperHead.outputs, upperHead.inputs)]);
  return withTotal({
    lower: several(prices.lower, (1 - hitRate) * average.lowerUnits),
    cache: kept,
    head: prices.head(head.outputs, head.inputs),
    upper: several(above, escalated),
  });
}

/** Sum of energies; what nothing was spent on adds no reference. */
function total(parts: readonly Quantity<'J'>[]): Quantity<'J'> {
  return parts.filter(({ high }) => high > 0).reduce((sum, part) => (sum === noJoules ? part : add(sum, part)), noJoules);
}

function withTotal(parts: Omit<CompoundEnergy, 'total'>): CompoundEnergy {
  return { total: total([parts.lower, parts.cache, parts.head, parts.upper]), ...parts };
}

function several(price: Quantity<'J'>, count: number): Quantity<'J'> {
  return count === 0 ? noJoules : scale(price, count);
}
