import { TierwiseError } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import { quoteName } from '../model/quote.ts';

/** What enters a dense head that learns by recursive ridge: name of the value and its width. Throws TierwiseError `layer-not-solvable`. */
export function denseHead(head: Layer): { readonly value: string; readonly width: number; readonly outputs: number } {
  const { linear } = head;
  if (linear !== null && linear.patches === null) return { value: head.input, width: linear.inputs, outputs: linear.outputs };
  throw new TierwiseError(
    'layer-not-solvable',
    `layer ${quoteName(head.id)} cannot learn by rls: ${head.notSolvable ?? `it is a ${head.op}, not a dense layer`}`,
    'Use `learn adam`, or choose a model that ends in a dense layer.',
  );
}
