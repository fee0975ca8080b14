// What neighbours use of the compound part.
export { createCache, resumeCache } from './cache.ts';
export type { CacheStatistics, RepresentationCache } from './cache.ts';
export { arrayFeatures } from './features.ts';
export { compoundPolicy, streamSettings, withPlan } from './policy.ts';
export { prepareExits } from './prepare.ts';
export type { PreparedExits } from './prepare.ts';
export { sumsOf } from './running.ts';
export { opinionOf } from './softmax.ts';
export { createSoftmaxHead, defaultSoftmaxOptions } from './softmax-head.ts';
export { compoundStep } from './step.ts';
export { startStream } from './stream.ts';
export { resumeStream, saveStream } from './stream-state.ts';
export type { StreamIdentity } from './stream-state.ts';
export type * from './types.ts';
export { lookCostJ } from './update-price.ts';
