import type { PythonLayer, Quantity, Source } from '../../solver-core/protocol/index.ts';

/** Layers whose constructors begin on the same line, in the order of the text. A literal loop builds several by one call. */
export interface LineLayers {
  /** Zero-based. */
  readonly line: number;
  readonly layers: readonly PythonLayer[];
}

/** Groups layers by the line on which their constructor begins, in the order of the lines. */
export function layersByLine(layers: readonly PythonLayer[]): readonly LineLayers[] {
  const lines = new Map<number, PythonLayer[]>();
  for (const layer of layers) {
    const line = layer.range.line - 1;
    const there = lines.get(line);
    if (there) there.push(layer);
    else lines.set(line, [layer]);
  }
  return [...lines].sort(([a], [b]) => a - b).map(([line, there]) => ({ line, layers: there }));
}

/** From the firmest to the weakest: a sum is as firm as its weakest part. */
const sources: readonly Source[] = ['measured', 'simulated', 'modelled', 'assumed'];

/**
 * The sum of what is known: values and both ends of the bands added, so the band is no narrower than that of any share; the weakest
 * source; every different part of the references. Null where nothing is known.
 */
export function sumJoules(quantities: readonly (Quantity<'J'> | null)[]): Quantity<'J'> | null {
  const known = quantities.filter((quantity) => quantity !== null);
  const first = known[0];
  if (!first) return null;
  const total = (pick: (quantity: Quantity<'J'>) => number): number => known.reduce((sum, quantity) => sum + pick(quantity), 0);
  const weakest = Math.max(...known.map((quantity) => sources.indexOf(quantity.source)));
  const refs = new Set(known.flatMap((quantity) => quantity.ref.split('; ')));
  return {
    value: total((quantity) => quantity.value),
    unit: 'J',
    low: total((quantity) => quantity.low),
    high: total((quantity) => quantity.high),
    source: sources[weakest] ?? first.source,
    ref: [...refs].join('; '),
  };
}
