import { describe, expect, it } from 'vitest';
import { parsePageMessage } from '../../extension/panels/page-messages.ts';
import { hasCompound, sparsifyLine } from '../../extension/plan-lines.ts';
import { withPoint } from '../../extension/search-run.ts';
import { parseSparsifyRecord } from '../../extension/sparsify-record.ts';
import { defaultSparsifyOptions } from '../../extension/sparsify-run.ts';
import { increaseText, sparsityView } from '../../extension/to-sparsity-view.ts';
import { choosePoint, isDoubtful } from '../../webview/app/choose.ts';
import { guardMessage } from '../../webview/app/guard.ts';
import { triedPoints } from '../../webview/app/views/sparsity-curve.ts';
import type { SparsityView } from '../../webview/messages/index.ts';
import { sparsifyDone, sparsifyIdle, sparsifyLive, sparsity } from './canned-language.ts';
import { hostileId, plainText } from './fixtures.ts';

const view = (run: typeof sparsifyDone, hashes: readonly string[] = [], planHash: string | null = null): SparsityView =>
  sparsityView(run, defaultSparsifyOptions, hashes, planHash, plainText);

describe('the view of sparse activations', () => {
  it('passes the guard of the page in every state, hostile names included', () => {
    const [site] = sparsity.sites;
    const hostile = {
      ...sparsifyDone,
      result: sparsifyDone.result && { ...sparsifyDone.result, document: { ...sparsity, sites: [{ ...site!, id: hostileId }] } },
    };
    for (const run of [sparsifyIdle, sparsifyLive, sparsifyDone, hostile])
      expect(guardMessage({ kind: 'sparsity', strings: {}, view: view(run) })).toMatchObject({ ok: true });
  });

  it('tells zeros and loss on rows that chose nothing, and both savings with what they are against', () => {
    const { result } = view(sparsifyDone);
    expect(result?.evaluation).toEqual({
      lossBefore: '1.461',
      lossAfter: '1.489',
      increase: '1.87 % more loss',
      accuracyBefore: '56.1 %',
      accuracyAfter: '55.6 %',
      sparsityBefore: '22.6 %',
      sparsityAfter: '64.6 %',
    });
    expect(result?.energy?.againstNatural).toEqual({
      headline: '47 \u2013 54 %',
      saves: true,
      baseline: 'a machine that skips the zeros of rectifiers already',
    });
    expect(result?.energy?.againstDense?.headline).toBe('57 \u2013 65 %');
    expect(result?.energy?.costs.map(({ sparse }) => [sparse.text, sparse.source])).toEqual([
      ['910 nJ', 'modelled'],
      ['3.90 \u00b5J', 'assumed'],
    ]);
  });

  it('tells thresholds as a range, as one, and where nothing is let through', () => {
    const [site] = sparsity.sites;
    const told = (threshold: { readonly low: number; readonly high: number } | null): string | undefined =>
      view({
        ...sparsifyDone,
        result: sparsifyDone.result && { ...sparsifyDone.result, document: { ...sparsity, sites: [{ ...site!, threshold }] } },
      }).result?.sites[0]?.threshold;
    expect([told(null), told({ low: 0.1, high: 0.1 }), told({ low: 0, high: 0.25 }), told({ low: 1e30, high: 1e30 })]).toEqual([
      'none',
      '0.1',
      '0 to 0.25',
      'beyond all',
    ]);
  });

  it('states no saving without a baseline', () => {
    const document = {
      ...sparsity,
      energy: sparsity.energy && { ...sparsity.energy, againstDense: { ...sparsity.energy.againstDense, baseline: ' ' } },
    };
    expect(
      view({ ...sparsifyDone, result: sparsifyDone.result && { ...sparsifyDone.result, document } }).result?.energy?.againstDense,
    ).toBeNull();
  });

  it('weights the zeros of a block and of a role by their multiply-adds', () => {
    const { blocks, roles } = view(sparsifyDone).result ?? { blocks: [], roles: [] };
    const block = sparsity.sites.filter((site) => site.block === 0);
    const macs = block.reduce((sum, site) => sum + site.macs, 0);
    const zeros = block.reduce((sum, site) => sum + site.macs * site.zeros, 0) / macs;
    expect(blocks[0]).toMatchObject({ name: 'block 0', sites: '7', macs: macs.toLocaleString('en-US') });
    expect(blocks[0]?.zerosText).toBe(`${(zeros * 100).toFixed(1)} %`);
    expect(roles.map(({ name }) => name)).toEqual([
      'att.key',
      'att.value',
      'att.receptance',
      'att.output',
      'ffn.key',
      'ffn.receptance',
      'ffn.value',
    ]);
  });

  it('says when the model or the plan has changed since', () => {
    expect(view(sparsifyDone).result?.stale).toBeNull();
    expect(view(sparsifyDone, ['m']).result?.stale).toBeNull();
    expect(view(sparsifyDone, ['other']).result?.stale).toMatch(/model has changed/);
    const known = { ...sparsifyDone, result: sparsifyDone.result && { ...sparsifyDone.result, planHash: 'then' } };
    expect(view(known, ['m'], 'now').result?.stale).toMatch(/plan has changed/);
  });

  it('rounds before it says more or less', () => {
    expect([0.0187, -0.002, 0.00001, -0.00001].map((increase) => increaseText(increase, plainText))).toEqual([
      '1.87 % more loss',
      '0.20 % less loss',
      'no more loss',
      'no more loss',
    ]);
  });

  it('shows points while it runs and the finished ones again afterwards', () => {
    expect(view(sparsifyLive).points).toHaveLength(6);
    expect(withPoint(sparsifyLive, sparsity.points[0]!).points).toHaveLength(6);
    expect(choosePoint(triedPoints(view(sparsifyDone).points), 0.02)?.id).toBe('budget-6');
  });
});

