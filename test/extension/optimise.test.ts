import { describe, expect, it } from 'vitest';
import { defaultOptions, idleRun, type OptimiseRun } from '../../extension/optimise-run.ts';
import { parsePageMessage } from '../../extension/panels/page-messages.ts';
import { brokenRun, finishedRun, recordOf, startedRun, withPoint } from '../../extension/search-run.ts';
import { parseSelectRecord } from '../../extension/select-record.ts';
import { dropText, optimiseView, rangeText, savingView, shareText } from '../../extension/to-optimise-view.ts';
import { choosePoint, dropFor, isDoubtful } from '../../webview/app/choose.ts';
import { guardMessage } from '../../webview/app/guard.ts';
import { point, selection } from './canned-selection.ts';
import { plainText } from './fixtures.ts';

const idle = idleRun('/p/digits.tiers');
const done = finishedRun(startedRun(idle, defaultOptions, true, 'searching'), defaultOptions, selection);
const view = (run: OptimiseRun, hashes: readonly string[] = [], planHash: string | null = null) =>
  optimiseView(run, defaultOptions, hashes, planHash, plainText);

describe('the run of a search', () => {
  it('collects points as they come, the same one once, and keeps an earlier result until there is a new one', () => {
    const again = startedRun(done, defaultOptions, false, 'searching');
    expect([again.points.length, again.result?.document]).toEqual([0, selection]);
    const run = [point('a'), point('b'), point('a', { saving: 0.7 })].reduce(withPoint, again);
    expect(run.points.map(({ id, saving }) => [id, saving])).toEqual([
      ['b', 0.5],
      ['a', 0.7],
    ]);
  });

  it('holds no more points than a search can try', () => {
    const many = Array.from({ length: 1200 }, (_, i) => point(`p${i}`));
    expect(many.reduce(withPoint, startedRun(idle, defaultOptions, false, 'searching')).points).toHaveLength(1000);
  });

  it('names both files that a run wrote, and keeps them through a later search that writes nothing', () => {
    expect(done.written?.files).toEqual(['/p/digits.selected.onnx', '/p/digits.selected.json']);
    const trial = finishedRun(startedRun(done, defaultOptions, false, 'searching'), defaultOptions, { ...selection, output: null });
    expect(trial.written).toEqual({ ...done.written, earlier: true });
    expect(finishedRun(idle, defaultOptions, { ...selection, output: null }).written).toBeNull();
    expect(recordOf('C:\\p\\net.ONNX')).toBe('C:\\p\\net.json');
  });

  it('shows the finished result again after a stop or an error', () => {
    const error = { code: 'solver-crashed', message: 'It ended.', advice: 'Try again.' };
    const broken = brokenRun(withPoint(startedRun(done, defaultOptions, false, 'searching'), point('x')), error);
    expect(broken.points).toBe(selection.points);
    expect(view(broken)).toMatchObject({ running: null, error });
    expect(view(brokenRun(startedRun(idle, defaultOptions, false, 'searching'), null))).toMatchObject({
      points: [],
      result: null,
      error: null,
    });
  });
});

