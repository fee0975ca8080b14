import type { TargetStrategy } from './strategy.ts';

/**
 * Z = what the layer computed before its activation in the model as it was given, on the same rows; its input is that of the layers
 * fitted so far. Solving for Z absorbs what changes below (pruned, quantised or newly fitted layers) into this layer's weights
 * (method reference 2.2). Needs a trained model and no labels.
 *
 * The layer keeps the weights it has when they give these values already, or when the solution comes no nearer on the fit rows (see
 * KeptWeights): solving would only shrink them. A gain on few rows may still be none on others; the evaluation of the fit shows it.
 */
export const teacherStrategy: TargetStrategy = {
  kind: 'teacher',
  async prepare(layer) {
    return { kind: 'rows', targets: await layer.teacher() };
  },
};
