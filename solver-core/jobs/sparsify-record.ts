import type { Diagnostic } from '../model/diagnostic.ts';
import type { FoundSites, SparsitySite } from '../model/sites.ts';
import type { SiteThreshold } from '../onnx/index.ts';
import type { SparsifyDocument, SparsifySiteDocument } from '../protocol/index.ts';
import type { SparsifyAim } from './sparsify-aim.ts';
import type { Judgement } from './sparsify-judge.ts';
import { sparsifyFiles } from './sparsify-outputs.ts';
import type { Found } from './sparsify-search.ts';

/** Zeros of a site on held-out rows. */
export interface SiteZeroShares {
  readonly natural: number;
  readonly sparse: number;
}

/** The sites in graph order: what became of each, and why some were left. */
export function siteDocuments(
  sites: readonly SparsitySite[],
  { chosen, left }: Found,
  excluded: readonly SparsitySite[],
  zeros: ReadonlyMap<string, SiteZeroShares>,
  unitsPerRun: number,
): readonly SparsifySiteDocument[] {
  const thresholds = new Map(chosen?.thresholds.map((threshold) => [threshold.site, threshold]));
  const corrected = new Set(chosen?.corrections.map(({ layer }) => layer));
  return sites.map((site): SparsifySiteDocument => {
    const found = thresholds.get(site.id);
    const changed = found !== undefined && isActive(found);
    const shares = zeros.get(site.id) ?? { natural: 0, sparse: 0 };
    const reason = excluded.includes(site)
      ? 'its role is left out'
      : (left.get(site.id) ?? (chosen === null ? 'nothing was within the bound' : 'no threshold was worth its loss'));
    return {
      id: site.id,
      layers: site.layers.map(({ id }) => id),
      block: site.block,
      role: site.role,
      channels: site.channels,
      macs: Math.round(site.macs / unitsPerRun),
      threshold: changed ? { low: Math.min(...found.threshold), high: Math.max(...found.threshold) } : null,
      centred: changed && found.centre !== null,
      naturalZeros: shares.natural,
      zeros: shares.sparse,
      corrected: site.layers.some(({ id }) => corrected.has(id)),
      left: changed ? null : reason,
    };
  });
}

function isActive({ threshold, centre }: SiteThreshold): boolean {
  return centre !== null || threshold.some((t) => t !== 0);
}

/** Share of the multiply-adds of all sites that meet a zero. */
export function sparsityOf(sites: readonly SparsifySiteDocument[], which: 'naturalZeros' | 'zeros'): number {
  const macs = sites.reduce((sum, site) => sum + site.macs, 0);
  return macs === 0 ? 0 : sites.reduce((sum, site) => sum + site.macs * site[which], 0) / macs;
}

/** Both models on rows that chose nothing. */
export function evaluationOf(
  before: Judgement,
  after: Judgement,
  sites: readonly SparsifySiteDocument[],
): NonNullable<SparsifyDocument['evaluation']> {
  return {
    loss: { before: before.loss, after: after.loss, increase: after.loss / before.loss - 1 },
    accuracy: before.accuracy === null || after.accuracy === null ? null : { before: before.accuracy, after: after.accuracy },
    sparsity: { before: sparsityOf(sites, 'naturalZeros'), after: sparsityOf(sites, 'zeros') },
  };
}

/** In words: "budget, at most 2 % more loss, thresholds per channel, corrected". */
export function aimWords({ method, maxLoss, per, correct, without }: SparsifyAim): string {
  const left = without.length === 0 ? '' : `, without ${without.join(', ')}`;
  return `${method}, at most ${bound(maxLoss)} more loss, thresholds per ${per}, ${correct ? '' : 'not '}corrected${left}`;
}

