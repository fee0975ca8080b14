import type { TargetStrategy } from './strategy.ts';

/**
 * Z = what the layer computed before its activation in the model as it was given, on the same rows; its input is that of the layers
 * fitted so far. Solving for Z absorbs what changes below (pruned, quantised or newly fitted layers) into this layer's weights
 * (method reference 2.2). Needs a trained model and no labels.
 *
 * A layer below which nothing changed gets its own weights back as far as the rows determine them and λ allows: at the default λ they
 * shrink a little, most in directions the rows hardly use.
 */
export const teacherStrategy: TargetStrategy = {
  kind: 'teacher',
  async prepare(layer) {
    return { kind: 'rows', targets: await layer.teacher() };
  },
};
