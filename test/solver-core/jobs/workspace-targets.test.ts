import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import type { EnergyTarget } from '../../../solver-core/energy/target.ts';
import { nodePlanWorld } from '../../../solver-core/jobs/plan-world.ts';
import { targetHash, targetsFor } from '../../../solver-core/jobs/targets.ts';
import { workspaceFolders } from '../../../solver-core/jobs/workspace-files.ts';
import type { CalibrationDocument } from '../../../solver-core/protocol/index.ts';
import { checkPlan } from '../../../solver-core/tiers/check.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tierwise-targets-'));
  mkdirSync(join(root, '.git'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const shipped = energyTargets.get('mcu-class') as EnergyTarget;
const ours = (id: string, name = 'Our board'): string => JSON.stringify({ ...shipped, schema: 'tierwise.target/1', id, name });

function put(path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const find = (plan = 'plans/a.tiers'): ReturnType<typeof targetsFor> => targetsFor(join(root, plan));
const factor = { value: 2, unit: '1', low: 1.8, high: 2.2, source: 'modelled', ref: 'fit' } as const;
const joule = { value: 1, unit: 'J', low: 1, high: 1, source: 'measured', ref: 'meter' } as const;
function calibration(target: EnergyTarget, change: Partial<CalibrationDocument> = {}): string {
  const document: CalibrationDocument = {
    schema: 'tierwise.calibration/1',
    target: target.id,
    targetHash: targetHash(target),
    constants: [{ name: 'all', factor }],
    residuals: [{ model: 'm.onnx', modelHash: 'h', measured: joule, before: joule, after: joule, error: 0 }],
    date: '2026-11-21T10:00:00Z',
    output: null,
    diagnostics: [],
    ...change,
  };
  return JSON.stringify(document);
}

describe('targets of a workspace', () => {
  test('a file beside or above the plan adds a target, up to the root of the repository', async () => {
    put('.tierwise/targets/board.json', ours('our-board'));
    put('plans/.tierwise/targets/near.json', ours('near-board'));
    const { targets, diagnostics } = await find();
    expect([...targets.keys()].slice(0, energyTargets.size)).toEqual([...energyTargets.keys()]);
    expect([...targets.keys()].slice(energyTargets.size)).toEqual(['near-board', 'our-board']);
    expect(diagnostics).toEqual([]);
    expect(workspaceFolders(join(root, 'plans', 'deep', 'a.tiers'))).toEqual([join(root, 'plans', 'deep'), join(root, 'plans'), root]);
  });

  test('nothing above the root of the repository is read, and eight folders at most without one', async () => {
    put('.tierwise/targets/board.json', ours('our-board'));
    mkdirSync(join(root, 'inner', '.git'), { recursive: true });
    expect((await find('inner/a.tiers')).targets.has('our-board')).toBe(false);
    expect(workspaceFolders('/a/b/c/d/e/f/g/h/i/j/k.tiers')).toHaveLength(8);
  });

  test('a target that ships cannot be replaced, and the nearest of two with one id counts', async () => {
    put('.tierwise/targets/a.json', ours('mcu-class', 'Not theirs'));
    const far = put('.tierwise/targets/b.json', ours('twice', 'far'));
    put('plans/.tierwise/targets/b.json', ours('twice', 'near'));
    const { targets, diagnostics } = await find();
    expect(targets.get('mcu-class')).toBe(shipped);
    expect(targets.get('twice')?.name).toBe('near');
    expect(diagnostics.map((d) => [d.code, d.severity])).toEqual([
      ['energy-target-duplicate', 'warning'],
      ['energy-target-duplicate', 'warning'],
    ]);
    expect(diagnostics.map((d) => d.where.path)).toContain(far);
  });

  test.each([
    ['{"schema":', 'energy-target-invalid'],
    ['[]', 'energy-target-invalid'],
    [ours('../escape'), 'energy-target-invalid'],
    [ours('ok').replace('"clockHz"', '"clock"'), 'energy-target-invalid'],
    [' '.repeat(300_000), 'energy-target-unreadable'],
  ])('a broken file is a finding at its path and hides no other (%#)', async (text, code) => {
    const path = put('.tierwise/targets/a.json', text);
    put('.tierwise/targets/b.json', ours('sound'));
    const { targets, diagnostics } = await find();
    expect(diagnostics[0]).toMatchObject({ code, severity: 'warning', where: { path } });
    expect(targets.has('sound')).toBe(true);
    expect(targets.size).toBe(energyTargets.size + 1);
  });

  test('all faults of a file are one finding, and nesting without end is none of our defects', async () => {
    put('.tierwise/targets/a.json', '{"schema":"tierwise.target/1"}');
    put('.tierwise/targets/b.json', `{"schema":${'['.repeat(120_000)}${']'.repeat(120_000)}}`);
    const { diagnostics } = await find();
    expect(diagnostics).toHaveLength(2);
    expect(diagnostics[0]?.message).toMatch(/^a\.json: "id" is nothing; .*More faults follow; docs\/targets\.md explains every field\.$/);
    expect(diagnostics[1]?.message).toBe('b.json: "schema" is a list of 1; expected "tierwise.target/1".');
  });

  test.skipIf(process.platform === 'win32')('no link leads out of the workspace, and no folder or pipe is read', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'tierwise-outside-'));
    writeFileSync(join(outside, 'x.json'), ours('outside'));
    mkdirSync(join(root, '.tierwise', 'targets', 'folder.json'), { recursive: true });
    symlinkSync(join(outside, 'x.json'), join(root, '.tierwise', 'targets', 'link.json'));
    symlinkSync('/dev/zero', join(root, '.tierwise', 'targets', 'zero.json'));
    const { targets, diagnostics } = await find();
    rmSync(outside, { recursive: true });
    expect(targets.size).toBe(energyTargets.size);
    expect(diagnostics.map((d) => d.code)).toEqual(['energy-target-unreadable', 'energy-target-unreadable', 'energy-target-unreadable']);
  });

  test('more files than anybody keeps are cut off and said so', async () => {
    for (let i = 0; i < 70; i++) put(`.tierwise/targets/t${String(i).padStart(2, '0')}.json`, ours(`t${i}`));
    const { targets, diagnostics } = await find();
    expect(targets.size).toBe(energyTargets.size + 64);
    expect(diagnostics[0]?.message).toContain('only the first 64');
  });

  test('plans may name them, and a slip of the pen is offered the right one', () => {
    put('.tierwise/targets/board.json', ours('our-board', 'Our board'));
    const world = nodePlanWorld(join(root, 'plans', 'a.tiers'));
    expect(world.targets.find((t) => t.id === 'our-board')?.title).toBe('Our board');
    const text = (target: string): string => `model "m.onnx"\ntarget "${target}"\n`;
    const codes = (target: string) => checkPlan(text(target), world).diagnostics.filter((d) => d.code === 'unknown-target');
    expect(codes('our-board')).toEqual([]);
    expect(codes('our-bord')[0]?.suggestions).toEqual(['"our-board"']);
  });
});

