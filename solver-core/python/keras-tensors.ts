import { joinedShape, outputShape } from './keras-shapes.ts';
import type { Machine } from './machine.ts';
import { setAttribute } from './assign.ts';
import type { Arguments, Instance, PyValue, Tensor } from './values.ts';
import { asNumber, numberValue, unknown } from './values.ts';

/** A symbolic input: `keras.Input(shape=(784,))` or `layers.InputLayer(...)`. */
export function inputTensor(args: Arguments): PyValue {
  const shape = args.named.get('shape') ?? args.named.get('input_shape') ?? args.positional[0];
  const batched = args.named.get('batch_shape') ?? args.named.get('batch_input_shape');
  const dims = dimsOf(shape) ?? dimsOf(batched)?.slice(1) ?? null;
  return { kind: 'tensor', tensor: { shape: dims, layer: null, inputs: [] } };
}

/** A tuple of sizes; those that are not literal are null. A single number is no shape. */
export function dimsOf(value: PyValue | undefined): readonly (number | null)[] | undefined {
  if (value?.kind !== 'list' || !value.isComplete) return undefined;
  return value.items.map((item) => asNumber(item) ?? null);
}

/** What `layers.add([x, y])` and its like give; undefined for a function that does not join tensors. */
export function joinedTensors(name: string, inputs: readonly Tensor[], args: Arguments): PyValue | undefined {
  const shapes = inputs.map(({ shape }) => shape);
  const shape = inputs.length === 0 ? undefined : joinedShape(name, shapes, args.named.get('axis') ?? args.positional[1]);
  return shape === undefined ? undefined : { kind: 'tensor', tensor: { shape, layer: null, inputs } };
}

/** `x.shape` with the batch in front, whose size nobody knows. */
export function shapeOf({ shape }: Tensor): PyValue {
  if (shape === null) return unknown;
  return { kind: 'list', items: [unknown, ...shape.map((size) => (size === null ? unknown : numberValue(size)))], isComplete: true };
}

/** What a layer makes of tensors. The first use tells what it reads. */
export function tensorThrough(instance: Instance, inputs: readonly Tensor[]): PyValue {
  const shapes = inputs.map(({ shape }) => shape);
  instance.inputShape ??= shapes[0] ?? null;
  return { kind: 'tensor', tensor: { shape: outputShape(instance, shapes), layer: instance, inputs } };
}

/** `keras.Model(inputs, outputs)`: its layers are all those between both. */
export function kerasModel(machine: Machine, model: Instance, args: Arguments): void {
  const outputs = args.named.get('outputs') ?? args.named.get('output') ?? args.positional[1];
  const stack: Tensor[] = outputs === undefined ? [] : tensorsIn(outputs);
  const seen = new Set<Tensor>(stack);
  const layers = new Set<Instance>();
  for (let tensor = stack.pop(); tensor !== undefined; tensor = stack.pop()) {
    if (!machine.step()) break;
    if (tensor.layer !== null) layers.add(tensor.layer);
    for (const input of tensor.inputs) {
      if (seen.has(input)) continue;
      seen.add(input);
      stack.push(input);
    }
  }
  const sorted = [...layers].sort((a, b) => a.order - b.order);
  sorted.forEach((instance, at) => {
    setAttribute(machine, model, String(at), { kind: 'instance', instance });
  });
}

function tensorsIn(value: PyValue): Tensor[] {
  if (value.kind === 'tensor') return [value.tensor];
  return value.kind === 'list' ? value.items.flatMap((item) => (item.kind === 'tensor' ? [item.tensor] : [])) : [];
}
