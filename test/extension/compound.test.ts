import { describe, expect, it } from 'vitest';
import { compoundHints } from '../../extension/compound-hint.ts';
import { rememberedCompound, restoredCompound } from '../../extension/compound-record.ts';
import { brokenCompound, finishedCompound, startedCompound, thinned, withStep, type CompoundRun } from '../../extension/compound-run.ts';
import { compoundView, thresholdText } from '../../extension/to-compound-view.ts';
import type { CompoundDocument, OutlineCompound, PlanOutline } from '../../solver-core/protocol/index.ts';
import { guardMessage } from '../../webview/app/guard.ts';
import type { CompoundView } from '../../webview/messages/index.ts';
import {
  compound,
  compoundBroken,
  compoundDone,
  compoundIdle,
  compoundLive,
  compoundStarted,
  decision,
  step,
  steps,
} from './canned-language.ts';
import { energy, hostileId, joules, outline, plainText } from './fixtures.ts';

const view = (
  run: CompoundRun,
  known: number | null = null,
  inspected: number | null = null,
  planHash: string | null = null,
): CompoundView => compoundView(run, { known, inspected, planHash }, plainText);

describe('what Resume would do', () => {
  const after = (done: number, how: CompoundDocument['from']['how'] = 'start'): CompoundView =>
    view({ ...compoundDone, record: { ...compound, from: { how, before: 640, after: done, of: 4096 } } });

  it('says where a stopped stream goes on, and that one that was read to its end is read once more', () => {
    expect(after(1280).resumeNote).toContain('behind decision 1,280 of 4,096');
    expect(after(4096).resumeNote).toContain('read to its end');
    expect(after(1280, 'continued').result?.began).toContain('behind decision 640');
    expect(after(1280, 'another').result?.began).toContain('another one');
    expect(guardMessage({ kind: 'compound', strings: {}, view: after(1280) })).toMatchObject({ ok: true });
  });
});

describe('a run of a compound model', () => {
  it('collects decisions, course and updates batch by batch', () => {
    expect([compoundLive.decisionCount, compoundLive.course.length, compoundLive.updates.length]).toEqual([832, 26, 26]);
    expect(compoundLive.course.at(-1)).toMatchObject({ decisions: 832, running: { escalated: 0.31 } });
  });

  it('stays bounded on a long stream, and keeps the last point and every kind of learning', () => {
    const run = Array.from({ length: 2500 }, (_, i) => step(i, { shown: [decision(i)], decisions: 1 })).reduce(withStep, compoundStarted);
    expect(run.decisions).toHaveLength(2000);
    expect(run.decisions.at(-1)?.index).toBe(2499);
    expect(run.course.length).toBeLessThanOrEqual(1000);
    expect(run.course.at(-1)?.decisions).toBe(2500);
    expect(run.course.some(({ learned }) => learned === 'refit')).toBe(true);
    expect(run.updates).toHaveLength(500);
    expect(view(run).points.length).toBeLessThanOrEqual(300);
  });

  it('goes on from what is shown, and starts over without it', () => {
    const goesOn = withStep(startedCompound(compoundDone, '/p/play.txt', true, 'reading'), step(40));
    expect([goesOn.number, goesOn.decisionCount, goesOn.course.length]).toEqual([compoundDone.number, 1312, 41]);
    const fresh = withStep(startedCompound(compoundDone, '/p/play.txt', false, 'reading'), step(0));
    expect([fresh.number, fresh.decisionCount, fresh.course.length]).toEqual([compoundDone.number + 1, 32, 1]);
  });

  it('forgets what is shown when the numbers tell that the solver began anew', () => {
    const another = withStep(startedCompound(compoundDone, '/p/play.txt', true, 'reading'), step(0));
    expect([another.number, another.decisionCount, another.decisions.length]).toEqual([compoundDone.number + 1, 32, 32]);
    expect(another.running).not.toBeNull();
  });

  it('takes the course from the record where it was not told batch by batch', () => {
    const run = finishedCompound(
      startedCompound(compoundIdle, '/p/play.txt', true, ''),
      { ...compound, totals: { ...compound.totals, decisions: 1380 } },
      'h',
    );
    expect([run.decisionCount, run.course.length, run.course[0]?.decisions, run.course.at(-1)?.decisions]).toEqual([1380, 40, 132, 1380]);
    expect(run).toMatchObject({ hasState: true, planHash: 'h', running: null });
    expect(run.record?.steps).toEqual([]);
  });

  it('keeps what was decided after an error', () => {
    const broken = brokenCompound(compoundLive, { code: 'x', message: 'y', advice: 'z' });
    expect([broken.decisions.length, broken.running, broken.error?.code]).toEqual([832, null, 'x']);
  });

  it('thins evenly and joins what neighbours learned', () => {
    const course = steps.reduce(withStep, compoundStarted).course;
    const few = thinned(course, 10);
    expect(few.length).toBeLessThanOrEqual(10);
    expect(few.at(-1)).toMatchObject({ decisions: 1280 });
    expect(few.filter(({ learned }) => learned === 'refit')).toHaveLength(1);
  });
});

