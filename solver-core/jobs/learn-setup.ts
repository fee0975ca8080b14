import { basename } from 'node:path';
import { denseHead } from './learn-head.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import type { Plan, UpperTier } from '../model/plan.ts';
import { quoteName } from '../model/quote.ts';
import { findUpperPart } from '../learn/gradient/index.ts';
import { encodeModel, upstreamModel } from '../onnx/index.ts';
import type { Environment } from './environment.ts';
import { sha256 } from './files.ts';
import { findFit } from './last-fit.ts';
import type { LowerPart } from './learn-rows.ts';
import { openModel } from './open-model.ts';
import type { OpenedModel } from './open-model.ts';
import { defaultFittedPath } from './outputs.ts';
import { readPlan, runnablePlan } from './read-plan.ts';
import type { ReadPlan } from './read-plan.ts';
import { runnableModel } from './runnable-model.ts';
import type { RunnableModel } from './runnable-model.ts';

/** The model that learning starts from. */
export interface LearnBase {
  readonly opened: OpenedModel;
  readonly runnable: RunnableModel;
  /** Weights of the lower tier solved on the plan's rows, as the record beside the model says. */
  readonly isFitted: boolean;
  /** The λ that the fit used for the head; undefined: not known. */
  readonly headLambda: number | undefined;
}

/** A plan that can learn: its model, upper tier and what lies below it. */
export interface LearnSetup {
  readonly read: ReadPlan;
  readonly plan: Plan;
  readonly modelPath: string;
  readonly base: LearnBase;
  readonly tier: UpperTier;
  /** The layer that answers the labels: the model's last one. */
  readonly head: Layer;
  readonly lower: LowerPart;
  /** SHA-256 of the part below the tier: a state belongs to one such part. */
  readonly lowerHash: string;
  /** How the tier learns, as canonical text: a state belongs to one such way. */
  readonly upperFacts: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a plan and the model it learns on. Throws TierwiseError saying what is missing. */
export async function learnSetup(environment: Environment, planPath: string): Promise<LearnSetup> {
  const read = await readPlan(planPath);
  const { plan, modelPath } = runnablePlan(read);
  const { base, diagnostics } = await openBase(environment, read, plan, modelPath);
  const { layers } = base.runnable;
  const { tier, head } = learningTier(plan, layers, read.path);
  const lower = lowerPart(base.runnable, tier, head);
  const notes = [...diagnostics, ...tierNotes(tier, head, read.path)];
  return {
    read,
    plan,
    modelPath,
    base,
    tier,
    head,
    lower,
    lowerHash: sha256(lower.bytes ?? JSON.stringify(['input', lower.input.name, lower.width])),
    upperFacts: JSON.stringify([
      tier.layers,
      tier.learner,
      tier.lambda ?? null,
      tier.forgetting,
      tier.expand ?? null,
      tier.compensation ?? null,
      tier.seed,
      ...(tier.learner === 'rls' ? [] : [tier.rate, tier.epochs, tier.ewc]),
    ]),
    diagnostics: notes,
  };
}

async function openBase(
  environment: Environment,
  read: ReadPlan,
  plan: Plan,
  modelPath: string,
): Promise<{ readonly base: LearnBase; readonly diagnostics: readonly Diagnostic[] }> {
  const found = await findFit(environment, read, plan);
  const isFitted = found !== null && !found.isLowerStale;
  const path = isFitted ? defaultFittedPath(modelPath) : modelPath;
  const opened = await openModel(environment, path);
  const runnable = runnableModel(opened);
  const lastId = runnable.layers.at(-1)?.id;
  const headLambda = isFitted ? found.fit.layers.find(({ id }) => id === lastId)?.lambda : undefined;
  const where = { path: read.path };
  const why = found === null ? 'no fit of it was found' : 'plan, model or data changed since its fit';
  const message = isFitted
    ? `Learns on the fitted model ${basename(path)}.`
    : `Learns on the plan's model ${basename(path)}${plan.lower.length === 0 ? '' : `: ${why}`}.`;
  const isUnfitted = !isFitted && plan.lower.length > 0;
  const diagnostics: Diagnostic[] = [
    isUnfitted
      ? {
          severity: 'warning',
          code: 'lower-tier-not-fitted',
          message: `${message} Run \`tierwise fit\` first to solve its lower tier.`,
          where,
        }
      : { severity: 'info', code: 'learning-base', message, where },
  ];
  return { base: { opened, runnable, isFitted, headLambda }, diagnostics };
}

/** The one upper tier, which must hold the model's last layer. */
function learningTier(plan: Plan, layers: readonly Layer[], path: string): { readonly tier: UpperTier; readonly head: Layer } {
  const [tier, ...others] = plan.upper;
  if (tier === undefined)
    throw new TierwiseError(
      'no-upper-tier',
      `${path} has no upper tier, so nothing learns`,
      'Add one: upper tier head { layers "…" learn rls }',
    );
  if (others.length > 0)
    throw new TierwiseError(
      'one-upper-tier-needed',
      `${path} has ${plan.upper.length} upper tiers (${plan.upper.map((t) => quoteName(t.name)).join(', ')}); this version learns in exactly one`,
      'Put the layers that learn into one upper tier.',
    );
  const head = layers.at(-1);
  if (head === undefined || !tier.layers.includes(head.id))
    throw new TierwiseError(
      'upper-tier-not-last',
      `the upper tier ${quoteName(tier.name)} of ${path} does not hold the model's last layer ${quoteName(head?.id ?? '')}, which answers the labels`,
      'Add that layer to the tier.',
    );
  return { tier, head };
}

function lowerPart(runnable: RunnableModel, tier: UpperTier, head: Layer): LowerPart {
  const { model, input } = runnable;
  const { value, width } = tier.learner === 'rls' ? denseHead(head) : gradientInput(runnable, tier);
  const bytes = value === input.name ? null : encodeModel(upstreamModel(model, [value]));
  return { bytes, input, value, width };
}

function gradientInput({ model, layers, output }: RunnableModel, tier: UpperTier): { readonly value: string; readonly width: number } {
  const { value: part, diagnostics } = findUpperPart(model.graph, layers, tier.layers, output);
  if (part === undefined) throw firstFinding(diagnostics, `the upper tier ${quoteName(tier.name)} cannot learn by gradient steps`);
  return { value: part.input, width: part.inputShape.reduce((product, size) => product * size, 1) };
}

/** The error for the first finding of a part that refuses its input. */
export function firstFinding(diagnostics: readonly Diagnostic[], what: string): TierwiseError {
  const first = diagnostics.find((d) => d.severity === 'error');
  return new TierwiseError(first?.code ?? 'cannot-learn', `${what}: ${first?.message ?? 'no reason was given'}`, 'See `tierwise check`.');
}

function tierNotes(tier: UpperTier, head: Layer, path: string): readonly Diagnostic[] {
  const still = tier.learner === 'rls' ? tier.layers.filter((id) => id !== head.id) : [];
  if (still.length === 0) return [];
  const message = `\`learn rls\` learns the last layer ${quoteName(head.id)}; ${still.map(quoteName).join(', ')} stay as they are. \`learn adam\` learns them all.`;
  return [{ severity: 'info', code: 'upper-layers-stay', message, where: { path, range: tier.range } }];
}
