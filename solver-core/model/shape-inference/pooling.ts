import { intsAttribute } from '../graph.ts';
import type { Shape } from '../tensor.ts';
import { expectThat, tensorFacts, type InferContext, type RuleTable, type ValueFacts } from './facts.ts';
import { windowOf, windowOutput } from './windows.ts';

function pool(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = pooledShape(context, x?.shape ?? null);
  return [tensorFacts(x?.dtype ?? 'unknown', shape), tensorFacts('int64', shape)];
}

function pooledShape(context: InferContext, shape: Shape): Shape {
  if (shape === null) return null;
  const kernel = intsAttribute(context.node, 'kernel_shape');
  expectThat(kernel !== undefined && kernel.length === shape.length - 2, 'kernel_shape does not fit the input');
  const window = windowOf(context.node, kernel);
  return [...shape.slice(0, 2), ...shape.slice(2).map((size, i) => windowOutput(size, window, i))];
}

function globalPool(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  return [tensorFacts(x?.dtype ?? 'unknown', shape === null ? null : shape.map((d, i) => (i < 2 ? d : 1)))];
}

/** One pooled patch per region of interest: [regions, channels, height, width]. */
function regionPool(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const regions = context.input(1)?.shape?.[0] ?? null;
  const size = intsAttribute(context.node, 'pooled_shape');
  const height = size?.[0] ?? intOr(context, 'output_height');
  const width = size?.[1] ?? intOr(context, 'output_width');
  const shape = x?.shape ?? null;
  return [tensorFacts(x?.dtype ?? 'unknown', shape === null ? null : [regions, shape[1] ?? null, height, width])];
}

function intOr(context: InferContext, name: string): number {
  const a = context.node.attributes.get(name);
  return a?.kind === 'int' ? a.value : 1;
}

/** Pooling operators. */
export const poolingRules: RuleTable = {
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalMaxPool: globalPool,
  GlobalAveragePool: globalPool,
  GlobalLpPool: globalPool,
  MaxRoiPool: regionPool,
  RoiAlign: regionPool,
  'com.microsoft:QLinearAveragePool': pool,
  'com.microsoft:QLinearGlobalAveragePool': globalPool,
};
