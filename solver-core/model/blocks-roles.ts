import { madeValue, walkSegment, type SegmentWalk } from './blocks-walk.ts';
import type { Segment } from './blocks-path.ts';
import { activationOps } from './layer-ops.ts';
import type { GraphNode } from './graph.ts';
import type { Layer } from './layer.ts';
import type { GraphIndex } from './weight-trace.ts';

/** What kind of block some segments form and what each layer does in it (layer id -> role). */
export interface BlockRoles {
  readonly kind: 'rwkv' | 'transformer' | 'repeated';
  readonly roles: ReadonlyMap<string, string>;
}

/** Decides by data flow alone; 'repeated' without roles where neither pattern is there. */
export function blockRoles(segments: readonly Segment[], index: GraphIndex): BlockRoles {
  const own = segments.filter((segment) => segment.layers.length > 0);
  // Each layer and each head takes some walks through its segment.
  if (own.some((segment) => segment.layers.length > maxLayers || segment.layers.length * segment.nodes.length > maxSteps))
    return { kind: 'repeated', roles: new Map() };
  const walks = own.map((segment) => walkSegment(segment, index));
  const rwkv = rwkvRoles(walks);
  if (rwkv !== undefined) return { kind: 'rwkv', roles: rwkv };
  const transformer = transformerRoles(walks);
  return transformer === undefined ? { kind: 'repeated', roles: new Map() } : { kind: 'transformer', roles: transformer };
}

/** More layers than this between two cuts are no attention or feed-forward part. */
const maxLayers = 256;

/** Nodes passed per segment by one kind of walk, about. */
const maxSteps = 300_000;

type Roles = ReadonlyMap<string, string>;

/** RWKV-4: one time-mix and one channel-mix, nothing else (method 1.3). */
function rwkvRoles(walks: readonly SegmentWalk[]): Roles | undefined {
  const [first, second] = walks;
  if (walks.length !== 2 || first === undefined || second === undefined) return undefined;
  const time = timeMix(first) ?? timeMix(second);
  const channel = channelMix(second) ?? channelMix(first);
  return time === undefined || channel === undefined ? undefined : new Map([...time, ...channel]);
}

/** Key through exp, receptance through a sigmoid, value through neither, all three into the output. */
function timeMix(walk: SegmentWalk): Roles | undefined {
  const [output, ...rest] = walk.layers.filter((layer) => walk.madeBy(layer.input).size > 0);
  if (walk.layers.length !== 4 || output === undefined || rest.length > 0) return undefined;
  const roles = new Map([['att.output', output]]);
  for (const layer of walk.layers) {
    if (layer === output) continue;
    const { passed } = walk.onward(madeValue(layer, walk));
    const role = has(passed, 'Exp') ? 'att.key' : has(passed, 'Sigmoid') ? 'att.receptance' : 'att.value';
    if (!walk.madeBy(output.input).has(layer)) return undefined;
    roles.set(role, layer);
  }
  return roles.size === 4 ? byLayer(roles) : undefined;
}

/** Key through a squared rectifier into the value, receptance through a sigmoid times it. */
function channelMix(walk: SegmentWalk): Roles | undefined {
  if (walk.layers.length !== 3) return undefined;
  const value = walk.layers.find((layer) => walk.madeBy(layer.input).size === 1);
  const key = value === undefined ? undefined : [...walk.madeBy(value.input)][0];
  const receptance = walk.layers.find((layer) => layer !== value && layer !== key);
  if (value === undefined || key === undefined || receptance === undefined) return undefined;
  const afterKey = walk.onward(madeValue(key, walk)).passed;
  const afterReceptance = walk.onward(madeValue(receptance, walk));
  if (!has(afterKey, 'Relu') || !afterKey.some(isSquare) || !has(afterReceptance.passed, 'Sigmoid')) return undefined;
  if (walk.madeBy(receptance.input).size > 0 || afterReceptance.into.size > 0) return undefined;
  return byLayer(
    new Map([
      ['ffn.key', key],
      ['ffn.receptance', receptance],
      ['ffn.value', value],
    ]),
  );
}

const has = (nodes: readonly GraphNode[], op: string): boolean => nodes.some((node) => node.op === op);
const isSquare = (node: GraphNode): boolean => node.op === 'Pow' || (node.op === 'Mul' && node.inputs[0] === node.inputs[1]);
const byLayer = (roles: ReadonlyMap<string, Layer>): Roles => new Map([...roles].map(([role, layer]) => [layer.id, role]));

/** Attention as one operator, with query, key and value as its first inputs. */
const fusedAttention: ReadonlySet<string> = new Set([
  'Attention',
  'MultiHeadAttention',
  'GroupQueryAttention',
  'DecoderMaskedMultiHeadAttention',
  'PackedMultiHeadAttention',
]);

/** A block with attention; its layers by what they are to it, the others by what they are to the feed-forward part. */
function transformerRoles(walks: readonly SegmentWalk[]): Roles | undefined {
  const roles = new Map<string, string>();
  for (const walk of walks) attentionRoles(walk, roles);
  const found = [...new Set(roles.values())];
  const isAttention =
    found.includes('out') && ['q', 'k', 'v'].every((letter) => found.some((role) => role !== 'out' && role.includes(letter)));
  if (!isAttention) return undefined;
  for (const walk of walks) feedForwardRoles(walk, roles);
  return roles;
}

