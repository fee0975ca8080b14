import { readFileSync } from 'node:fs';

/** The layers that a plan names, in order, ends of ranges included. */
export function namedLayers(planFile: string): readonly string[] {
  const text = readFileSync(planFile, 'utf8').replace(/\/\/.*$/gm, '');
  return [...text.matchAll(/^\s*layers\s+(.*)$/gm)].flatMap((line) =>
    [...(line[1] ?? '').matchAll(/"([^"]+)"/g)].map((quoted) => quoted[1] ?? ''),
  );
}

/** An amount of energy as the product writes it: three digits, a prefix, J. The space may be the no-break space of editor lines. */
export const JOULES = /\d(?:\.\d+)?\s?[fpnµmkMG]?J\b/;
