import { energyContext } from '../energy/estimate.ts';
import type { LayerZeros, SparsityAbout } from '../energy/sparsity-energy.ts';
import { sparsityEnergy } from '../energy/sparsity-energy.ts';
import type { Checked } from '../model/diagnostic.ts';
import type { Layer } from '../model/layer.ts';
import type { SparsifySiteDocument, SparsityEnergyDocument } from '../protocol/index.ts';
import { targetsFor } from './targets.ts';

/** What sparsity is to be priced: zeros as measured on rows that chose nothing. */
export interface SparsifyEnergyRequest {
  /** The plan; targets of its workspace count. */
  readonly path: string;
  readonly targetId: string;
  /** All layers of the model as it was given. */
  readonly layers: readonly Layer[];
  readonly sites: readonly SiteZeros[];
  readonly about: SparsityAbout;
}

/** The part of a site that its energy follows from. */
export type SiteZeros = Pick<SparsifySiteDocument, 'layers' | 'naturalZeros' | 'zeros' | 'threshold' | 'centred' | 'corrected'>;

/**
 * What zeros are worth on a target; null where it does not skip them, or where a layer's size is unknown (`energy-incomplete` then says which).
 * `energy-target-unknown` when there is no such target.
 */
export async function sparsifyEnergy(request: SparsifyEnergyRequest): Promise<Checked<SparsityEnergyDocument | null>> {
  const { layers, sites, about } = request;
  const { targets, diagnostics: faults } = await targetsFor(request.path);
  const context = energyContext(request.targetId, targets);
  if (context.value === undefined) return { value: undefined, diagnostics: [...faults, ...context.diagnostics] };
  const { target, tables } = context.value;
  if (target.events === undefined) return { value: null, diagnostics: faults };
  const value = sparsityEnergy(layers, zerosOfSites(sites), target, tables, about);
  if (value !== null) return { value, diagnostics: faults };
  const unknown = layers.find(
    ({ macs, inputElements, outputElements }) => macs === null || inputElements === null || outputElements === null,
  );
  const message = `The energy of zeros is not known, because a shape of layer "${unknown?.id ?? ''}" is unknown.`;
  const where = unknown === undefined ? {} : { node: unknown.id };
  return { value: null, diagnostics: [...faults, { severity: 'warning', code: 'energy-incomplete', message, where }] };
}

/** Tokens or rows of one forward pass: the leading sizes of the input that a model fixes, [rows, …] or [rows, tokens]. Open ones count 1. */
export function unitsPerRun(inputShape: readonly (number | string | null)[] | null, unit: SparsityAbout['unit']): number {
  const leading = (inputShape ?? []).slice(0, unit === 'token' ? 2 : 1);
  return leading.reduce<number>((product, size) => (typeof size === 'number' && size > 0 ? product * size : product), 1);
}

/** Zeros by layer, from the values that the layers read. */
export function zerosOfSites(sites: readonly SiteZeros[]): readonly LayerZeros[] {
  return sites.flatMap(({ layers, naturalZeros, zeros, threshold, centred, corrected }) =>
    layers.map((layer) => ({
      layer,
      natural: naturalZeros,
      sparse: zeros,
      thresholds: threshold === null ? ('none' as const) : centred ? ('centred' as const) : ('plain' as const),
      biased: centred || corrected,
    })),
  );
}
