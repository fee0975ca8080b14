import type { SyntaxNode } from '@lezer/common';
import { setAttribute } from './assign.ts';
import type { Machine } from './machine.ts';
import type { Arguments, Instance, PyValue } from './values.ts';
import { asNumber, numberValue, unknown } from './values.ts';

/** Most copies of a layer in a stack. */
const maxStack = 200;

/** Fills PyTorch's own transformer modules with the layers that they build. */
export function fillTransformer(machine: Machine, instance: Instance, args: Arguments, node: SyntaxNode): void {
  const { positional, named, complete } = args;
  const get = (name: string, place: number, fallback: PyValue = unknown): PyValue =>
    named.get(name) ?? positional[place] ?? (complete ? fallback : unknown);
  const plain = (values: readonly PyValue[]): Arguments => ({ positional: values, named: new Map(), complete: true });
  const make = (type: string, role: 'layer' | 'container', values: readonly PyValue[]): Instance =>
    machine.create({ type, framework: 'torch', role }, node, plain(values));
  const put = (holder: Instance, name: string, child: Instance): void => {
    setAttribute(machine, holder, name, { kind: 'instance', instance: child });
  };

  if (instance.type === 'TransformerEncoderLayer' || instance.type === 'TransformerDecoderLayer') {
    const [width, heads, inner] = [get('d_model', 0), get('nhead', 1), get('dim_feedforward', 2, numberValue(2048))];
    put(instance, 'self_attn', make('MultiheadAttention', 'layer', [width, heads]));
    if (instance.type === 'TransformerDecoderLayer') put(instance, 'multihead_attn', make('MultiheadAttention', 'layer', [width, heads]));
    put(instance, 'linear1', make('Linear', 'layer', [width, inner]));
    put(instance, 'linear2', make('Linear', 'layer', [inner, width]));
    return;
  }
  const stack = (holder: Instance, layer: Instance, count: PyValue): void => {
    const layers = make('ModuleList', 'container', []);
    put(holder, 'layers', layers);
    const length = Math.min(asNumber(count) ?? 1, maxStack);
    for (let i = 0; i < length; i++) put(layers, String(i), machine.copy(layer));
  };
  if (instance.type !== 'Transformer') {
    const kind = instance.type === 'TransformerEncoder' ? 'encoder_layer' : 'decoder_layer';
    const layer = get(kind, 0);
    const count = get('num_layers', 1);
    if (layer.kind !== 'instance') return;
    if (asNumber(count) === undefined)
      machine.uncertainly(() => {
        stack(instance, layer.instance, count);
      });
    else stack(instance, layer.instance, count);
    return;
  }
  const sizes = [get('d_model', 0, numberValue(512)), get('nhead', 1, numberValue(8)), get('dim_feedforward', 4, numberValue(2048))];
  for (const [name, type, place] of [
    ['encoder', 'TransformerEncoder', 2],
    ['decoder', 'TransformerDecoder', 3],
  ] as const) {
    const holder = make(type, 'container', []);
    const layer = make(`${type}Layer`, 'container', sizes);
    fillTransformer(machine, layer, layer.args, node);
    put(instance, name, holder);
    stack(holder, layer, get(`num_${name}_layers`, place, numberValue(6)));
  }
}
