// What neighbours use of the learn part.
export { afterUpdate, createDriftMonitor, observeDrift } from './drift/monitor.ts';
export type { DriftObservation, DriftOptions, DriftOutcome, DriftSignal, DriftState } from './drift/types.ts';
export type { HeadWeights, LearnedWeights, LearnerState, LearnRows, UpperLearner } from './learner.ts';
export { noEnergy, pairedDifference, spoken, spokenJ, spokenLimit } from './policy/judge.ts';
export { afford, createPolicy, decide, observe, rowsOf, settle } from './policy/policy.ts';
export { replayPolicy } from './policy/replay.ts';
export type {
  BatchSignals,
  Candidate,
  EnergyJ,
  PolicyDecision,
  PolicyEvent,
  PolicyKind,
  PolicyOptions,
  PolicyRows,
  PolicyState,
  Trigger,
} from './policy/types.ts';
export { ridgeMemory, type RidgeForm, type RidgeLearnerOptions, type RidgeMemory } from './ridge/options.ts';
export { createRidgeLearner, resumeRidgeLearner, type RidgeLearner } from './ridge/ridge-learner.ts';
