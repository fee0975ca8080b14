import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dramTypes } from '../../../solver-core/energy/tables/dram.ts';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import { validateTarget } from '../../../solver-core/energy/validate-target.ts';
import { projectRoot } from '../../shared.ts';

/** The schema checker comes with the packaging tools; without it the comparison is skipped. */
const ajv = await import('ajv').catch(() => null);

const folder = join(projectRoot, 'solver-core/energy/targets');
type Json = Record<string, unknown>;
const read = (name: string): Json => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Json;
const schema = read('target.schema.json');
const shipped = [...energyTargets.keys()].map((id) => ({ id, json: read(`${id}.json`) }));

/** Every path to a value inside a parsed file. */
function paths(json: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof json !== 'object' || json === null) return [at];
  return [at, ...Object.entries(json).flatMap(([key, value]) => paths(value, [...at, key]))].filter((path) => path.length > 0);
}

/** A copy with the value at `path` replaced, or removed. */
function changed(json: Json, path: readonly string[], value: unknown, remove = false): Json {
  const copy = structuredClone(json);
  const parent = path.slice(0, -1).reduce<Json>((node, key) => node[key] as Json, copy);
  const last = path.at(-1) ?? '';
  if (remove) {
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else Reflect.deleteProperty(parent, last);
  } else parent[last] = value;
  return copy;
}

/** What a schema cannot say: that numbers are in order, and that only the last memory is unbounded. */
function isBeyondSchema(message: string): boolean {
  return /expected 0 <=? low <= value <= high|sizeBytes" is/.test(message);
}

describe.skipIf(ajv === null)('target.schema.json and validateTarget agree', () => {
  const check = ajv === null ? (): boolean => false : new ajv.Ajv({ strict: false }).compile(schema);

  test.each(shipped)('$id is valid by both, and every change of one value is judged alike', ({ json }) => {
    expect(check(json)).toBe(true);
    let refused = 0;
    for (const path of paths(json)) {
      const variants = [
        changed(json, path, null, true),
        ...[null, 'x', -1, {}, [], true, 1e9, 1e308, 1e-308].map((value) => changed(json, path, value)),
      ];
      for (const variant of variants) {
        const { value, diagnostics } = validateTarget(variant, 'x.json');
        const onlyBeyond = diagnostics.length > 0 && diagnostics.every((d) => isBeyondSchema(d.message));
        if (onlyBeyond) continue;
        if (value === undefined) refused += 1;
        expect(check(variant), `${path.join('.')}: ${diagnostics.map((d) => d.message).join(' ')}`).toBe(value !== undefined);
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

test('the schema names the kinds of DRAM that there are', () => {
  const text = JSON.stringify(schema);
  expect(text).toContain(JSON.stringify({ enum: [...dramTypes.keys()] }).slice(1, -1));
});

describe('docs/targets.md', () => {
  const text = readFileSync(join(projectRoot, 'docs/targets.md'), 'utf8');

  test('lists every shipped target, every field of the schema and every kind of DRAM', () => {
    const fields = (node: unknown): readonly string[] => {
      if (typeof node !== 'object' || node === null) return [];
      const own = 'properties' in node && typeof node.properties === 'object' ? Object.keys(node.properties ?? {}) : [];
      return [...own, ...Object.values(node).flatMap(fields)];
    };
    const names = [...energyTargets.keys(), ...dramTypes.keys(), ...fields(schema)];
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => !text.includes(`\`${name}\``) && !text.includes(`"${name}"`))).toEqual([]);
  });

  test('its example is valid', () => {
    const example = /```json\n([^]*?)```/.exec(text)?.[1] ?? '';
    const own = { ...read('systolic-64x64.json'), ...(JSON.parse(`{${example}}`) as Json) };
    expect(validateTarget(own, 'own.json').diagnostics).toEqual([]);
    expect(own['array']).toMatchObject({ rows: 16, dataflow: 'output-stationary' });
  });
});
