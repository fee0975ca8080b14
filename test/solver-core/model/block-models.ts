import type { NodeProto, TensorProto } from '../../../solver-core/onnx/gen/onnx_pb.ts';
import { floats, int64s, modelBytes, node, value } from '../onnx/build-model.ts';

/** Collects the nodes and stored tensors of a small language model that works on rows of `width` numbers per token. */
export class BlockModel {
  readonly width = 4;
  private readonly nodes: NodeProto[] = [];
  private readonly tensors: TensorProto[] = [];
  private made = 0;

  /** A node of one result, named by a number alone so that no name tells what it is for. */
  op(type: string, inputs: readonly string[], attributes: Parameters<typeof node>[3] = {}): string {
    const out = `v${this.made++}`;
    this.nodes.push(node(type, inputs, [out], attributes));
    return out;
  }

  split(input: string, parts: number): string[] {
    const out = Array.from({ length: parts }, () => `v${this.made++}`);
    this.nodes.push(node('Split', [input], out, { axis: -1 }));
    return out;
  }

  stored(dims: readonly number[]): string {
    const name = `t${this.made++}`;
    this.tensors.push(floats(name, dims, (i) => ((i * 7) % 5) / 5));
    return name;
  }

  integers(values: readonly number[]): string {
    const name = `t${this.made++}`;
    this.tensors.push(int64s(name, values));
    return name;
  }

  /** A layer; its id is the name of its result. */
  dense(input: string, inputs = this.width, outputs = this.width): string {
    return this.op('MatMul', [input, this.stored([inputs, outputs])]);
  }

  norm(input: string): string {
    return this.op('LayerNormalization', [input, this.stored([this.width]), this.stored([this.width])]);
  }

  /** softmax(q kᵀ) v with a mask made of the shape of the ids. */
  attention(q: string, k: string, v: string): string {
    const scores = this.op('MatMul', [q, this.op('Transpose', [k], { perm: [0, 2, 1] })]);
    const masked = this.op('Add', [scores, 'mask']);
    return this.op('MatMul', [this.op('Softmax', [masked], { axis: -1 }), v]);
  }

  /** Embedding of `ids`, with the mask. */
  embed(): string {
    this.makeMask();
    return this.op('Gather', [this.stored([9, this.width]), 'ids']);
  }

  /** Makes 'mask' from the shape of the ids and from where they are padding. */
  makeMask(): void {
    this.nodes.push(node('Shape', ['ids'], ['ids.shape']));
    this.nodes.push(node('ConstantOfShape', ['ids.shape'], ['zeros']));
    this.nodes.push(node('Equal', ['ids', this.integers([0])], ['ids.pad']));
    this.nodes.push(node('Where', ['ids.pad', 'zeros', 'zeros'], ['pads']));
    this.nodes.push(node('Unsqueeze', ['pads', this.integers([1])], ['mask']));
  }

  bytes(scores: string, others: readonly string[] = []): Uint8Array {
    return modelBytes({
      node: [...this.nodes, node('Identity', [scores], ['logits'])],
      initializer: this.tensors,
      input: [value('past', ['batch', 3, this.width]), value('ids', ['batch', 'seq'], 7)],
      output: [...others.map((name) => value(name)), value('logits')],
    });
  }
}

/** A pre-norm block with query, key and value in one product, and a gated feed-forward part. Returns its output and layers by role. */
export function packedGatedBlock(model: BlockModel, x: string): { readonly out: string; readonly roles: Readonly<Record<string, string>> } {
  const w = model.width;
  const qkv = model.dense(model.norm(x), w, 3 * w);
  const [q = '', k = '', v = ''] = model.split(qkv, 3);
  const projected = model.dense(model.attention(q, k, v));
  const middle = model.op('Add', [x, projected]);
  const normed = model.norm(middle);
  const gate = model.dense(normed, w, 2 * w);
  const up = model.dense(normed, w, 2 * w);
  const silu = model.op('Mul', [gate, model.op('Sigmoid', [gate])]);
  const down = model.dense(model.op('Mul', [silu, up]), 2 * w, w);
  return { out: model.op('Add', [middle, down]), roles: { [qkv]: 'qkv', [projected]: 'out', [gate]: 'gate', [up]: 'up', [down]: 'down' } };
}

/** A post-norm block with a state beside the path: keys and values are joined to a past, and a layer feeds only a state. */
export function postNormBlock(
  model: BlockModel,
  x: string,
): { readonly out: string; readonly state: string; readonly roles: Readonly<Record<string, string>> } {
  const w = model.width;
  const [q, k, v, memory] = [model.dense(x), model.dense(x), model.dense(x), model.dense(x)];
  const state = model.op('Add', [memory, 'past']);
  const seen = model.op('Concat', ['past', k], { axis: 1 });
  const kept = model.op('Concat', ['past', v], { axis: 1 });
  const out = model.dense(model.attention(q, seen, kept));
  const middle = model.norm(model.op('Add', [model.op('Add', [out, model.stored([w])]), x]));
  const up = model.dense(middle, w, 2 * w);
  const down = model.dense(model.op('Relu', [up]), 2 * w, w);
  const end = model.norm(model.op('Add', [middle, down]));
  return { out: end, state, roles: { [q]: 'q', [k]: 'k', [v]: 'v', [out]: 'out', [up]: 'up', [down]: 'down' } };
}
