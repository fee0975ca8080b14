import type { Block } from '../../model/blocks.ts';
import type { Layer } from '../../model/layer.ts';
import type { Shape } from '../../model/tensor.ts';
import { plainName, shown } from '../../tiers/text.ts';
import { escapeMarkdown } from './convert.ts';

/** `1 × 64`, with names for symbolic dimensions and `?` for unknown ones. */
export function shapeText(shape: Shape): string {
  if (shape === null) return 'unknown shape';
  return shape.length === 0 ? 'scalar' : shape.map((dim) => (dim === null ? '?' : plainName(String(dim), 40))).join(' × ');
}

/** One line about a layer, for completion lists: operator, shapes, parameters. */
export function layerLine(layer: Layer): string {
  return `${layer.op}, ${shapeText(layer.inputShape)} → ${shapeText(layer.outputShape)}, ${layer.parameters} parameters`;
}

/** One line about a block, for completion lists: name, kind, layers. */
export function blockLine(block: Block): string {
  const kind = block.kind === 'rwkv' ? 'RWKV block' : block.kind === 'transformer' ? 'transformer block' : 'repeated block';
  return `${shown(block.name, 40)}, ${kind}, ${block.layers.length === 1 ? '1 layer' : `${block.layers.length} layers`}`;
}

/** What a hover says about some blocks, as Markdown: each with its layers and what they do. */
export function blocksMarkdown(blocks: readonly Block[], layers: readonly Layer[]): string {
  const own = new Set(blocks.flatMap((block) => block.layers));
  const parameters = layers.reduce((sum, layer) => sum + (own.has(layer.id) ? layer.parameters : 0), 0);
  const count = blocks.length === 1 ? '1 block' : `${blocks.length} blocks`;
  const lines = blocks.slice(0, maxShown).map((block) => {
    const names = block.layers.slice(0, maxShown).map((id) => {
      const role = block.roles.get(id);
      return escapeMarkdown(`${shown(id, 40)}${role === undefined ? '' : ` (${role})`}`);
    });
    return `**${block.index}** ${escapeMarkdown(blockLine(block))}: ${names.join(', ')}${block.layers.length > maxShown ? ', …' : ''}`;
  });
  const more = blocks.length > maxShown ? [`and ${blocks.length - maxShown} more`] : [];
  return [`${count}, ${own.size} layers, ${group(parameters)} parameters`, ...lines, ...more].join('  \n');
}

/** Blocks, and layers of each, that a hover lists. */
const maxShown = 8;

/** What a hover says about a layer, as Markdown. Names and operators come from the file and are escaped. */
export function layerMarkdown(layer: Layer, tier: string | undefined, block?: Block): string {
  const macs = layer.macs === null ? 'multiply-adds unknown' : `${group(layer.macs)} multiply-adds per inference`;
  const lines = [
    `**${escapeMarkdown(shown(layer.id))}** ${escapeMarkdown(layer.op)}`,
    `${escapeMarkdown(shapeText(layer.inputShape))} → ${escapeMarkdown(shapeText(layer.outputShape))}${layer.activation === null ? '' : `, then ${escapeMarkdown(layer.activation)}`}`,
    `${macs}, ${group(layer.parameters)} parameters, ${group(layer.weightBytes)} bytes of weights`,
    ...(block === undefined ? [] : [blockOf(layer, block)]),
    tier ?? 'in no tier: frozen',
    layer.linear === null
      ? `Not solvable: ${escapeMarkdown(layer.notSolvable ?? 'not linear in its weights')}`
      : `Solvable: ${layer.linear.inputs} inputs, ${layer.linear.outputs} outputs${layer.linear.groups > 1 ? ` in ${layer.linear.groups} groups` : ''}`,
  ];
  return lines.join('  \n');
}

function blockOf(layer: Layer, block: Block): string {
  const role = block.roles.get(layer.id);
  return escapeMarkdown(`block ${block.index} (${blockLine(block)})${role === undefined ? '' : `, ${role}`}`);
}

/** Digits in groups of three, with a narrow no-break space. */
export function group(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}