describe('the view of a search', () => {
  it('passes the guard of the page, hostile names included', () => {
    const guarded = guardMessage({ kind: 'optimise', strings: {}, view: view(done) });
    expect(guarded).toMatchObject({ ok: true });
  });

  it('tells a saving as a range with its baseline, tables and the quality on both sides', () => {
    expect(view(done).result?.saving).toMatchObject({
      headline: '53 \u2013 55 %',
      saves: true,
      baseline: 'int8 weights by rounding',
      tables: 'horowitz45, aladdin40',
      before: '99.4 %',
      after: '98.9 %',
      rounded: '99.4 %',
      rowsText: '360 held-out rows',
    });
  });

  it('refuses a saving without what belongs to it, and says what is missing', () => {
    const { saving } = selection;
    if (saving === null) throw new Error('the selection has a saving');
    const [first] = saving.perTable;
    const cases: readonly (readonly [Parameters<typeof savingView>[0], RegExp])[] = [
      [null, /held-out/],
      [{ ...saving, baseline: ' ' }, /baseline/],
      [{ ...saving, perTable: first ? [first] : [] }, /two are needed/],
      [{ ...saving, perTable: saving.perTable.filter(({ table }) => table === 'horowitz45') }, /two are needed/],
      [{ ...saving, before: Number.NaN }, /quality/],
    ];
    for (const [given, missing] of cases) {
      const told = savingView(given, plainText);
      expect(told.saving).toBeNull();
      expect(told.savingMissing).toMatch(missing);
    }
  });

  it('says "no saving" when the range holds 0', () => {
    const { saving } = selection;
    const told = savingView(saving && { ...saving, low: -0.02, high: 0.1 }, plainText);
    expect(told.saving).toMatchObject({ headline: 'no saving', saves: false });
  });

  it('tells when the model changed since, whichever of the two it was found from', () => {
    expect(view(done, ['m']).result?.stale).toBeNull();
    expect(view(done, ['other', 'm']).result?.stale).toBeNull();
    expect(view(done, ['other']).result?.stale).toMatch(/changed since/);
    const searched = finishedRun(idle, defaultOptions, selection, 'text');
    expect(view(searched, ['m'], 'text').result?.stale).toBeNull();
    expect(view(searched, ['m'], 'edited').result?.stale).toMatch(/plan has changed/);
    expect(view(searched, ['m'], null).result?.stale).toBeNull();
    const restored = { ...done, result: done.result && { ...done.result, restored: true } };
    expect(view(restored, ['m']).result?.stale).toMatch(/earlier session/);
  });

  it('counts losses from rounding where points do not tell their own', () => {
    const { drop: _drop, ...bare } = point('energy-3', { quality: 0.974 });
    const points = view({ ...done, points: [...selection.points, bare] }).points;
    expect(points.at(-1)?.drop).toBeCloseTo(0.01);
    expect(points.at(-1)?.dropText).toBe('1.0 points lost');
    expect(view({ ...done, points: [bare] }).points[0]?.drop).toBeNull();
  });

  it('marks what is within the limit and yet not allowed', () => {
    const points = [...selection.points, point('lucky', { saving: 0.58, drop: 0.004, allowed: false })];
    const told = view({ ...done, points }).points;
    expect(told.filter((one) => isDoubtful(one, 0.01)).map(({ id }) => id)).toEqual(['lucky']);
    expect(choosePoint(told, 0.01)?.id).toBe('energy-2');
  });

  it('chooses with another limit what a search with that limit would allow', () => {
    const points = [
      point('sure', { saving: 0.5, drop: 0.004, smoothDrop: 0.006 }),
      point('unsure', { saving: 0.6, drop: 0.004, smoothDrop: 0.02 }),
    ];
    const told = view({ ...done, points }).points;
    expect([0.003, 0.005, 0.006, 0.019, 0.02].map((limit) => choosePoint(told, limit)?.id ?? null)).toEqual([
      null,
      null,
      'sure',
      'sure',
      'unsure',
    ]);
    expect(told.map((one) => dropFor(one))).toEqual([0.006, 0.02]);
    expect(told.filter((one) => isDoubtful(one, 0.005)).map(({ id }) => id)).toEqual(['sure', 'unsure']);
    expect(told.filter((one) => isDoubtful(one, 0.003))).toEqual([]);
  });

  it('shows one table\u2019s number without a band of no width', () => {
    const [first] = selection.saving?.perTable ?? [];
    const exact = first && { ...first, before: { ...first.before, low: first.before.value, high: first.before.value } };
    const told = savingView(
      selection.saving && { ...selection.saving, perTable: exact ? [exact, ...selection.saving.perTable.slice(1)] : [] },
      plainText,
    );
    expect(told.saving?.perTable.map(({ before }) => before.bandText === '')).toEqual([true, false, false, false]);
  });
});

describe('texts of a search', () => {
  it.each([
    [0.31, 0.44, '31 \u2013 44 %'],
    [0.4382, 0.4418, '43.8 \u2013 44.2 %'],
    [0.44, 0.44, '44.0 %'],
    [0.7, 0.7999, '70 \u2013 80 %'],
  ])('a range of %f to %f is %s', (low, high, text) => {
    expect(rangeText(low, high)).toBe(text);
  });

  it('tells losses and gains, of accuracy in points and of an error in per cent', () => {
    expect(dropText('accuracy', 0.0041, plainText)).toBe('0.4 points lost');
    expect(dropText('accuracy', -0.002, plainText)).toBe('0.2 points gained');
    expect(dropText('accuracy', -0.0001, plainText)).toBe('nothing lost');
    expect(dropText('mse', 0.031, plainText)).toBe('3.1 % more error');
    expect([shareText(-0.02), shareText(-0.0002), shareText(0.5)]).toEqual(['\u22122.0 %', '0.0 %', '50.0 %']);
  });
});

describe('what crosses a border', () => {
  it('reads back a remembered selection, and nothing that is none', () => {
    const stored: unknown = JSON.parse(JSON.stringify(selection));
    expect(parseSelectRecord(stored)).toEqual(selection);
    expect(parseSelectRecord({ ...selection, points: [{ id: 7 }] })).toBeUndefined();
    expect(parseSelectRecord({ ...selection, schema: 'tierwise.fit/1' })).toBeUndefined();
    expect(parseSelectRecord(undefined)).toBeUndefined();
  });

  it('takes options of a page only within their limits', () => {
    const message = { kind: 'optimise-run', options: defaultOptions, write: true };
    expect(parsePageMessage(message)).toEqual(message);
    for (const wrong of [{ maxDrop: 0.06 }, { maxDrop: -0.1 }, { maxDrop: Number.NaN }, { bits: 5 }, { values: 'none' }, { cell: '../x' }])
      expect(parsePageMessage({ ...message, options: { ...defaultOptions, ...wrong } })).toBeUndefined();
  });
});
