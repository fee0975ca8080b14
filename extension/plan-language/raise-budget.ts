const factors: Readonly<Record<string, number>> = {
  kJ: 1e3,
  J: 1,
  mJ: 1e-3,
  uJ: 1e-6,
  '\u00b5J': 1e-6,
  '\u03bcJ': 1e-6,
  nJ: 1e-9,
  pJ: 1e-12,
};

/**
 * The text of a budget clause with an amount that `energyJ` just meets, in the unit that the clause has, rounded up to two digits;
 * undefined for a text that is no such clause or would not be raised.
 */
export function raisedBudget(clause: string, energyJ: number): string | undefined {
  const match = /^(budget\s+)(\S+?)(\s*)([kmunp\u00b5\u03bc]?J)(?=\s)/.exec(clause);
  const [whole = '', word = '', amount = '', gap = '', unit = ''] = match ?? [];
  const factor = factors[unit];
  if (match === null || factor === undefined || !Number.isFinite(energyJ) || energyJ <= Number(amount) * factor) return undefined;
  const needed = energyJ / factor;
  const step = 10 ** (Math.floor(Math.log10(needed)) - 1);
  // Digits of the step, so that 0.30000000000000004 is written 0.3; one more step where that rounded down.
  const written = [Math.ceil(needed / step), Math.ceil(needed / step) + 1]
    .map((steps) => Number((steps * step).toPrecision(3)))
    .find((value) => value * factor >= energyJ);
  return written === undefined ? undefined : `${word}${written}${gap}${unit}${clause.slice(whole.length)}`;
}