test('a plan that names a target whose file is broken is told what is wrong with it', () => {
  put('.tierwise/targets/board.json', ours('our-board').replace('"clockHz"', '"clock"'));
  const world = nodePlanWorld(join(root, 'plans', 'a.tiers'));
  const [found] = checkPlan('model "m.onnx"\ntarget "our-board"\n', world).diagnostics.filter((d) => d.code === 'unknown-target');
  expect(found?.message).toMatch(/cannot be used: board\.json: "clockHz"/);
});

describe('calibrations of a workspace', () => {
  test('scale the constants they were fitted for, and say so', async () => {
    put('.tierwise/calibrations/mcu-class.json', calibration(shipped));
    const { targets, uncalibrated, calibrations } = await find();
    const target = targets.get('mcu-class') as EnergyTarget;
    expect(target.overheadPerMacJ.value).toBe(shipped.overheadPerMacJ.value * 2);
    expect(target.overheadPerMacJ.low).toBe(shipped.overheadPerMacJ.value * factor.low);
    expect(target.overheadPerMacJ).toMatchObject({ source: 'modelled' });
    expect(target.overheadPerMacJ.ref).toContain('calibrated on 1 measurement of 2026-11-21');
    expect(target.isComputeMeasured).toBe(true);
    expect(uncalibrated.get('mcu-class')).toBe(shipped);
    expect(calibrations.get('mcu-class')?.unused).toBeNull();
    expect((await targetsFor(join(root, 'a.tiers'), { calibration: false })).targets.get('mcu-class')).toBe(shipped);
  });

  test('a factor without a spread moves a band and leaves it as wide', async () => {
    const exact = { ...factor, low: 2, high: 2 };
    put('.tierwise/calibrations/mcu-class.json', calibration(shipped, { constants: [{ name: 'all', factor: exact }] }));
    const target = (await find()).targets.get('mcu-class') as EnergyTarget;
    expect(target.overheadPerMacJ.high).toBe(shipped.overheadPerMacJ.high * 2);
    expect(target.isComputeMeasured).toBeUndefined();
  });

  test('of a target that has other constants by now are not applied', async () => {
    put('.tierwise/calibrations/mcu-class.json', calibration(shipped, { targetHash: 'other' }));
    const { targets, calibrations } = await find();
    expect(targets.get('mcu-class')).toBe(shipped);
    expect(calibrations.get('mcu-class')?.unused).toMatch(/other constants/);
  });

  test.each([
    'x',
    '{}',
    calibration(shipped, { target: 'up5k' }),
    calibration(shipped, { constants: [] }),
    calibration(shipped, { constants: [{ name: 'all', factor: { ...factor, low: 0, value: -1 } }] }),
    calibration(shipped, { constants: [{ name: 'all', factor: { ...factor, high: 1e999 } }] }),
    calibration(shipped, { constants: [{ name: 'all', factor: { ...factor, high: 1e300 } }] }),
    calibration(shipped, { residuals: [] }),
    calibration(shipped, { date: 'yesterday' }),
  ])('a broken one is a finding and is not used (%#)', async (text) => {
    const path = put('.tierwise/calibrations/mcu-class.json', text);
    const { targets, diagnostics } = await find();
    expect(targets.get('mcu-class')).toBe(shipped);
    expect(diagnostics).toMatchObject([{ code: 'calibration-invalid', severity: 'warning', where: { path } }]);
  });
});
