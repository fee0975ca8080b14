// What neighbours use of the gradient learner.
export { createGradientLearner, resumeGradientLearner } from './create.ts';
export { findUpperPart, type UpperPart } from './upper-part.ts';
export type { ForwardForm, GradientLearner, GradientOptions, GradientTask } from './types.ts';
