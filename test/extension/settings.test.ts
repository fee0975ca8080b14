import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../extension/settings-schema.ts';

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
