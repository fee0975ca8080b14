import type { TargetKind } from '../../model/plan.ts';
import { autoencodeStrategy } from './autoencode.ts';
import { forwardProjectionStrategy } from './forward-projection.ts';
import { labelsStrategy } from './labels.ts';
import { pcaStrategy } from './pca.ts';
import { randomStrategy } from './random.ts';
import type { TargetStrategy } from './strategy.ts';
import { teacherStrategy } from './teacher.ts';

const strategies: Readonly<Record<TargetKind, TargetStrategy | undefined>> = {
  labels: labelsStrategy,
  'forward-projection': forwardProjectionStrategy,
  autoencode: autoencodeStrategy,
  teacher: teacherStrategy,
  pca: pcaStrategy,
  random: randomStrategy,
};

/** The strategy of a kind of targets; undefined when this version has none. */
export function targetStrategy(kind: TargetKind): TargetStrategy | undefined {
  return strategies[kind];
}

/** Kinds of targets that can be fitted. */
export function availableTargets(): readonly TargetKind[] {
  return (Object.keys(strategies) as TargetKind[]).filter((kind) => strategies[kind] !== undefined);
}
