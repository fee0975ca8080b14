import type { LinearForm } from '../model/layer.ts';
import type { EngineWork, RidgeSolution } from './backend.ts';

/** Weights of one group. w: [inputs, outputs of the group], b: [outputs of the group]. */
export interface GroupWeights {
  readonly w: Float64Array;
  readonly b: Float64Array;
  /** null when they were not solved for. */
  readonly solution: Omit<RidgeSolution, 'w' | 'b'> | null;
}

/**
 * The groups side by side: w [inputs, outputs], b [outputs], and what there is to say about all solves together: the largest λ,
 * condition and residual, the work added up. Dead inputs are numbered over the input channels of all groups.
 */
export function joinGroups(groups: readonly GroupWeights[], form: LinearForm): GroupWeights {
  const [first] = groups;
  if (groups.length === 1 && first !== undefined) return first;
  const { inputs, outputs } = form;
  const width = outputs / form.groups;
  const w = new Float64Array(inputs * outputs);
  const b = new Float64Array(outputs);
  for (const [g, part] of groups.entries()) {
    b.set(part.b, g * width);
    for (let j = 0; j < inputs; j++) w.set(part.w.subarray(j * width, (j + 1) * width), j * outputs + g * width);
  }
  return { w, b, solution: joined(groups, inputs) };
}

function joined(groups: readonly GroupWeights[], inputs: number): Omit<RidgeSolution, 'w' | 'b'> | null {
  const solutions = groups.flatMap(({ solution }) => (solution === null ? [] : [solution]));
  const [first] = solutions;
  if (first === undefined || solutions.length < groups.length) return null;
  const conditions = solutions.map((s) => s.conditionEstimate);
  const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
  return {
    lambda: largest(solutions.map((s) => s.lambda)),
    conditionEstimate: conditions.includes(null) ? null : largest(conditions.map((c) => c ?? 0)),
    relativeResidual: largest(solutions.map((s) => s.relativeResidual)),
    refinementPasses: largest(solutions.map((s) => s.refinementPasses)),
    deadInputs: solutions.flatMap((s, g) => s.deadInputs.map((j) => g * inputs + j)),
    engine: solutions.map((s) => s.engine).reduce((a, b) => (a === null || b === null ? null : addWork(a, b))),
    method: `${first.method}, in ${groups.length} groups`,
    ...(first.quality === undefined ? {} : { quality: joinedQuality(solutions) ?? first.quality }),
  };
}

function joinedQuality(solutions: readonly Omit<RidgeSolution, 'w' | 'b'>[]): RidgeSolution['quality'] {
  return solutions
    .map((s) => s.quality)
    .reduce((a, b) => {
      if (a === undefined || b === undefined) return undefined;
      const add = (x: number | null, y: number | null): number | null => (x === null || y === null ? null : x + y);
      return {
        lambdaFrom: a.lambdaFrom,
        liveInputs: a.liveInputs + b.liveInputs,
        rank: add(a.rank, b.rank),
        degreesOfFreedom: add(a.degreesOfFreedom, b.degreesOfFreedom),
      };
    });
}

function addWork(a: EngineWork, b: EngineWork): EngineWork {
  return {
    ...a,
    gramCycles: a.gramCycles + b.gramCycles,
    cholCycles: a.cholCycles + b.cholCycles,
    backCycles: a.backCycles + b.backCycles,
    fsubCycles: (a.fsubCycles ?? 0) + (b.fsubCycles ?? 0),
    hostWords: a.hostWords + b.hostWords,
  };
}
