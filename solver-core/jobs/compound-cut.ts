import { denseHead } from './learn-head.ts';
import type { Block } from '../model/blocks.ts';
import { TierwiseError } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import type { ModuleSource } from '../model/plan.ts';
import { quoteName } from '../model/quote.ts';

/** Where a module ends. */
export interface Place {
  readonly value: string;
  readonly name: string;
}

/** Where the lower module ends: the output of the last block that it holds whole, else of its last layer. */
export function lowerCut(source: ModuleSource, blocks: readonly Block[], layers: readonly Layer[], path: string): Place {
  if (source.kind !== 'layers')
    throw new TierwiseError('lower-module-missing', `the lower module of ${path} names no layers`, 'Write `lower blocks 0..3`.');
  const own = new Set(source.layers);
  const lastId = layers.filter(({ id }) => own.has(id)).at(-1)?.id;
  const block = blocks.find(
    (b) => b.layers.at(-1) === lastId || (lastId !== undefined && b.layers.includes(lastId) && b.layers.every((id) => own.has(id))),
  );
  if (block !== undefined && block.layers.every((id) => own.has(id)))
    return { value: block.output, name: block.index === 0 ? 'block 0' : `blocks 0..${block.index}` };
  const last = layers.find(({ id }) => id === lastId);
  if (last === undefined)
    throw new TierwiseError(
      'lower-module-missing',
      `the lower module of ${path} holds none of the model's layers`,
      'Name layers of the model.',
    );
  return { value: last.output, name: layers.indexOf(last) === 0 ? `layer ${quoteName(last.id)}` : `layers up to ${quoteName(last.id)}` };
}

/** Where the upper module ends: before the model's own head, or behind a block that comes earlier. */
export function upperEnd(
  source: ModuleSource,
  cut: Place,
  blocks: readonly Block[],
  layers: readonly Layer[],
  head: Layer,
  path: string,
): Place & { readonly isHead: boolean } {
  const first = blocks.find(({ input }) => input === cut.value);
  const rest = first === undefined ? 'the layers behind it' : `blocks ${first.index}..${blocks.length - 1}`;
  const whole = { value: denseHead(head).value, name: rest, isHead: true };
  if (source.kind !== 'layers') return whole;
  const own = new Set(source.layers);
  const lastId = layers.filter(({ id }) => own.has(id)).at(-1)?.id;
  const block = blocks.find(({ layers: ids }) => lastId !== undefined && ids.includes(lastId));
  if (own.has(head.id) || block === undefined || block === blocks.at(-1)) return whole;
  if (first === undefined || block.index < first.index)
    throw new TierwiseError(
      'upper-module-below',
      `the upper module of ${path} ends with ${block.name}, which is not above the lower module`,
      'Write `upper rest`, or blocks that follow those of the lower module.',
    );
  return { value: block.output, name: `blocks ${first.index}..${block.index}`, isHead: false };
}