describe('the view of a compound model', () => {
  it('passes the guard of the page in every state, hostile names included', () => {
    const hostile = withStep(
      compoundStarted,
      step(0, { shown: [decision(0, { input: hostileId.repeat(20), prediction: hostileId, label: hostileId, reason: hostileId })] }),
    );
    for (const run of [compoundIdle, compoundStarted, compoundLive, compoundDone, compoundBroken, hostile])
      expect(guardMessage({ kind: 'compound', strings: {}, view: view(run, null, 0) })).toMatchObject({ ok: true });
  });

  it('sends each decision once, unless the page has forgotten them', () => {
    expect(view(compoundLive).rows).toMatchObject({ reset: true, added: { length: 832 } });
    const next = view(withStep(compoundLive, step(26)), 831);
    expect(next.rows.reset).toBe(false);
    expect(next.rows.added.map(({ index }) => index)).toEqual(Array.from({ length: 32 }, (_, i) => 832 + i));
    expect(view(compoundLive, 831).rows.added).toEqual([]);
  });

  it('takes a decision apart with joules by part, cache and reason', () => {
    const { inspected } = view(compoundLive, 831, 828);
    expect(inspected).toMatchObject({
      index: 828,
      exit: 'upper',
      cache: 'hit',
      confidence: '41.0 %',
      reason: expect.stringContaining('41.0 % sure') as string,
    });
    expect(inspected?.parts.map(({ name, figure }) => [name, figure.text, figure.source])).toEqual([
      ['lower module', '0 J', 'modelled'],
      ['cache', '4.00 nJ', 'assumed'],
      ['head', '12.0 nJ', 'modelled'],
      ['upper module', '940 nJ', 'modelled'],
    ]);
    expect(view(compoundLive, 831, 99_999).inspected).toBeNull();
  });

  it('says whether the cache paid, and where nothing is known', () => {
    expect(view(compoundDone).result?.cache?.verdict).toBe(
      'The cache saved energy: 30.0 % of the look-ups hit, and it pays off above 2.6 %.',
    );
    const withCache = (cache: (typeof compound)['cache']): string | undefined =>
      view({ ...compoundDone, record: { ...compound, cache } }).result?.cache?.verdict;
    const { cache } = compound;
    expect(withCache(cache && { ...cache, hits: 10, prefixHits: 0 })).toMatch(/cost more than it saved/);
    expect(withCache(cache && { ...cache, hits: 10 })).toMatch(/116 found a beginning/);
    expect(withCache(cache && { ...cache, breakEvenHitRate: null })).toMatch(/never saves/);
    expect(withCache(cache && { ...cache, lookups: 0, hits: 0 })).toMatch(/not asked/);
    expect(withCache(null)).toBeUndefined();
  });

  it('gives shares without labels and cache as unknown, never as 0', () => {
    const blind = withStep(compoundStarted, step(0, { running: { accuracy: null, loss: null, escalated: 0, hitRate: null } }));
    expect(view(blind).totals).toMatchObject({ accuracy: '\u2013', loss: '\u2013', escalated: '0.0 %', hitRate: '\u2013' });
    expect(view(compoundIdle).totals).toMatchObject({ accuracy: '\u2013', sums: { compound: null } });
  });

  it('says in words where a threshold sends decisions', () => {
    expect([0, 0.62, 1, 1.01].map((threshold) => thresholdText(threshold, plainText))).toEqual([
      'never escalated',
      'escalated below 62.0 %',
      'escalated below 100.0 %',
      'always escalated',
    ]);
  });

  it('says when the plan has changed since', () => {
    const run = { ...compoundDone, planHash: 'then' };
    expect(view(run, null, null, 'then').result?.stale).toBeNull();
    expect(view(run, null, null, 'now').result?.stale).toMatch(/plan has changed/);
  });
});

