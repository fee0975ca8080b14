import { graphAttribute, intAttribute, intsAttribute } from '../graph.ts';
import type { Dim, Shape } from '../tensor.ts';
import { expectThat, normalAxis, tensorFacts, unknownFacts, type InferContext, type RuleTable, type ValueFacts } from './facts.ts';

/** Both branches are inferred; an output keeps what they agree on. A known condition selects one. */
function ifRule(context: InferContext): readonly ValueFacts[] {
  const condition = context.input(0)?.values?.[0];
  const run = (name: string, taken: number | null): readonly ValueFacts[] => {
    const graph = graphAttribute(context.node, name);
    return graph === undefined ? [] : context.subgraph(graph, [], taken);
  };
  const yes = run('then_branch', condition === undefined ? null : Number(condition !== 0));
  const no = run('else_branch', condition === undefined ? null : Number(condition === 0));
  if (condition !== undefined) return condition !== 0 ? yes : no;
  return context.node.outputs.map((_, i) => common(yes[i] ?? unknownFacts, no[i] ?? unknownFacts));
}

function common(a: ValueFacts, b: ValueFacts): ValueFacts {
  return tensorFacts(a.dtype === b.dtype ? a.dtype : 'unknown', commonShape(a.shape, b.shape));
}

function commonShape(a: Shape, b: Shape): Shape {
  if (a === null || b === null || a.length !== b.length) return null;
  return a.map((d, i): Dim => (d === b[i] ? d : null));
}

/**
 * Loop: body inputs are (iteration, condition, carried…), outputs (condition, carried…, scanned…). Carried shapes that the
 * body changes become unknown; scanned outputs get the number of runs in front.
 */
function loop(context: InferContext): readonly ValueFacts[] {
  const body = graphAttribute(context.node, 'body');
  if (body === undefined) return [];
  const limit = context.input(0)?.values?.[0];
  const start = context.input(1)?.values?.[0];
  const nCarried = Math.max(0, context.node.inputs.length - 2);
  let carried = Array.from({ length: nCarried }, (_, i) => withoutValues(context.input(i + 2) ?? unknownFacts));
  const counters = [tensorFacts('int64', []), tensorFacts('bool', [])];
  const first = context.subgraph(body, [...counters, ...carried], null);
  const after = first.slice(1, 1 + nCarried);
  const runs = start === 0 ? 0 : limit !== undefined && endsOnlyAtLimit(context, body.outputs[0]?.name ?? '', first[0]) ? limit : null;
  carried = carried.map((f, i) => common(f, after[i] ?? unknownFacts));
  const outputs = context.subgraph(body, [...counters, ...carried], runs);
  const scanned = outputs.slice(1 + nCarried).map((f) => tensorFacts(f.dtype, f.shape === null ? null : [runs, ...f.shape]));
  return [...carried, ...scanned];
}

/** The body's condition is true by itself, or is the incoming condition passed on. */
function endsOnlyAtLimit(context: InferContext, name: string, condition: ValueFacts | undefined): boolean {
  if (condition?.values?.[0] !== undefined) return condition.values[0] !== 0;
  const body = graphAttribute(context.node, 'body');
  const incoming = body?.inputs[1]?.name;
  let at = name;
  for (let step = 0; step < 8 && at !== incoming; step++) {
    const producer = body?.nodes.find((n) => n.outputs[0] === at);
    if (producer?.op !== 'Identity') return false;
    at = producer.inputs[0] ?? '';
  }
  return (
    at === incoming &&
    incoming !== undefined &&
    context.input(1)?.values?.[0] !== 0 &&
    (context.input(1) === undefined || (context.input(1)?.values ?? null) !== null)
  );
}

function withoutValues(f: ValueFacts): ValueFacts {
  return { ...f, values: null, constant: false };
}

/** Scan: carried states, then inputs sliced along an axis; outputs are states, then stacked slices. */
function scan(context: InferContext): readonly ValueFacts[] {
  const body = graphAttribute(context.node, 'body');
  if (body === undefined) return [];
  const nScanned = intAttribute(context.node, 'num_scan_inputs', 0);
  // Operator set 8 had a batch dimension and an optional list of lengths in front.
  const isOld = context.opset < 9;
  const skip = isOld ? 1 : 0;
  const nStates = context.node.inputs.length - skip - nScanned;
  expectThat(nScanned >= 1 && nStates >= 0, `${nScanned} scanned inputs do not fit ${context.node.inputs.length} inputs`);
  const states = Array.from({ length: nStates }, (_, i) =>
    dropLeading(withoutValues(context.input(i + skip) ?? unknownFacts), isOld ? 1 : 0),
  );
  const axes = intsAttribute(context.node, 'scan_input_axes');
  let steps: Dim = null;
  const slices = Array.from({ length: nScanned }, (_, i) => {
    const x = dropLeading(withoutValues(context.input(i + skip + nStates) ?? unknownFacts), isOld ? 1 : 0);
    if (x.shape === null) return x;
    const axis = normalAxis(axes?.[i] ?? 0, x.shape.length);
    steps = x.shape[axis] ?? steps;
    return { ...x, shape: x.shape.toSpliced(axis, 1) };
  });
  const known: Dim = steps;
  const runs = typeof known === 'number' ? known : null;
  const first = context.subgraph(body, [...states, ...slices], runs);
  const carried = states.map((f, i) => common(f, first[i] ?? unknownFacts));
  const outputs = first.slice(nStates);
  const outAxes = intsAttribute(context.node, 'scan_output_axes');
  const stacked = outputs.map((f, i) => {
    if (f.shape === null) return f;
    return tensorFacts(f.dtype, f.shape.toSpliced(normalAxis(outAxes?.[i] ?? 0, f.shape.length + 1), 0, known));
  });
  const batch = isOld ? context.input(1)?.shape?.[0] : undefined;
  const all = [...carried, ...stacked];
  return batch === undefined ? all : all.map((f) => (f.shape === null ? f : { ...f, shape: [batch, ...f.shape] }));
}

function dropLeading(f: ValueFacts, n: number): ValueFacts {
  return n === 0 || f.shape === null ? f : { ...f, shape: f.shape.slice(n) };
}

/** Operators with subgraphs. */
export const controlFlowRules: RuleTable = { If: ifRule, Loop: loop, Scan: scan };
