import type { SelectCandidate, SelectedLayer, SelectOutcome } from '../compress/select/types.ts';
import type { MacCellId } from '../energy/switching/types.ts';
import type { Evaluation } from '../fit/index.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Layer } from '../model/layer.ts';
import type { SelectLayerDocument, SelectMethod, SelectPoint, SelectValues, TableSaving } from '../protocol/index.ts';
import type { SelectAim } from './select-aim.ts';
import { dropOf } from './select-drop.ts';
import type { HeldOutQuality } from './select-judge.ts';
import type { PricedLayer } from './select-pricing.ts';
import { selectFiles } from './select-outputs.ts';
import { jouleRange, layerSavings } from './select-savings.ts';

/** A configuration as the document and the progress tell it. */
export function pointOf(candidate: SelectCandidate, cell: MacCellId, original: number | null, isChosen = false): SelectPoint {
  const { id, label, kind, energy, saving, assessment, allowed, smoothDrop } = candidate;
  const { metric, quality, rows } = assessment;
  return {
    id,
    label,
    kind,
    macEnergy: jouleRange(cell, energy),
    saving,
    metric,
    quality,
    rows,
    ...(original === null ? {} : { drop: dropOf(metric, original, quality) }),
    ...(smoothDrop === undefined ? {} : { smoothDrop }),
    allowed,
    chosen: isChosen,
  };
}

/** The layers of the model in graph order: chosen ones with their figures, the others with the reason why not. */
export function layerDocuments(
  layers: readonly Layer[],
  chosen: readonly SelectedLayer[],
  left: ReadonlyMap<string, string>,
  before: readonly PricedLayer[],
  after: readonly PricedLayer[],
): readonly SelectLayerDocument[] {
  const selected = new Map(chosen.map((layer) => [layer.stored.id, layer]));
  const [was, is] = [before, after].map((list) => new Map(list.map((layer) => [layer.id, layer])));
  return layers.map((layer): SelectLayerDocument => {
    const found = selected.get(layer.id);
    if (found === undefined) return leftLayer(layer, left.get(layer.id) ?? 'it was not chosen');
    const [from, to] = [was?.get(layer.id), is?.get(layer.id)];
    const perTable: readonly TableSaving[] = from === undefined || to === undefined ? [] : layerSavings(from, to);
    return {
      id: layer.id,
      op: layer.op,
      bits: found.stored.bits,
      values: found.values,
      zeros: found.zeros,
      ...(found.stored.input === undefined ? {} : { inputLevels: found.stored.input.levels ?? 256 }),
      mu: found.mu,
      compensated: found.compensated,
      outputError: found.outputError,
      perTable,
      left: found.left,
    };
  });
}

function leftLayer({ id, op, weightBits }: Layer, reason: string): SelectLayerDocument {
  return {
    id, op, bits: weightBits, values: 0, zeros: 0, mu: null, compensated: false, outputError: 0, perTable: [], left: reason,
  }; // prettier-ignore
}

/** A saving below half a percent is none. */
const leastGain = 0.005;

/** What differences of shares of rows leave in floating point. */
const rounding = 1e-9;

const methodWords: Readonly<Record<SelectMethod, string>> = { 'closed-form': 'closed form', training: 'training' };
const valueWords: Readonly<Record<SelectValues, string>> = {
  all: 'all values',
  set: 'low-energy sets',
  'powers-of-two': '0 and powers of two',
};

/** In words: "closed form, 8 bits, all values". */
export function aimWords({ method, values, setSize, bits }: Pick<SelectAim, 'method' | 'values' | 'setSize' | 'bits'>): string {
  const size = setSize === null ? '' : ` of ${setSize} values at most`;
  return `${methodWords[method]}, ${bits} bits, ${valueWords[values]}${size}`;
}

/** The same with what became of the inputs: "…, inputs on 24 to 256 levels". */
export function variantWords(aim: SelectAim, layers: readonly SelectLayerDocument[]): string {
  const levels = layers.flatMap(({ inputLevels }) => inputLevels ?? []);
  const [least, most] = [Math.min(...levels), Math.max(...levels)];
  if (levels.length === 0 || least >= 256) return aimWords(aim);
  return `${aimWords(aim)}, inputs on ${least === most ? least : `${least} to ${most}`} levels`;
}