describe('a result of an earlier session', () => {
  it('is read back as it was', () => {
    expect(parseSparsifyRecord(JSON.parse(JSON.stringify(sparsity)))).toEqual(sparsity);
  });

  it.each([
    [undefined],
    [{}],
    [{ ...sparsity, schema: 'tierwise.sparsify/2' }],
    [{ ...sparsity, sites: '<b>' }],
    [{ ...sparsity, seconds: Infinity }],
  ])('is dropped where it is something else', (record) => {
    expect(parseSparsifyRecord(record)).toBeUndefined();
  });
});

describe('what the page may ask for', () => {
  it.each([
    { kind: 'sparsify-run', options: defaultSparsifyOptions, write: true },
    { kind: 'sparsify-options', options: { ...defaultSparsifyOptions, method: 'uniform' } },
    { kind: 'inspect-decision', index: 12 },
    { kind: 'command', command: 'resume-compound' },
  ])('$kind', (message) => {
    expect(parsePageMessage(message)).toEqual(message);
  });

  it.each([
    { kind: 'sparsify-run', options: { ...defaultSparsifyOptions, maxLoss: 0.06 }, write: true },
    { kind: 'sparsify-run', options: { ...defaultSparsifyOptions, maxLoss: NaN }, write: true },
    { kind: 'sparsify-options', options: { ...defaultSparsifyOptions, out: '/etc/passwd', method: 'delete' } },
    { kind: 'inspect-decision', index: -1 },
    { kind: 'inspect-decision', index: 1.5 },
    { kind: 'inspect-decision', index: '1' },
    { kind: 'command', command: 'workbench.action.quit' },
  ])('not %j', (message) => {
    expect(parsePageMessage(message)).toBeUndefined();
  });

  it('keeps paths of a page out of a run', () => {
    const message = { kind: 'sparsify-run', options: { ...defaultSparsifyOptions, out: '/etc/x' }, write: true };
    expect(JSON.stringify(parsePageMessage(message))).not.toContain('/etc');
  });
});

describe('a point that is within the limit but not surely', () => {
  it('is not the one the page says would be written', () => {
    const [first] = sparsifyDone.points.filter(({ kind, allowed }) => kind === 'candidate' && allowed);
    if (!first) throw new Error('the canned run has an allowed point');
    const sure = { ...first, id: 'sure', label: 'sure', sparsity: 0.8, lossIncrease: 0.0123 };
    const unsure = { ...first, id: 'unsure', label: 'unsure', sparsity: 0.81, lossIncrease: 0.0187, allowed: false, chosen: false };
    const { points } = sparsityView({ ...sparsifyDone, points: [sure, unsure] }, defaultSparsifyOptions, [], null, plainText);
    const tried = triedPoints(points);
    expect(choosePoint(tried, 0.02)?.label).toBe('sure');
    expect(tried.map((point) => isDoubtful(point, 0.02))).toEqual([false, true]);
    expect(choosePoint(tried, 0.03)?.label).toBe('unsure');
  });
});

describe('where Sparsify stands', () => {
  it.each([
    ['model "a.onnx"\ntext "t.txt" tokens "v.json"\n', 0],
    ['// model "b"\n\n  model "a.onnx"\ndata "d.npz"\n', 2],
    ['/* data "d.npz"\nmodel "x" */\nmodel "a//b.onnx"\ntext "t"', 2],
  ])('on the model of %j', (text, line) => {
    expect(sparsifyLine(text)).toBe(line);
  });

  it.each([['model "a.onnx"\n'], ['text "t.txt"\n'], ['model "a.onnx"\n// data "d.npz"'], ['model "a" /* text "t" \n data "d"'], ['']])(
    'nowhere in %j',
    (text) => {
      expect(sparsifyLine(text)).toBeNull();
    },
  );
});

describe('whether a plan can be run on a stream', () => {
  it.each([
    ['model "a.onnx"\ncompound reader {\n', true],
    ['model "a.onnx"\n  compound r { }', true],
    ['model "a.onnx"\n// compound reader {\n', false],
    ['/* compound r {\n} */ model "compound"', false],
    ['', false],
  ])('%j: %s', (text, expected) => {
    expect(hasCompound(text)).toBe(expected);
  });
});
