/** Rates per joule are no energies; records of older versions hold this one as a bare number, beside the quantity it is now. */
const rates: ReadonlyMap<string, string> = new Map([['gainPerJoule', 'gain']]);

/** A key that says that its number is an energy: joule or energy is in it, or it ends in a unit (`limitJ`, `mean_pJ`, but not `obj`). */
const energyKey = /joule|energ(?:y|ies)/i;
const unitEnd = /(?:^|[a-z0-9_])[fpnuµmkM]?J$/;
/** What tells a unit of energy as a value: `unit: "mJ"`. */
const energyUnit = /^(?:[fpnuµmkM]?J(?:oules?)?|joules?)$/i;

/**
 * Where a document has a number of energy that is no quantity, as paths (`layers[0].energyJ`); empty when it has none. A number is one of
 * energy when its own key, or the key of any object or list around it, says so, or a sibling `unit` does. Inside a quantity
 * `{ value, unit, low, high, source, ref }`, and in what pages show (`{ text, value, low, high, source, ref }` with the unit in the text),
 * numbers are where they belong, provided that the band is in order and the reference is not empty.
 */
export function bareJoules(document: unknown): readonly string[] {
  const found: string[] = [];
  walk(document, '', false, found);
  return found;
}

function walk(value: unknown, path: string, isEnergy: boolean, found: string[]): void {
  if (typeof value === 'number') {
    if (isEnergy) found.push(path);
    return;
  }
  if (Array.isArray(value)) {
    value.forEach((item, i) => walk(item, `${path}[${i}]`, isEnergy, found));
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const record = value as Readonly<Record<string, unknown>>;
  if (isQuantity(record) || isFigure(record)) return;
  const bySibling = Object.entries(record).some(([key, text]) => /unit/i.test(key) && typeof text === 'string' && energyUnit.test(text));
  for (const [key, child] of Object.entries(record)) {
    const quantity = record[rates.get(key) ?? ''];
    if (isObject(quantity) && isQuantity(quantity)) continue;
    // What an energy is about is no energy itself: a document under an energy key may count rows or name files, but only inside objects
    // that say what they are. Numbers right under the key, or in lists of it, are taken at their word.
    const inherits = isEnergy && (typeof child === 'number' || Array.isArray(child));
    walk(child, path === '' ? key : `${path}.${key}`, bySibling || inherits || saysEnergy(key), found);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function saysEnergy(key: string): boolean {
  return unitEnd.test(key) || energyKey.test(key);
}

function isQuantity(record: Readonly<Record<string, unknown>>): boolean {
  return typeof record['unit'] === 'string' && isBand(record);
}

function isFigure(record: Readonly<Record<string, unknown>>): boolean {
  return typeof record['text'] === 'string' && /\d ?[fpnuµmk]?J$/.test(record['text']) && isBand(record);
}

function isBand({ value, low, high, source, ref }: Readonly<Record<string, unknown>>): boolean {
  const numbers = [low, value, high];
  if (!numbers.every((n) => typeof n === 'number' && Number.isFinite(n)) || typeof ref !== 'string' || ref === '') return false;
  const [a = 0, b = 0, c = 0] = numbers as number[];
  return a <= b && b <= c && ['measured', 'simulated', 'modelled', 'assumed'].includes(String(source));
}