/** Provenance inside the written model: the same selection gives the same file, so nothing that changes from run to run is in it. */
export function selectMetadata(
  aim: SelectAim,
  layers: readonly SelectLayerDocument[],
  hashes: { readonly model: string; readonly data: string; readonly cells: Readonly<Record<string, string>> },
): Record<string, string> {
  const how = layers
    .filter(({ perTable, values }) => perTable.length > 0 || values > 0)
    .map(({ id, bits, values, zeros, mu, inputLevels: levels }): [string, string] => [
      `tierwise.select.${id}`,
      `${bits} bits, ${values} values, ${(100 * zeros).toFixed(1)} % zeros${levels === undefined ? '' : `, inputs on ${levels} levels`}${mu === null ? '' : `, mu ${Number(mu.toPrecision(6))}`}`,
    ]);
  return {
    ...Object.fromEntries(how),
    [selectFiles.metadataKey]: `${aimWords(aim)}, allowed drop ${Number((100 * aim.maxDrop).toPrecision(6))} points, ${aim.cell} cell, seed ${aim.seed}`,
    'tierwise.select.cells': Object.entries(hashes.cells)
      .map(([cell, hash]) => `${cell} ${hash}`)
      .join('; '),
    'tierwise.source': hashes.model,
    'tierwise.data': hashes.data,
  };
}

/** What the result calls for saying. `allowed`: whether anything was within the allowed drop on the validation rows. */
export function outcomeFindings(
  outcome: SelectOutcome,
  aim: SelectAim,
  quality: HeldOutQuality | null,
  plan: string,
): readonly Diagnostic[] {
  const where = { path: plan };
  const { chosen, baseline, original } = outcome;
  const percent = (value: number): string =>
    original.metric === 'accuracy' ? `${(100 * value).toFixed(2)} %` : String(Number(value.toPrecision(4)));
  const findings: Diagnostic[] = [];
  const doubtful = outcome.points.filter((point) => isDoubtful(point, original.quality, aim.maxDrop));
  if (quality === null) {
    const why = doubtful.some(({ id }) => id === chosen.id) ? `, but ${doubtWords}` : '';
    findings.push({
      severity: 'error',
      code: 'nothing-within-drop',
      message:
        `The model has ${original.metric} ${percent(original.quality)} on ${original.rows} validation rows, and none of ${outcome.points.length} configurations surely keeps within ${dropWords(aim.maxDrop, original.metric)} of it; ` +
        `the nearest, "${chosen.label}", has ${percent(chosen.assessment.quality)}${why}. Nothing was written. Allow more with --max-drop${aim.bits === 4 ? ', use --bits 8' : ''}, or give more rows.`,
      where,
    });
  } else if (chosen.id === baseline.id || chosen.saving < leastGain) {
    findings.push({
      severity: 'warning',
      code: 'nothing-gained',
      message:
        `No configuration saves multiply-add energy within the allowed drop; the weights are those of "${chosen.label}", and savings are counted from int8 by rounding. ` +
        (doubtful.length === 0 ? '' : `Of ${doubtful.length} that stayed within it ${doubtWords}. `) +
        'Allow more with --max-drop, or give more rows.',
      where,
    });
  }
  if (quality === null) return findings;
  const { given, selected } = quality;
  const drop = dropOf(given.metric, given.value, selected.value);
  if (drop > aim.maxDrop + rounding) {
    findings.push({
      severity: 'warning',
      code: 'held-out-drop',
      message: `On ${given.rows} held-out rows ${given.metric} goes from ${percent(given.value)} to ${percent(selected.value)}, more than the ${dropWords(aim.maxDrop, given.metric)} that the validation rows kept to. More rows make both agree better.`,
      where,
    });
  }
  return findings;
}

/** Why a configuration within the drop may not be chosen. */
const doubtWords = 'the model is so much less sure of the right answers that luck must have had a part in it';

/** Within the drop, and not allowed all the same. */
function isDoubtful({ kind, allowed, assessment: { metric, quality } }: SelectCandidate, original: number, maxDrop: number): boolean {
  return kind === 'candidate' && !allowed && dropOf(metric, original, quality) <= maxDrop + rounding;
}

function dropWords(maxDrop: number, metric: Evaluation['metric']): string {
  const amount = Number((100 * maxDrop).toPrecision(4));
  return metric === 'accuracy' ? `${amount} ${amount === 1 ? 'point' : 'points'}` : `${amount} %`;
}
