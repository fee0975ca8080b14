import { basename } from 'node:path';
import type { LayerActivity } from '../energy/events-work.ts';
import type { LayerZeros } from '../energy/sparsity-energy.ts';
import { layerActivities } from '../energy/sparsity-energy.ts';
import type { EnergyTarget } from '../energy/target.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { quoteName } from '../model/quote.ts';
import type { Layer } from '../model/layer.ts';
import type { EnergyDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import { fileHash } from './environment.ts';
import { readJson } from './files.ts';
import { recordPath } from './outputs.ts';
import { isRecord } from './parse-quantity.ts';
import { zerosOfSites } from './sparsify-energy.ts';
import type { SiteZeros } from './sparsify-energy.ts';

/** Most sites of a record that are read; far above any honest one. */
const maxSites = 100_000;

/** Code of the finding about zeros that were measured on another model than the one at hand. */
export const staleZeros = 'measured-zeros-stale';

/** The record of a sparse model beside it; null when there is none. */
export async function zerosRecordPath(modelPath: string): Promise<string | null> {
  const path = recordPath(modelPath);
  return parseRecord(await readJson(path)) === null ? null : path;
}

/** What the record of a sparse model tells about the zeros of its layers, for an estimate. */
export interface MeasuredZeros {
  /** For an estimate; absent where there is no record of the model as it is, or the target does not skip zeros. */
  readonly activity?: ReadonlyMap<string, LayerActivity>;
  /** The estimate with a sentence on what became of the measured zeros; the same one where there are none. */
  tell(estimate: Checked<EnergyDocument>): Checked<EnergyDocument>;
}

/**
 * The zeros that `tierwise sparsify` measured on rows that chose nothing, from its record beside a model. They count where the target is
 * event-driven; on other targets, and where the model changed since, the estimate stays as it is and says so. Never rejects for what the record holds.
 */
export async function measuredZeros(
  environment: Environment,
  modelPath: string,
  layers: readonly Layer[],
  target: EnergyTarget | undefined,
): Promise<MeasuredZeros> {
  const path = recordPath(modelPath);
  const record = parseRecord(await readJson(path));
  if (record === null || target === undefined) return { tell: (estimate) => estimate };
  if (record.output !== (await fileHash(environment, modelPath))) return { tell: (estimate) => withFinding(estimate, stale(path)) };
  const { zeros, rows } = record;
  const ids = new Set(layers.map(({ id }) => id));
  const known = zeros.filter(({ layer }) => ids.has(layer));
  const what = `Zeros among the inputs of ${known.length} of ${layers.length} layers were measured on ${rows} (${quoteName(basename(path))})`;
  if (target.events === undefined)
    return { tell: (estimate) => withSentence(estimate, `${what}; this target does not skip zeros, so that they change nothing here.`) };
  return {
    activity: layerActivities(layers, known, 'sparse', rows),
    tell: (estimate) => withSentence(estimate, `${what}; the energy is modelled from them. The other layers count in full.`),
  };
}

/** `measured-zeros-stale` where a model has a record of zeros that were measured on another one: its zeros are not used. Else nothing. */
export async function staleZerosFindings(environment: Environment, modelPath: string): Promise<readonly Diagnostic[]> {
  const path = recordPath(modelPath);
  const record = parseRecord(await readJson(path));
  return record === null || record.output === (await fileHash(environment, modelPath)) ? [] : [stale(path)];
}

function stale(path: string): Diagnostic {
  const message =
    `The zeros in ${quoteName(basename(path))} were measured on another model than this one is now, so that they are not used. ` +
    'Make the model sparse again with `tierwise sparsify`.';
  return { severity: 'warning', code: staleZeros, message, where: { path } };
}

function withFinding({ value, diagnostics }: Checked<EnergyDocument>, finding: Diagnostic): Checked<EnergyDocument> {
  const more = [...diagnostics, finding];
  return { value: value && { ...value, diagnostics: [...value.diagnostics, finding] }, diagnostics: more };
}

function withSentence({ value, diagnostics }: Checked<EnergyDocument>, text: string): Checked<EnergyDocument> {
  const assumption = { name: 'zeros', text, dominates: false };
  return { value: value && { ...value, assumptions: [assumption, ...value.assumptions] }, diagnostics };
}

interface ZerosRecord {
  /** SHA-256 of the model that was written. */
  readonly output: string;
  readonly zeros: readonly LayerZeros[];
  /** "4096 held-out tokens" */
  readonly rows: string;
}

/** Records are files that anybody may have edited: null unless everything that is used of one is as it should be. */
function parseRecord(json: unknown): ZerosRecord | null {
  if (!isRecord(json) || json['schema'] !== 'tierwise.sparsify/1' || !isRecord(json['hashes']) || !isRecord(json['rows'])) return null;
  const { unit, sites } = json;
  const { output } = json['hashes'];
  const { heldOut } = json['rows'];
  if (typeof output !== 'string' || (unit !== 'token' && unit !== 'row') || !Array.isArray(sites) || sites.length > maxSites) return null;
  if (typeof heldOut !== 'number' || !Number.isSafeInteger(heldOut) || heldOut < 1 || !sites.every(isSite)) return null;
  return { output, zeros: zerosOfSites(sites), rows: `${heldOut} held-out ${unit}${heldOut === 1 ? '' : 's'}` };
}

function isSite(value: unknown): value is SiteZeros {
  if (!isRecord(value) || !Array.isArray(value['layers']) || value['layers'].length > maxSites) return false;
  const { layers, naturalZeros, zeros, threshold, centred, corrected } = value;
  const isShare = (n: unknown): boolean => typeof n === 'number' && n >= 0 && n <= 1;
  return (
    layers.every((id) => typeof id === 'string') &&
    isShare(naturalZeros) &&
    isShare(zeros) &&
    (threshold === null || isRecord(threshold)) &&
    typeof centred === 'boolean' &&
    typeof corrected === 'boolean'
  );
}
