import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSettings, settingKeys } from '../../extension/settings-schema.ts';
import { projectRoot } from '../shared.ts';

const read = (values: Readonly<Record<string, unknown>>) => parseSettings((key) => values[key]);

describe('settings', () => {
  it('take their defaults silently when nothing is set', () => {
    expect(read({})).toEqual({
      settings: {
        hintsEnergy: true,
        hintsRetraining: true,
        codeLensEnabled: true,
        pythonEnabled: true,
        fitBackend: 'plan',
        boardPort: 'auto',
        boardXrtDevice: 0,
        boardXclbin: '',
        energyTarget: '',
        solverNodePath: '',
      },
      problems: [],
    });
  });

  it('take what is set', () => {
    expect(
      read({ 'hints.energy': false, 'fit.backend': 'cpu', 'energy.target': 'ecp5-85f', 'solver.nodePath': '/usr/bin/node' }).settings,
    ).toMatchObject({ hintsEnergy: false, fitBackend: 'cpu', energyTarget: 'ecp5-85f', solverNodePath: '/usr/bin/node' });
  });

  it.each([
    ['hints.energy', 'yes'],
    ['fit.backend', 'gpu'],
    ['fit.backend', { cpu: true }],
    ['board.port', ''],
    ['board.port', ' auto'],
    ['board.xclbin', '/opt/kernel.bin'],
    ['solver.nodePath', 'node'],
    ['board.port', 'a\0b'],
    ['board.xrtDevice', 1.5],
    ['board.xrtDevice', -1],
    ['energy.target', '../secrets'],
    ['solver.nodePath', 7],
    ['solver.nodePath', 'a\0b'],
  ])('report %s = %j and take the default', (key, value) => {
    const { settings, problems } = read({ [key]: value });
    expect(problems).toMatchObject([{ key: `tierwise.${key}` }]);
    expect(settings).toEqual(read({}).settings);
  });
});

interface Property {
  readonly type: string;
  readonly default: unknown;
  readonly scope?: string;
  readonly order?: number;
  readonly markdownDescription?: string;
  readonly enum?: readonly string[];
  readonly enumItemLabels?: readonly string[];
  readonly markdownEnumDescriptions?: readonly string[];
  readonly pattern?: string;
  readonly patternErrorMessage?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}
const manifest = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {
  contributes: { configuration: { title: string; order: number; properties: Record<string, Property> }[] };
};
const properties = manifest.contributes.configuration.flatMap((group) => Object.entries(group.properties));

describe('settings in the manifest', () => {
  it.each(properties)('%s is described, scoped, bounded, and its default is what the code takes', (key, property) => {
    expect(property.markdownDescription).toMatch(/^%[\w.]+%$/);
    expect(property.scope).toMatch(/^(window|resource|machine-overridable)$/);
    if (property.enum) {
      expect(property.markdownEnumDescriptions).toHaveLength(property.enum.length);
      expect(property.enumItemLabels).toHaveLength(property.enum.length);
    } else if (property.type === 'string') {
      expect(property.patternErrorMessage).toMatch(/^%/);
      expect(String(property.default)).toMatch(new RegExp(property.pattern ?? '(?!)'));
    } else if (property.type === 'integer' || property.type === 'number') {
      expect(property.minimum).toBeDefined();
      expect(property.maximum).toBeDefined();
    }
    const short = key.replace(/^tierwise\./, '');
    expect(settingKeys).toContain(short);
    expect(read({ [short]: property.default })).toEqual(read({}));
  });

  it.each(['', ' ', 'auto', '/dev/ttyUSB0', 'x.xclbin', 'x.bin', 'node', '/usr/bin/node', 'C:\\node.exe', 'ecp5-85f', 'a b', '../x'])(
    'patterns of the manifest and of the code agree about %j',
    (value) => {
      for (const [key, property] of properties.filter(([, one]) => one.pattern !== undefined)) {
        const isTaken = read({ [key.replace(/^tierwise\./, '')]: value }).problems.length === 0;
        expect(new RegExp(property.pattern ?? '').test(value), `${key} = ${value}`).toBe(isTaken);
      }
    },
  );

  it('orders groups and the settings within each', () => {
    const orders = manifest.contributes.configuration.map(({ order }) => order);
    expect(orders).toEqual(orders.toSorted((a, b) => a - b));
    expect(new Set(orders).size).toBe(orders.length);
    for (const { properties: all } of manifest.contributes.configuration) {
      const places = Object.values(all).map((property) => property.order ?? 0);
      expect(places.length === 1 || new Set(places).size === places.length).toBe(true);
    }
  });
});
