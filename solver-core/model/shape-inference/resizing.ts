import { attribute, expectThat, normalAxis, tensorFacts, type InferContext, type RuleTable, type ValueFacts } from './facts.ts';
import { intsAttribute, stringAttribute } from '../graph.ts';
import type { Dim } from '../tensor.ts';

/** Resize: scales or sizes, for all axes or those of `axes`; `keep_aspect_ratio_policy` makes sizes bounds. */
function resize(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  const dtype = x?.dtype ?? 'unknown';
  if (shape === null) return [tensorFacts(dtype, null)];
  // Operator set 10 had (x, scales), later ones (x, roi, scales, sizes).
  const scales = context.opset >= 11 ? context.input(2) : context.input(1);
  const sizes = context.opset >= 11 ? context.input(3) : undefined;
  const axes = (intsAttribute(context.node, 'axes') ?? shape.map((_, i) => i)).map((a) => normalAxis(a, shape.length));
  const unknown = [
    tensorFacts(
      dtype,
      shape.map((d, i): Dim => (axes.includes(i) ? null : d)),
    ),
  ];
  const wanted = sizes?.values ?? null;
  if (sizes !== undefined && sizes.shape?.[0] !== 0) {
    if (wanted === null) return unknown;
    expectThat(wanted.length === axes.length, `${wanted.length} sizes for ${axes.length} axes`);
    return [tensorFacts(dtype, withSizes(context, shape, axes, wanted))];
  }
  const factors = scales?.values ?? null;
  if (factors === null) return unknown;
  return [tensorFacts(dtype, scaled(shape, axes, factors))];
}

function withSizes(context: InferContext, shape: readonly Dim[], axes: readonly number[], wanted: readonly number[]): Dim[] {
  const policy = stringAttribute(context.node, 'keep_aspect_ratio_policy', 'stretch');
  const out: Dim[] = [...shape];
  const ratios = axes.map((axis, i) => {
    const size = shape[axis];
    return typeof size === 'number' ? (wanted[i] ?? 0) / size : NaN;
  });
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  axes.forEach((axis, i) => {
    const size = shape[axis];
    if (policy === 'stretch') out[axis] = wanted[i] ?? null;
    else out[axis] = typeof size === 'number' && !Number.isNaN(scale) ? Math.round(scale * size) : null;
  });
  return out;
}

function scaled(shape: readonly Dim[], axes: readonly number[], factors: readonly number[]): Dim[] {
  expectThat(factors.length === axes.length, `${factors.length} scales for ${axes.length} axes`);
  const out: Dim[] = [...shape];
  axes.forEach((axis, i) => {
    const size = shape[axis];
    // Runtimes multiply in float32.
    out[axis] = typeof size === 'number' ? Math.floor(Math.fround(Math.fround(size) * Math.fround(factors[i] ?? 1))) : null;
  });
  return out;
}

function upsample(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  const given = attribute(context, 'scales');
  const factors = given?.kind === 'floats' ? given.value : (context.input(1)?.values ?? null);
  if (shape === null || factors === null) return [tensorFacts(x?.dtype ?? 'unknown', shape?.map(() => null) ?? null)];
  return [
    tensorFacts(
      x?.dtype ?? 'unknown',
      scaled(
        shape,
        shape.map((_, i) => i),
        factors,
      ),
    ),
  ];
}

/** [N, C, D…] from a sampling grid [N, D…, rank]. */
function gridSample(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const grid = context.input(1)?.shape ?? null;
  const image = x?.shape ?? null;
  const shape = image === null || grid === null ? null : [...image.slice(0, 2), ...grid.slice(1, -1)];
  return [tensorFacts(x?.dtype ?? 'unknown', shape)];
}

/** Operators that resample. */
export const resizingRules: RuleTable = { Resize: resize, Upsample: upsample, GridSample: gridSample };
