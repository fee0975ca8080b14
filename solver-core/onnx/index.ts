// What neighbours use of the ONNX part.
export {
  buildModel,
  type BuiltAttribute,
  type BuiltGraph,
  type BuiltNode,
  type BuiltTensor,
  type BuiltType,
  type BuiltValue,
} from './build-model.ts';
export { scoresName, withScores, type HeadReading, type PlainHead } from './append-head.ts';
export type { ExternalLocation } from './external-data.ts';
export { externalTensors, type ExternalTensor } from './external-tensors.ts';
export { fitMetadataKey, inspectModel, summarizeModel, type LayerSummary, type ModelFile, type ModelSummary } from './inspect.ts';
export { withFloatWeights, type ByteScale, type FloatWeights, type WeightSteps } from './float-weights.ts';
export { defaultLimits, type ModelLimits } from './limits.ts';
export { modelMetadata, type OnnxModel } from './model.ts';
export { quantiseFindings, whyNotQuantisable, withQuantisedLayers, type QuantisedLayer } from './qdq.ts';
export { readTensor, type ExternalReader, type FloatTensor } from './read-tensor.ts';
export { readModel, type ReadOptions } from './read.ts';
export { withHead, type NewHead } from './replace-head.ts';
export { joinModels, keepInputs, type JoinedModel } from './join-model.ts';
export { splitModel, type SplitModel } from './split-model.ts';
export { thresholdOpset, withThresholds, type LayerCorrection, type SiteThreshold } from './thresholds.ts';
export { upstreamModel } from './upstream.ts';
export { encodeModel, withGraphOutputs, withInitializers, withMetadata, type NewTensor } from './write.ts';
