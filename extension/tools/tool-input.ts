import * as v from 'valibot';

const file = v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(1024)));
const target = v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{1,64}$/)));

const schemas = {
  energy: v.object({ path: file, target, top: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100))) }),
  budgets: v.object({ path: file }),
  explain: v.object({
    path: file,
    target,
    layer: v.pipe(v.string(), v.minLength(1), v.maxLength(512)),
    figure: v.optional(v.picklist(['inference', 'sgd', 'solve', 'incremental'])),
  }),
} as const;

export type EnergyInput = v.InferOutput<typeof schemas.energy>;
export type BudgetsInput = v.InferOutput<typeof schemas.budgets>;
export type ExplainInput = v.InferOutput<typeof schemas.explain>;

/** Inputs of the tools by kind. */
export interface ToolInputs {
  readonly energy: EnergyInput;
  readonly budgets: BudgetsInput;
  readonly explain: ExplainInput;
}

/** What a chat model asked for, or a sentence that tells it what is wrong with that. A declared schema is not a checked one. */
export function parseInput<K extends keyof ToolInputs>(
  kind: K,
  raw: unknown,
): { readonly input: ToolInputs[K] } | { readonly problem: string } {
  const result = v.safeParse(schemas[kind] as unknown as v.GenericSchema<unknown, ToolInputs[K]>, raw);
  if (result.success) return { input: result.output };
  const [issue] = result.issues;
  const where = issue.path?.map((item) => String(item.key)).join('.') ?? 'the input';
  return { problem: `bad-input: ${where} is not as declared: ${issue.message.slice(0, 200)}` };
}
