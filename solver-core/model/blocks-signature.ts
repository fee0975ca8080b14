import { operandsOf, type Segment } from './blocks-path.ts';
import type { GraphNode } from './graph.ts';

/** Numbers expressions: equal numbers mean the same operators on the same operands. */
export interface Signatures {
  /** Number of what a segment computes from its input; `sameAsInput` when it computes nothing of its own. */
  readonly of: (segment: Segment) => number;
}

/** The signature of a segment that only hands its input on (another shape, a bias, a threshold). */
export const sameAsInput = 0;

/** Nodes that hand a value on when it is all they read of the path: other shapes and types, biases, thresholds. */
const carriers: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Expand',
  'Dropout',
  'Where',
  'Add',
  'Sub',
  'QuantizeLinear',
  'DequantizeLinear',
]);

/** What may stand on a skip connection to change its size, as between the stages of a residual network. */
const projections: ReadonlySet<string> = new Set([
  'Conv',
  'Gemm',
  'MatMul',
  'QLinearConv',
  'BatchNormalization',
  'MaxPool',
  'AveragePool',
  'Pad',
  'Slice',
  'Concat',
]);

const commutative: ReadonlySet<string> = new Set(['Add', 'Mul', 'Sum', 'Max', 'Min', 'Mean']);

/** An expression; `projected`: made of the segment's input by projections alone, so that it may stand for a skip connection. */
interface Expression {
  readonly number: number;
  readonly projected: boolean;
}

const ownInput: Expression = { number: sameAsInput, projected: true };

/** Begins to number expressions. Stored weights, states and masks count as equal: only operators and wiring are compared. */
export function signatures(): Signatures {
  const numbers = new Map<string, number>();
  const numberOf = (key: string): number => {
    const known = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, known);
    return known;
  };
  return {
    of(segment) {
      const values = new Map<string, Expression>([[segment.input, ownInput]]);
      for (const node of segment.nodes) {
        const operands = operandsOf(node).map((name) => values.get(name));
        const made = carried(node, operands) ?? compute(node, operands, numberOf);
        node.outputs.forEach((name, i) => {
          if (name !== '') values.set(name, i === 0 ? made : { ...made, number: numberOf(`out ${i} of ${made.number}`) });
        });
      }
      return values.get(segment.output)?.number ?? sameAsInput;
    },
  };
}

function carried(node: GraphNode, operands: readonly (Expression | undefined)[]): Expression | undefined {
  const known = operands.filter((operand) => operand !== undefined);
  return known.length === 1 && carriers.has(node.op) && node.domain === '' ? known[0] : undefined;
}

function compute(node: GraphNode, operands: readonly (Expression | undefined)[], numberOf: (key: string) => number): Expression {
  const known = operands.filter((operand) => operand !== undefined);
  const projected = known.length > 0 && known.every((operand) => operand.projected) && projections.has(node.op);
  let parts = operands.map((operand) => operand?.number ?? -1);
  if ((node.op === 'Add' || node.op === 'Sum') && known.length === 2) parts = withoutProjection(known);
  if (commutative.has(node.op)) parts = [...parts].sort((a, b) => a - b);
  return { number: numberOf(`${node.domain}:${node.op} ${parts.join(' ')}`), projected };
}

/** A skip connection with a projection counts as one without: the blocks at the start of a stage are of the same kind. */
function withoutProjection(known: readonly Expression[]): number[] {
  const skips = known.filter((operand) => operand.projected);
  return known.map((operand) => (skips.length === 1 && operand.projected ? sameAsInput : operand.number));
}