/** Provenance inside the written model; nothing that changes from run to run is in it. */
export function sparsifyMetadata(
  aim: SparsifyAim,
  sites: readonly SparsifySiteDocument[],
  hashes: { readonly model: string; readonly data: string },
): Record<string, string> {
  const how = sites.flatMap(({ id, threshold, centred, corrected }): [string, string][] => {
    if (threshold === null) return [];
    const { low, high } = threshold;
    const range = low === high ? numberText(low) : `${numberText(low)} to ${numberText(high)}`;
    return [[`${sparsifyFiles.metadataKey}.${id}`, `threshold ${range}${centred ? ', centred' : ''}${corrected ? ', corrected' : ''}`]];
  });
  return {
    ...Object.fromEntries(how),
    [sparsifyFiles.metadataKey]: aimWords(aim),
    'tierwise.source': hashes.model,
    'tierwise.data': hashes.data,
  };
}

/** Layers that are told by name. */
const mostNamed = 3;

/** The layers that have no site: their inputs count in full. */
export function leftFindings({ left }: FoundSites, plan: string): readonly Diagnostic[] {
  if (left.length === 0) return [];
  const named = left.slice(0, mostNamed).map(({ layer, reason }) => `"${layer}" (${reason})`);
  const more = left.length > mostNamed ? ` and ${left.length - mostNamed} more` : '';
  const message = `${left.length === 1 ? 'One layer reads' : `${left.length} layers read`} no value that is made sparse: ${named.join(', ')}${more}.`;
  return [{ severity: 'info', code: 'layers-without-site', message, where: { path: plan } }];
}

/** What differences of doubles leave. */
const rounding = 1e-9;

/** What the result calls for saying. */
export function outcomeFindings(
  found: Found,
  aim: SparsifyAim,
  evaluation: SparsifyDocument['evaluation'],
  unit: 'token' | 'row',
  plan: string,
): readonly Diagnostic[] {
  const where = { path: plan };
  if (found.chosen === null || evaluation === null) {
    const candidates = found.points.filter(({ kind }) => kind === 'candidate');
    const nearest = candidates.reduce<(typeof candidates)[number] | undefined>(
      (best, point) => (best === undefined || point.lossIncrease < best.lossIncrease ? point : best),
      undefined,
    );
    const best = nearest === undefined ? '' : `; the nearest, "${nearest.label}", costs ${percent(nearest.lossIncrease)}`;
    return [
      {
        severity: 'error',
        code: 'nothing-within-bound',
        message: `None of ${candidates.length} configurations keeps the loss of the model within ${bound(aim.maxLoss)} more${best}. Nothing was written. Allow more with --max-loss, or give more ${unit}s.`,
        where,
      },
    ];
  }
  const findings: Diagnostic[] = [];
  const { loss, accuracy } = evaluation;
  if (loss.increase > aim.maxLoss + rounding) {
    findings.push({
      severity: 'warning',
      code: 'held-out-loss',
      message: `On held-out ${unit}s the loss goes up by ${percent(loss.increase)}, more than the ${bound(aim.maxLoss)} that the ${unit}s that decided kept to. More ${unit}s make both agree better.`,
      where,
    });
  }
  if (accuracy !== null && accuracy.before - accuracy.after > Math.max(0.01, aim.maxLoss)) {
    findings.push({
      severity: 'warning',
      code: 'accuracy-disagrees',
      message: `The loss hardly changes, but the share of right answers on held-out ${unit}s goes from ${percent(accuracy.before)} to ${percent(accuracy.after)}. Choose a smaller --max-loss if that is what counts.`,
      where,
    });
  }
  return findings;
}

/** Equal scores leave this much of rounding. */
const guessingRounding = 1e-6;

/** A model that does no better than guessing has no loss that a bound could protect. */
export function guessingFindings({ loss, guessing }: Judgement, unit: 'token' | 'row', plan: string): readonly Diagnostic[] {
  if (guessing === null || loss < guessing * (1 - guessingRounding)) return [];
  const message = `On held-out ${unit}s the model as it was given is no better than equal scores for everything (${loss.toFixed(4)} nats per ${unit}; equal scores: ${guessing.toFixed(4)}). A bound on such a loss protects nothing, and the zeros and savings told here say nothing of a model that works. Train or fit it first.`;
  return [{ severity: 'warning', code: 'no-better-than-guessing', message, where: { path: plan } }];
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}

/** What was asked for, however small. */
function bound(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

function numberText(value: number): string {
  return String(Number(value.toPrecision(4)));
}
