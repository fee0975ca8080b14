import { defaultSparsifyOptions } from '../../extension/sparsify-run.ts';
import { compoundView } from '../../extension/to-compound-view.ts';
import { sparsityView } from '../../extension/to-sparsity-view.ts';
import type { CompoundView, SparsityView } from '../../webview/messages/index.ts';
import { compoundDone, compoundIdle, compoundLive, sparsifyDone, sparsifyIdle, sparsifyLive } from '../extension/canned-language.ts';
import { plainText } from '../extension/fixtures.ts';

const view = (run: typeof sparsifyDone): SparsityView => sparsityView(run, defaultSparsifyOptions, [], null, plainText);

/** Activations made sparse, and the model written; the same while it runs for the first time; before anything was searched for. */
export const sparsity = view(sparsifyDone);
export const sparsityLive = view(sparsifyLive);
export const sparsityNew = view(sparsifyIdle);

const stream = (run: typeof compoundDone, inspected: number | null): CompoundView =>
  compoundView(run, { known: null, inspected, planHash: null }, plainText);

/** A compound model behind its stream, with one decision chosen; half-way; before anything was run. */
export const compound = stream(compoundDone, 1273);
export const compoundRunning = stream(compoundLive, null);
export const compoundNew = stream(compoundIdle, null);

interface Hostile {
  readonly markup: string;
  readonly script: string;
  readonly bidi: string;
  readonly link: string;
  readonly long: string;
}

export function hostileSparsity({ markup, script, bidi, link, long }: Hostile): SparsityView {
  const { result } = sparsity;
  return {
    ...sparsity,
    plan: bidi,
    points: sparsity.points.map((point) => ({ ...point, label: long })),
    result: result && {
      ...result,
      stale: markup,
      rowsText: script,
      blocks: result.blocks.map((group) => ({ ...group, name: markup })),
      roles: result.roles.map((group) => ({ ...group, name: bidi })),
      sites: result.sites.map((site, i) => ({ ...site, id: `${i} ${bidi}`, layers: [script, long], role: markup, left: link })),
      energy: result.energy && { ...result.energy, target: script, againstDense: { headline: markup, saves: true, baseline: long } },
    },
    written: { earlier: true, output: bidi, files: [bidi, markup] },
    error: { code: link, message: script, advice: long },
    problems: [{ severity: 'error', code: link, message: script }],
  };
}

export function hostileCompound({ markup, script, bidi, link, long }: Hostile): CompoundView {
  const { result, inspected } = compound;
  const input = long.slice(0, 1500);
  return {
    ...compound,
    plan: bidi,
    stream: markup,
    task: script,
    rows: {
      reset: true,
      added: compound.rows.added.map((row, i) => ({
        ...row,
        input: i % 2 === 0 ? `${bidi} ${markup}` : input,
        prediction: script,
        label: bidi,
      })),
    },
    inspected: inspected && { ...inspected, input: markup, prediction: bidi, label: script, reason: long },
    updates: compound.updates.map((update) => ({ ...update, reason: script, head: long, signals: bidi })),
    result: result && {
      ...result,
      stale: link,
      lower: { ...result.lower, name: markup },
      upper: { ...result.upper, name: long },
      heads: result.heads.map((head) => ({ ...head, reason: script, head: bidi })),
      files: [bidi, markup],
    },
    error: { code: link, message: script, advice: long },
    problems: [{ severity: 'error', code: link, message: script }],
  };
}
