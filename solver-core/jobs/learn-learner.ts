import type { Numerics, ModelRuntime } from '../fit/index.ts';
import { createGradientLearner, resumeGradientLearner } from '../learn/gradient/index.ts';
import type { GradientLearner, GradientOptions } from '../learn/gradient/index.ts';
import type { LearnerState, UpperLearner } from '../learn/learner.ts';
import { createRidgeLearner, resumeRidgeLearner } from '../learn/index.ts';
import type { RidgeLearner } from '../learn/index.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import { denseHead } from './learn-head.ts';
import { firstFinding } from './learn-setup.ts';
import type { LearnSetup } from './learn-setup.ts';

/** The learner of a run, with what only one kind of it offers. */
export type OpenLearner =
  { readonly kind: 'ridge'; readonly learner: RidgeLearner } | { readonly kind: 'gradient'; readonly learner: GradientLearner };

/** A learner that has seen nothing. For ridge heads all scores are 0; others start from the model's weights. */
export async function newLearner(
  setup: LearnSetup,
  labels: 'class' | 'regression',
  numerics: Numerics,
  runtime: ModelRuntime,
): Promise<OpenLearner> {
  const { tier, head, base } = setup;
  if (tier.learner !== 'rls') {
    const created = await createGradientLearner(gradientOptions(setup, labels, runtime));
    return { kind: 'gradient', learner: usable(created.value, created.diagnostics) };
  }
  const { width, outputs } = denseHead(head);
  const lambda = typeof tier.lambda === 'number' ? tier.lambda : tier.lambda === 'auto' ? base.headLambda : undefined;
  const { forgetting, expand, compensation, seed } = tier;
  const options = { inputs: width, outputs, labels, lambda, forgetting, expand, compensation, seed };
  return { kind: 'ridge', learner: await createRidgeLearner(options, numerics) };
}

/** The learner that a state was saved from. */
export async function resumedLearner(
  setup: LearnSetup,
  labels: 'class' | 'regression',
  state: LearnerState,
  numerics: Numerics,
  runtime: ModelRuntime,
): Promise<OpenLearner> {
  if (setup.tier.learner !== 'rls') {
    const resumed = await resumeGradientLearner(state, gradientOptions(setup, labels, runtime));
    return { kind: 'gradient', learner: usable(resumed.value, resumed.diagnostics) };
  }
  const { value, diagnostics } = resumeRidgeLearner(state, numerics);
  const learner = usable(value, diagnostics);
  const wanted = denseHead(setup.head).outputs;
  if (learner.outputs < wanted)
    throw new TierwiseError(
      'state-damaged',
      `the state has ${learner.outputs} outputs, the model's last layer ${wanted}`,
      'Learn with --fresh, or use a copy.',
    );
  return { kind: 'ridge', learner };
}

/** Another generation of the same learner. */
export function followed(open: OpenLearner, learner: UpperLearner): OpenLearner {
  return { ...open, learner } as OpenLearner;
}

export async function disposeLearner(open: OpenLearner): Promise<void> {
  if (open.kind === 'gradient') await open.learner.dispose();
}

function gradientOptions(setup: LearnSetup, task: 'class' | 'regression', runtime: ModelRuntime): GradientOptions {
  const { model, layers, output } = setup.base.runnable;
  return { model, layers, tier: setup.tier, task, runtime, output };
}

function usable<T>(value: T | undefined, diagnostics: readonly Diagnostic[]): T {
  if (value === undefined) throw firstFinding(diagnostics, 'the learner cannot be made');
  return value;
}
