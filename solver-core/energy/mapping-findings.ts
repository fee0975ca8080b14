import type { Diagnostic } from '../model/diagnostic.ts';
import type { Layer } from '../model/layer.ts';
import { quoteName } from '../model/quote.ts';
import type { ArrayMappings } from './map-layers.ts';
import { misfitText } from './mapping/describe.ts';
import type { EnergyTarget } from './target.ts';

/**
 * What a reader must know of the layers on an array: `mapping-does-not-fit` (warning) where figures are those of a mapping that the array
 * could not run, `layers-not-on-array` (info) where layers are priced without it. None for targets without an array.
 */
export function mappingFindings(
  layers: readonly Layer[],
  mappings: ArrayMappings | undefined,
  target: EnergyTarget,
  path: string,
): readonly Diagnostic[] {
  const { array } = target;
  if (array === undefined || mappings === undefined) return [];
  const findings: Diagnostic[] = [];
  for (const misfit of ['buffer', 'registers'] as const) {
    const found = layers.filter((layer) => mappings.byLayer.get(layer.id)?.misfit === misfit);
    const advice = misfit === 'buffer' ? 'a larger buffer' : 'larger registers';
    const message = `${count(found)} on ${quoteName(target.id)}: ${misfitText({ misfit }) ?? ''}. Such a layer needs ${advice}, or to be cut by hand.`;
    if (found.length > 0) findings.push(finding('warning', 'mapping-does-not-fit', message, found, path));
  }
  const away = layers.filter((layer) => layer.macs !== null && !mappings.byLayer.has(layer.id));
  const message =
    `${count(away)} on ${quoteName(target.id)} not laid on the array, because only dense layers and convolutions of one or two dimensions are: ` +
    'priced by multiply-adds and bytes, without units that wait.';
  return away.length === 0 ? findings : [...findings, finding('info', 'layers-not-on-array', message, away, path)];
}

function count(layers: readonly Layer[]): string {
  const names = layers.slice(0, 3).map(({ id }) => quoteName(id));
  const more = layers.length > 3 ? ` and ${layers.length - 3} more` : '';
  return `${layers.length} ${layers.length === 1 ? 'layer' : 'layers'} (${names.join(', ')}${more})`;
}

function finding(severity: Diagnostic['severity'], code: string, message: string, layers: readonly Layer[], path: string): Diagnostic {
  const node = layers[0]?.id;
  return { severity, code, message, where: { ...(path === '' ? {} : { path }), ...(node === undefined ? {} : { node }) } };
}
