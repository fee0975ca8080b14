import type { Diagnostic } from '../model/diagnostic.ts';
import type { Band } from './quantity.ts';

/** Longest text a data file may hold; far above any honest one. */
const maxTextLength = 1000;

/** An object of a parsed JSON file. */
export type JsonObject = Readonly<Record<string, unknown>>;
/** Stands for a band that could not be read. */
export const unread: Band = { value: 0, low: 0, high: 0, source: 'assumed', ref: 'missing' };

/** Stands for an object that is not there: nothing below it is looked at, because its absence is said already. */
const absent: JsonObject = Object.freeze({});

/** True for what `Reader.object` gives in place of an object that is not there. */
export function isAbsent(root: JsonObject): boolean {
  return root === absent;
}

/** Faults of one file that are spelled out; the rest is counted. */
const maxFaults = 10;

/**
 * Plausible ends per kind of constant, in SI units: far outside of anything built, and far inside of what arithmetic holds. `zero`: it may
 * be 0 as well.
 */
export const limits = {
  energy: { least: 1e-24, most: 1, zero: true, unit: ' J' },
  operation: { least: 1e-24, most: 1, zero: false, unit: ' J' },
  power: { least: 1e-15, most: 1e6, zero: true, unit: ' W' },
  clock: { least: 1, most: 1e13, zero: false, unit: ' Hz' },
  rate: { least: 1e-6, most: 1e9, zero: false, unit: '' },
  factor: { least: 1e-9, most: 1e6, zero: true, unit: '' },
} as const;

/** What a constant is; `limits` tells what it may hold. */
export type BandKind = keyof typeof limits;

/** Reads fields and collects the faults, so that the author of a file sees them at once. */
export class Reader {
  readonly #found: Diagnostic[] = [];
  readonly #path: string;
  readonly #code: string;
  #more = 0;

  constructor(path: string, code: string) {
    this.#path = path;
    this.#code = code;
  }

  /** The first faults, and how many more there are. */
  get diagnostics(): readonly Diagnostic[] {
    if (this.#more === 0) return this.#found;
    return [
      ...this.#found,
      this.#diagnostic(`The file has ${this.#more} more ${this.#more === 1 ? 'fault' : 'faults'}; docs/targets.md explains every field.`),
    ];
  }

  fault(key: string, expected: string, actual: unknown): void {
    if (this.#found.length === maxFaults) {
      this.#more += 1;
      return;
    }
    const what = key === '' ? 'the file' : `"${key}"`;
    this.#found.push(this.#diagnostic(`${what} is ${shown(actual)}; expected ${expected}.`));
  }

  #diagnostic(message: string): Diagnostic {
    return { severity: 'error', code: this.#code, message, where: { path: this.#path } };
  }

  /** The value as an object; anything else is a fault, and nothing is then read below it. */
  object(json: unknown, key: string): JsonObject {
    if (json === absent || (typeof json === 'object' && json !== null && !Array.isArray(json))) return json as JsonObject;
    this.fault(key, 'an object', json);
    return absent;
  }

  schema(root: JsonObject, name: string): void {
    if (root !== absent && root['schema'] !== name) this.fault('schema', `"${name}"`, root['schema']);
  }

  text(root: JsonObject, key: string, prefix = ''): string {
    const value = root[key];
    if (root === absent) return '';
    if (typeof value === 'string' && value !== '' && value.length <= maxTextLength) return value;
    this.fault(prefix + key, `a text of 1 to ${maxTextLength} characters`, value);
    return '';
  }

  oneOf<T extends string>(root: JsonObject, key: string, choices: readonly [T, ...T[]], prefix = ''): T {
    const found = choices.find((choice) => choice === root[key]);
    if (found === undefined && root !== absent) this.fault(prefix + key, `one of ${choices.join(', ')}`, root[key]);
    return found ?? choices[0];
  }

  count(root: JsonObject, key: string, most: number, prefix = ''): number {
    const value = root[key];
    if (root === absent) return 1;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
    this.fault(prefix + key, `a whole number from 1 to ${most}`, value);
    return 1;
  }

  flag(root: JsonObject, key: string, prefix = ''): boolean {
    const value = root[key];
    if (typeof value !== 'boolean' && root !== absent) this.fault(prefix + key, 'true or false', value);
    return value === true;
  }

  band(root: JsonObject, key: string, kind: BandKind, prefix = ''): Band {
    const json = root[key];
    const at = prefix + key;
    if (root === absent) return unread;
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      this.fault(at, '{value, low, high, source, ref}', json);
      return unread;
    }
    const { value, low, high, source, ref } = json as JsonObject;
    if (typeof value !== 'number' || typeof low !== 'number' || typeof high !== 'number') {
      this.fault(at, 'numbers value, low and high', json);
      return unread;
    }
    const { least, most, zero, unit } = limits[kind];
    if (!(0 <= low && low <= value && value <= high) || (!zero && low === 0)) {
      this.fault(at, `${zero ? '0 <= low' : '0 < low'} <= value <= high`, { low, value, high });
      return unread;
    }
    if (high > most || [low, value, high].some((n) => n > 0 && n < least)) {
      this.fault(at, `${zero ? '0 or ' : ''}${least} to ${most}${unit}`, { low, value, high });
      return unread;
    }
    if (source !== 'measured' && source !== 'simulated' && source !== 'modelled' && source !== 'assumed') {
      this.fault(`${at}.source`, 'measured, simulated, modelled or assumed', source);
      return unread;
    }
    if (typeof ref !== 'string' || ref === '' || ref.length > maxTextLength) {
      this.fault(`${at}.ref`, 'where the number comes from', ref);
      return unread;
    }
    return { value, low, high, source, ref };
  }
}

/** A parsed value in at most 60 characters. What lies deeper than one level is left out: a file may nest without end. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `a list of ${value.length}`;
  if (typeof value !== 'object' || value === null) return scalar(value);
  const parts: string[] = [];
  for (const [key, inner] of Object.entries(value).slice(0, 4))
    parts.push(`${scalar(key)}:${typeof inner === 'object' && inner !== null ? (Array.isArray(inner) ? '[…]' : '{…}') : scalar(inner)}`);
  return `{${parts.join()}}`.slice(0, 60);
}

function scalar(value: unknown): string {
  return (JSON.stringify(typeof value === 'string' ? value.slice(0, 60) : value) ?? 'nothing').slice(0, 60);
}
