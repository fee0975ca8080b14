import { intAttribute } from '../graph.ts';
import { normalAxis, tensorFacts, type InferContext, type RuleTable, type ValueFacts } from './facts.ts';

function batchNormalization(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const dtype = x?.dtype ?? 'unknown';
  const channels = context.input(3)?.shape ?? null;
  const statistics = tensorFacts(context.input(3)?.dtype ?? dtype, channels);
  return [tensorFacts(dtype, x?.shape ?? null), statistics, statistics, statistics, statistics];
}

/** Outputs: y, and mean and inverse deviation with the normalised dimensions reduced to 1. */
function layerNormalization(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  if (shape === null) return [tensorFacts(x?.dtype ?? 'unknown', null)];
  const axis = normalAxis(intAttribute(context.node, 'axis', -1), shape.length);
  const reduced = tensorFacts(
    'float32',
    shape.map((d, i) => (i < axis ? d : 1)),
  );
  return [tensorFacts(x?.dtype ?? 'unknown', shape), reduced, reduced];
}

function dropout(context: InferContext): readonly ValueFacts[] {
  const x = context.input(0);
  const shape = x?.shape ?? null;
  const dtype = x?.dtype ?? 'unknown';
  // Before operator set 10 the mask had the type of the data.
  return [tensorFacts(dtype, shape), tensorFacts(context.opset >= 10 ? 'bool' : dtype, shape)];
}

/** Normalisation operators with more than one output. */
export const normalizationRules: RuleTable = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  Dropout: dropout,
};
