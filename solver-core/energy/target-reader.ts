import type { Diagnostic } from '../model/diagnostic.ts';
import type { Band } from './quantity.ts';

/** Longest text a data file may hold; far above any honest one. */
const maxTextLength = 1000;

/** An object of a parsed JSON file. */
export type JsonObject = Readonly<Record<string, unknown>>;
/** Stands for a band that could not be read. */
const nothing: Band = { value: 0, low: 0, high: 0, source: 'assumed', ref: 'missing' };

/** Reads fields and collects every fault, so that the author of a file sees all of them at once. */
export class Reader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #path: string;
  readonly #code: string;

  constructor(path: string, code: string) {
    this.#path = path;
    this.#code = code;
  }

  fault(key: string, expected: string, actual: unknown): void {
    const shown = JSON.stringify(actual)?.slice(0, 60) ?? 'nothing';
    const what = key === '' ? 'the file' : `"${key}"`;
    this.diagnostics.push({
      severity: 'error',
      code: this.#code,
      message: `${what} is ${shown}; expected ${expected}.`,
      where: { path: this.#path },
    });
  }

  object(json: unknown, key: string): JsonObject {
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject;
    this.fault(key, 'an object', json);
    return {};
  }

  schema(root: JsonObject, name: string): void {
    if (root['schema'] !== name) this.fault('schema', `"${name}"`, root['schema']);
  }

  text(root: JsonObject, key: string, prefix = ''): string {
    const value = root[key];
    if (typeof value === 'string' && value !== '' && value.length <= maxTextLength) return value;
    this.fault(prefix + key, `a text of 1 to ${maxTextLength} characters`, value);
    return '';
  }

  oneOf<T extends string>(root: JsonObject, key: string, choices: readonly [T, ...T[]], prefix = ''): T {
    const found = choices.find((choice) => choice === root[key]);
    if (found === undefined) this.fault(prefix + key, `one of ${choices.join(', ')}`, root[key]);
    return found ?? choices[0];
  }

  count(root: JsonObject, key: string, most: number, prefix = ''): number {
    const value = root[key];
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
    this.fault(prefix + key, `a whole number from 1 to ${most}`, value);
    return 1;
  }

  flag(root: JsonObject, key: string, prefix = ''): boolean {
    const value = root[key];
    if (typeof value !== 'boolean') this.fault(prefix + key, 'true or false', value);
    return value === true;
  }

  band(root: JsonObject, key: string, range: 'positive' | 'any', prefix = ''): Band {
    const json = root[key];
    const at = prefix + key;
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      this.fault(at, '{value, low, high, source, ref}', json);
      return nothing;
    }
    const { value, low, high, source, ref } = json as JsonObject;
    if (typeof value !== 'number' || typeof low !== 'number' || typeof high !== 'number') {
      this.fault(at, 'numbers value, low and high', json);
      return nothing;
    }
    const ordered = 0 <= low && low <= value && value <= high && high < Infinity;
    if (!ordered || (range === 'positive' && low === 0)) {
      this.fault(at, `${range === 'positive' ? '0 < low' : '0 <= low'} <= value <= high`, { low, value, high });
      return nothing;
    }
    if (source !== 'measured' && source !== 'simulated' && source !== 'modelled' && source !== 'assumed') {
      this.fault(`${at}.source`, 'measured, simulated, modelled or assumed', source);
      return nothing;
    }
    if (typeof ref !== 'string' || ref === '' || ref.length > maxTextLength) {
      this.fault(`${at}.ref`, 'where the number comes from', ref);
      return nothing;
    }
    return { value, low, high, source, ref };
  }
}
