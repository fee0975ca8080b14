import { intAttribute, intsAttribute } from '../graph.ts';
import type { Dim, Shape } from '../tensor.ts';
import { broadcast, expectThat, tensorFacts, type InferContext, type RuleTable, type ValueFacts } from './facts.ts';
import { sameAsInput } from './elementwise.ts';
import { matMulShape } from './matrix.ts';

/**
 * ONNX Attention (operator set 23): Q, K, V of rank 4 [batch, heads, steps, size] or 3 [batch, steps, heads·size].
 * Outputs: y, present key, present value, scores.
 */
function attention(context: InferContext): readonly ValueFacts[] {
  const [q, k, v, , pastKey, pastValue] = [0, 1, 2, 3, 4, 5].map((i) => context.input(i));
  const dtype = q?.dtype ?? 'unknown';
  const queryHeads = intAttribute(context.node, 'q_num_heads', 0);
  const otherHeads = intAttribute(context.node, 'kv_num_heads', 0);
  const [query, key, value] = [
    heads(q?.shape ?? null, queryHeads),
    heads(k?.shape ?? null, otherHeads),
    heads(v?.shape ?? null, otherHeads),
  ];
  if (query === null || key === null || value === null) return [tensorFacts(dtype, null)];
  const total = sumDims(key[2] ?? null, pastKey?.shape?.[2] ?? 0);
  const totalValue = sumDims(value[2] ?? null, pastValue?.shape?.[2] ?? 0);
  const [batch = null, nHeads = null, steps = null] = query;
  const size = value[3] ?? null;
  const flat = q?.shape?.length === 3;
  const width = typeof nHeads === 'number' && typeof size === 'number' ? nHeads * size : null;
  const y = flat ? [batch, steps, width] : [batch, nHeads, steps, size];
  return [
    tensorFacts(dtype, y),
    tensorFacts(k?.dtype ?? dtype, [key[0] ?? null, key[1] ?? null, total, key[3] ?? null]),
    tensorFacts(v?.dtype ?? dtype, [value[0] ?? null, value[1] ?? null, totalValue, size]),
    tensorFacts(dtype, [batch, nHeads, steps, total]),
  ];
}

function heads(shape: Shape, n: number): Shape {
  if (shape === null || shape.length === 4) return shape;
  expectThat(shape.length === 3 && n > 0, `rank ${shape.length} needs the number of heads`);
  const width = shape[2] ?? null;
  return [shape[0] ?? null, n, shape[1] ?? null, typeof width === 'number' ? width / n : null];
}

function sumDims(a: Dim, b: Dim): Dim {
  return typeof a === 'number' && typeof b === 'number' ? a + b : null;
}

/** com.microsoft Attention: input [batch, steps, in], weight [in, dq+dk+dv], past [2, batch, heads, past, size]. Outputs y and present. */
function fusedAttention(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const weight = context.input(1)?.shape ?? null;
  const dtype = x?.dtype ?? 'unknown';
  const columns = weight?.[1] ?? null;
  const sizes = intsAttribute(context.node, 'qkv_hidden_sizes');
  const width: Dim = sizes?.[2] ?? (typeof columns === 'number' ? columns / 3 : null);
  const n = intAttribute(context.node, 'num_heads', 1);
  const batch = x?.shape?.[0] ?? null;
  const steps = x?.shape?.[1] ?? null;
  const past = context.input(4)?.shape;
  const total = past === undefined ? steps : sumDims(steps, past?.[3] ?? null);
  const present = [2, batch, n, total, typeof width === 'number' ? width / n : null];
  return [tensorFacts(dtype, (x?.shape ?? null) === null ? null : [batch, steps, width]), tensorFacts(dtype, present)];
}

/** Outputs: normalised, mean, inverse deviation, sum of input, skip and bias. */
function skipLayerNormalization(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  const reduced = tensorFacts('float32', shape === null ? null : shape.with(-1, 1));
  const same = tensorFacts(x?.dtype ?? 'unknown', shape);
  return [same, reduced, reduced, same];
}

/** ids [batch, steps] and a word embedding [words, width]: output [batch, steps, width], mask index [batch], sum of embeddings. */
function embedLayerNormalization(context: InferContext): readonly ValueFacts[] {
  const ids = context.input(0)?.shape ?? null;
  const words = context.input(2);
  const table = words?.shape ?? null;
  const shape = ids === null || table === null ? null : [...ids, table[1] ?? null];
  const out = tensorFacts(words?.dtype ?? 'unknown', shape);
  return [out, tensorFacts('int32', [ids?.[0] ?? null]), out];
}

function biasAdd(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  return [tensorFacts(x?.dtype ?? 'unknown', broadcast([x?.shape ?? null, context.input(1)?.shape ?? []]))];
}

/** Product with optional transposition of the last two dimensions of either operand. */
function fusedMatMul(context: InferContext): readonly ValueFacts[] {
  const swapped = (shape: Shape, by: string): Shape => {
    if (shape === null || shape.length < 2 || intAttribute(context.node, by, 0) === 0) return shape;
    return [...shape.slice(0, -2), shape.at(-1) ?? null, shape.at(-2) ?? null];
  };
  const a = context.input(0);
  return [
    tensorFacts(
      a?.dtype ?? 'unknown',
      matMulShape(swapped(a?.shape ?? null, 'transA'), swapped(context.input(1)?.shape ?? null, 'transB')),
    ),
  ];
}

/** Rotates positions of queries or keys; same shape. GroupQueryAttention: query [batch, steps, width], past [batch, heads, past, size]. */
function groupQueryAttention(context: InferContext): readonly ValueFacts[] {
  const q = context.input(0);
  const shape = q?.shape ?? null;
  const dtype = q?.dtype ?? 'unknown';
  const nHeads = intAttribute(context.node, 'num_heads', 1);
  const nOther = intAttribute(context.node, 'kv_num_heads', 1);
  // Without separate keys the query input holds all three.
  const packed = context.input(1) === undefined;
  const width = shape?.[2] ?? null;
  const size: Dim = typeof width === 'number' ? width / (packed ? nHeads + 2 * nOther : nHeads) : null;
  const past = context.input(3)?.shape?.[2] ?? 0;
  const total = sumDims(shape?.[1] ?? null, past);
  const present = tensorFacts(dtype, [shape?.[0] ?? null, nOther, total, size]);
  return [tensorFacts(dtype, shape === null ? null : shape.with(2, typeof size === 'number' ? size * nHeads : null)), present, present];
}

/** Attention and the fused transformer operators of com.microsoft. */
export const attentionRules: RuleTable = {
  Attention: attention,
  'com.microsoft:Attention': fusedAttention,
  'com.microsoft:GroupQueryAttention': groupQueryAttention,
  'com.microsoft:SkipLayerNormalization': skipLayerNormalization,
  'com.microsoft:SkipSimplifiedLayerNormalization': skipLayerNormalization,
  'com.microsoft:SimplifiedLayerNormalization': skipLayerNormalization,
  'com.microsoft:EmbedLayerNormalization': embedLayerNormalization,
  'com.microsoft:FastGelu': sameAsInput,
  'com.microsoft:Gelu': sameAsInput,
  'com.microsoft:QuickGelu': sameAsInput,
  'com.microsoft:BiasGelu': biasAdd,
  'com.microsoft:RotaryEmbedding': sameAsInput,
  'com.microsoft:FusedMatMul': fusedMatMul,
  SimplifiedLayerNormalization: skipLayerNormalization,
};