interface AttentionSources {
  readonly q: ReadonlySet<Layer>;
  readonly k: ReadonlySet<Layer>;
  readonly v: ReadonlySet<Layer>;
  /** The node whose result is the weighted sum of the values. */
  readonly context: GraphNode;
}

/** Most attention heads that are written out one by one. */
const maxHeads = 256;

function attentionRoles(walk: SegmentWalk, roles: Map<string, string>): void {
  const heads = walk.nodes
    .filter((node) => node.op === 'Softmax' || fusedAttention.has(node.op))
    .slice(0, Math.min(maxHeads, Math.floor(maxSteps / walk.nodes.length)));
  const sources = heads.flatMap((node) => fusedSources(node, walk) ?? productSources(node, walk) ?? []);
  const letters = new Map<Layer, string>();
  for (const source of sources)
    for (const letter of ['q', 'k', 'v'] as const)
      for (const layer of source[letter]) {
        const known = letters.get(layer) ?? '';
        if (!known.includes(letter)) letters.set(layer, [...known, letter].sort((a, b) => 'qkv'.indexOf(a) - 'qkv'.indexOf(b)).join(''));
      }
  for (const [layer, role] of letters) roles.set(layer.id, role);
  for (const { context } of sources)
    for (const value of context.outputs) for (const layer of walk.onward(value).into) if (!letters.has(layer)) roles.set(layer.id, 'out');
}

function fusedSources(node: GraphNode, walk: SegmentWalk): AttentionSources | undefined {
  if (!fusedAttention.has(node.op)) return undefined;
  const own = walk.layerOf(node);
  if (own !== undefined) return { q: new Set([own]), k: new Set([own]), v: new Set([own]), context: node };
  const from = (at: number): ReadonlySet<Layer> => walk.madeBy(node.inputs[at] ?? '');
  const isPacked = !walk.carries(node.inputs[1] ?? '') && !walk.carries(node.inputs[2] ?? '');
  return isPacked ? { q: from(0), k: from(0), v: from(0), context: node } : { q: from(0), k: from(1), v: from(2), context: node };
}

/** Softmax between two products of activations. */
function productSources(node: GraphNode, walk: SegmentWalk): AttentionSources | undefined {
  if (node.op !== 'Softmax') return undefined;
  const scores = nearestProduct(node.inputs[0] ?? '', walk, 'before');
  const context = nearestProduct(node.outputs[0] ?? '', walk, 'behind');
  if (scores === undefined || context === undefined) return undefined;
  const [q = '', k = ''] = scores.inputs;
  // The weights come from the softmax; the other operand brings the values. A value may need layers that the scores need too.
  const weights = new Set(context.inputs.filter((name) => leadsBackTo(name, node, walk)));
  const values = context.inputs.find((name) => !weights.has(name)) ?? '';
  return { q: walk.madeBy(q), k: walk.madeBy(k), v: walk.madeBy(values), context };
}

function isProduct(node: GraphNode, walk: SegmentWalk): boolean {
  const multiplies = node.op === 'MatMul' || node.op === 'FusedMatMul' || node.op === 'Einsum' || node.op === 'Gemm';
  return multiplies && walk.layerOf(node) === undefined && node.inputs.filter((name) => walk.carries(name)).length >= 2;
}

/** The first product of activations met from a value, through nodes that are no layers. */
function nearestProduct(value: string, walk: SegmentWalk, side: 'before' | 'behind'): GraphNode | undefined {
  const names = new Set([value]);
  for (const node of side === 'before' ? [...walk.nodes].reverse() : walk.nodes) {
    const here = side === 'before' ? node.outputs : node.inputs;
    if (!here.some((name) => names.has(name)) || walk.layerOf(node) !== undefined) continue;
    if (isProduct(node, walk)) return node;
    for (const name of side === 'before' ? node.inputs : node.outputs) names.add(name);
  }
  return undefined;
}

function leadsBackTo(value: string, target: GraphNode, walk: SegmentWalk): boolean {
  const names = new Set([value]);
  for (const node of [...walk.nodes].reverse()) {
    if (!node.outputs.some((name) => names.has(name))) continue;
    if (node === target) return true;
    if (walk.layerOf(node) === undefined && !isProduct(node, walk)) for (const name of node.inputs) names.add(name);
  }
  return false;
}

/** What is left: layers that another one feeds lead down, those that feed them up; of two that are multiplied, one is the gate. */
function feedForwardRoles(walk: SegmentWalk, roles: Map<string, string>): void {
  const rest = walk.layers.filter((layer) => !roles.has(layer.id));
  for (const down of rest) {
    const sources = [...walk.madeBy(down.input)].filter((layer) => rest.includes(layer));
    if (sources.length === 0) continue;
    roles.set(down.id, 'down');
    const passed = sources.map((layer) => new Set(walk.onward(madeValue(layer, walk)).passed));
    sources.forEach((layer, i) => {
      const others = passed.filter((_, other) => other !== i);
      const alone = [...(passed[i] ?? [])].filter((node) => others.every((set) => !set.has(node)));
      const isGate = sources.length > 1 && alone.some((node) => activationOps.has(node.op) || node.op === 'Erf' || node.op === 'Exp');
      if (!roles.has(layer.id)) roles.set(layer.id, isGate ? 'gate' : 'up');
    });
  }
}