describe('a run over a reload of the window', () => {
  const restored = (run: CompoundRun): CompoundRun | undefined =>
    restoredCompound(JSON.parse(JSON.stringify(rememberedCompound(run) ?? null)), compoundIdle);

  it('comes back with its record, its course and its newest decisions', () => {
    const run = restored(compoundDone);
    expect(run).toMatchObject({ restored: true, hasState: true, stream: '/p/play.txt', decisionCount: 1280 });
    expect([run?.decisions.length, run?.decisions.at(-1)?.index, run?.course.length]).toEqual([100, 1279, 40]);
    expect(run && view(run).result?.stale).toMatch(/earlier session/);
    expect(run && view(run).totals).toEqual(view(compoundDone).totals);
  });

  it('is small, however much there is to tell', () => {
    const wordy = { ...compoundDone, decisions: compoundDone.decisions.map((one) => ({ ...one, reason: 'x'.repeat(5000) })) };
    expect(JSON.stringify(rememberedCompound(wordy)).length).toBeLessThanOrEqual(400_000);
    expect(restored(wordy)?.decisions.length).toBe(20);
    expect(rememberedCompound(compoundIdle)).toBeUndefined();
  });

  it('tells every figure by its whole reference again, also those that the record tells in short', () => {
    const short = <T>(value: T): T =>
      JSON.parse(JSON.stringify(value).replaceAll(/"ref":"[^"]*"/g, '"ref":"as totals.energy of the record"')) as T;
    const record = { ...compound, steps: short(compound.steps) };
    const run = finishedCompound(startedCompound(compoundIdle, '/p/play.txt', true, ''), record, null);
    const full = compound.totals.energy.deciding.ref;
    expect(run.course.at(-1)?.sums.retraining.ref).toBe(full);
    const back = restored({ ...compoundDone, decisions: short(compoundDone.decisions) });
    expect([back?.decisions.at(-1)?.energy.total.ref, back?.course[0]?.sums.compound.ref]).toEqual([full, full]);
  });

  it.each([[null], [{}], [{ stream: 1 }], ['x']])('starts afresh from %j', (memory) => {
    expect(restoredCompound(memory, compoundIdle)).toBeUndefined();
  });
});

describe('hints of a compound section', () => {
  const range = (line: number) => ({ start: { line, character: 2 }, end: { line, character: 20 } });
  const section: OutlineCompound = {
    name: 'reader',
    headerRange: range(10),
    lower: { range: range(11), model: null, layers: [{ id: 'fc1', range: range(11) }] },
    upper: { range: range(12), model: null, layers: [{ id: hostileId, range: range(12) }] },
  };
  const plan: PlanOutline = { ...outline, compound: section };

  it('tells the newest run on the header and its prices on the modules', () => {
    const hints = compoundHints(plan, { record: compound, isStale: false, energy }, plainText);
    expect(hints.map(({ line, label }) => [line, label])).toEqual([
      [10, '73.8 % right \u00b7 24.2 % escalated \u00b7 690 \u00b5J'],
      [11, '310 nJ per decision'],
      [12, '940 nJ per decision'],
    ]);
    expect(hints[0]?.tooltip).toMatch(/retraining[\s\S]*modelled/);
    expect(hints[2]?.tooltip).toMatch(/assumed/);
    expect(compoundHints(plan, { record: compound, isStale: true, energy }, plainText)[1]?.label).toMatch(/^run out of date/);
  });

  it('estimates from the layers before a run, and says nothing where a layer is unknown', () => {
    const known = { ...energy, layers: [{ ...energy.layers[0]!, id: 'fc1', inference: joules(2e-7) }] };
    const hints = compoundHints(plan, { record: null, isStale: false, energy: known }, plainText);
    expect(hints.map(({ line, label }) => [line, label])).toEqual([[11, 'about 200 nJ per decision']]);
    expect(hints[0]?.tooltip).toMatch(/Estimated from the layer[\s\S]*modelled/);
    expect(compoundHints(outline, { record: compound, isStale: false, energy }, plainText)).toEqual([]);
  });

  it('escapes names in tooltips', () => {
    const record = { ...compound, stream: `/p/${hostileId.replaceAll('/', '')}`, lower: { ...compound.lower, name: hostileId } };
    for (const { tooltip } of compoundHints(plan, { record, isStale: false, energy }, plainText))
      expect(tooltip).not.toMatch(/(?<!\\)[\]<`]|(?<!\\)\$\(/);
  });
});
