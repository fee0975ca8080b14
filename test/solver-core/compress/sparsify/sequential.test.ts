import { expect, test } from 'vitest';
import { plainNumerics } from '../../../../solver-core/backends/cpu/index.ts';
import { sparsify } from '../../../../solver-core/compress/sparsify/sparsify.ts';
import type { SiteSetting, SparsifyModel, SparsityState } from '../../../../solver-core/compress/sparsify/types.ts';
import { toyModel } from './toy-model.ts';

const state = (settings: ReadonlyMap<string, SiteSetting>): SparsityState => ({ settings, corrections: new Map() });

/** The published search written down straight: no early stop but the rule itself, mode over a histogram. */
async function plainSearch(model: SparsifyModel, bound: number): Promise<readonly (readonly [string, number])[]> {
  const loss = async (settings: ReadonlyMap<string, SiteSetting>): Promise<number> => {
    const { losses } = await model.evaluate(state(settings), 'calibration');
    return losses.reduce((a, b) => a + b, 0) / losses.length;
  };
  const settings = new Map<string, SiteSetting>();
  const chosen: [string, number][] = [];
  const history: number[] = [];
  let base = await loss(settings);
  for (const site of model.sites) {
    const rows: Float32Array[] = [];
    for await (const [values] of model.values([{ state: state(settings), names: [site.id] }], 1)) rows.push(values!.get(site.id)!);
    const all = [...rows[0]!];
    const tokens = Array.from({ length: all.length / site.channels }, (_, r) =>
      all
        .slice(r * site.channels, (r + 1) * site.channels)
        .map(Math.abs)
        .sort((a, b) => a - b),
    );
    const thresholdOf = (keep: number): number => {
      const at = (1 - keep) * (site.channels - 1);
      const low = Math.floor(at);
      return tokens.reduce((sum, t) => sum + t[low]! + (at - low) * ((t[low + 1] ?? t[low]!) - t[low]!), 0) / tokens.length;
    };
    const grid = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];
    const losses = [];
    for (const keep of grid) {
      const threshold = new Float32Array(site.channels).fill(thresholdOf(keep));
      losses.push(await loss(new Map([...settings, [site.id, { threshold, centre: null }]])));
    }
    const passes = losses.map((l) => l / base < bound);
    const counts = grid.map((_, i) => history.filter((h) => h === i).length);
    const most = Math.max(...counts);
    const mode = most === 0 ? 0 : counts.lastIndexOf(most);
    let pick = -1;
    if (passes[mode]) for (pick = mode; passes[pick + 1] === true;) pick++;
    else pick = passes.slice(0, mode).lastIndexOf(true);
    if (pick < 0) continue;
    settings.set(site.id, { threshold: new Float32Array(site.channels).fill(thresholdOf(grid[pick]!)), centre: null });
    base = losses[pick]!;
    history.push(pick);
    chosen.push([site.id, Math.fround(thresholdOf(grid[pick]!))]);
  }
  return chosen;
}

test.each([
  [1, 1.01],
  [2, 1.05],
  [3, 1.002],
])('the published search finds what it finds written down straight (seed %d, bound %d)', async (seed, siteBound) => {
  const sizes = [6, 12, 10, 10, 10, 4];
  const { model } = toyModel(seed, { sizes });
  const found = await sparsify(
    model,
    { method: 'sequential', maxLoss: 0.02, correct: false, per: 'channel', active: null, siteBound },
    { numerics: plainNumerics() },
  );
  const expected = await plainSearch(toyModel(seed, { sizes }).model, siteBound);
  expect([...found.state.settings].map(([id, { threshold }]) => [id, threshold?.[0]])).toEqual(expected);
  expect(expected.length).toBeGreaterThan(0);
});
