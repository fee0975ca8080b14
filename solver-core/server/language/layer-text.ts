import type { Layer } from '../../model/layer.ts';
import type { Shape } from '../../model/tensor.ts';
import { shown } from '../../tiers/text.ts';
import { escapeMarkdown } from './convert.ts';

/** `1 × 64`, with names for symbolic dimensions and `?` for unknown ones. */
export function shapeText(shape: Shape): string {
  if (shape === null) return 'unknown shape';
  return shape.length === 0 ? 'scalar' : shape.map((dim) => (dim === null ? '?' : String(dim))).join(' × ');
}

/** One line about a layer, for completion lists: operator, shapes, parameters. */
export function layerLine(layer: Layer): string {
  return `${layer.op}, ${shapeText(layer.inputShape)} → ${shapeText(layer.outputShape)}, ${layer.parameters} parameters`;
}

/** What a hover says about a layer, as Markdown. Names and operators come from the file and are escaped. */
export function layerMarkdown(layer: Layer, tier: string | undefined): string {
  const macs = layer.macs === null ? 'multiply-adds unknown' : `${group(layer.macs)} multiply-adds per inference`;
  const lines = [
    `**${escapeMarkdown(shown(layer.id))}** ${escapeMarkdown(layer.op)}`,
    `${escapeMarkdown(shapeText(layer.inputShape))} → ${escapeMarkdown(shapeText(layer.outputShape))}${layer.activation === null ? '' : `, then ${escapeMarkdown(layer.activation)}`}`,
    `${macs}, ${group(layer.parameters)} parameters, ${group(layer.weightBytes)} bytes of weights`,
    tier ?? 'in no tier: frozen',
    layer.linear === null
      ? `Not solvable: ${escapeMarkdown(layer.notSolvable ?? 'not linear in its weights')}`
      : `Solvable: ${layer.linear.inputs} inputs, ${layer.linear.outputs} outputs${layer.linear.groups > 1 ? ` in ${layer.linear.groups} groups` : ''}`,
  ];
  return lines.join('  \n');
}

/** Digits in groups of three, with a narrow no-break space. */
export function group(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}
