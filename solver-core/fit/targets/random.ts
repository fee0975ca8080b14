import { createRandom, normals } from '../prng.ts';
import { columnMeans } from './column-means.ts';
import type { TargetStrategy } from './strategy.ts';

/**
 * No targets and no solve: weights ~ N(0, 2/d) (He et al. 2015, arXiv 1502.01852) and a bias that centres every unit on the fit rows,
 * so that about half the rows pass a ReLU. The comparison every other strategy has to beat (method reference 2.2).
 */
export const randomStrategy: TargetStrategy = {
  kind: 'random',
  async prepare(layer) {
    const { outputs, input } = layer;
    const scale = Math.sqrt(2 / input.columns);
    const w = normals(createRandom(layer.seed, `random ${layer.id}`), input.columns * outputs).map((v) => v * scale);
    const b = new Float64Array(outputs);
    if (layer.bias) {
      const means = await columnMeans(input);
      means.forEach((mean, j) => {
        for (let o = 0; o < outputs; o++) b[o] = b[o]! - mean * w[j * outputs + o]!;
      });
    }
    return { kind: 'weights', w, b };
  },
};
