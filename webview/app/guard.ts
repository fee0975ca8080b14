import * as v from 'valibot';
import type { ToWebview } from '../messages/index.ts';
import { pageCommands } from './guard-commands.ts';
import { compound, sparsity } from './guard-language.ts';
import { learning } from './guard-learning.ts';
import { model, modelMessages } from './guard-model.ts';
import { optimise } from './guard-optimise.ts';
import { list, text } from './guard-parts.ts';
import { report } from './guard-report.ts';
import { tiers } from './guard-tiers.ts';

const action = v.object({ label: text, command: v.picklist(pageCommands) });
const strings = v.record(v.string(), v.string());

const toWebview = v.variant('kind', [
  v.object({ kind: v.literal('report'), strings, view: report }),
  v.object({ kind: v.literal('show-figure'), figure: text, strings: v.exactOptional(strings) }),
  v.object({ kind: v.literal('tiers'), strings: v.exactOptional(strings), view: tiers }),
  v.object({ kind: v.literal('model'), strings, view: model }),
  ...modelMessages,
  v.object({ kind: v.literal('learning'), strings, view: learning }),
  v.object({ kind: v.literal('optimise'), strings, view: optimise }),
  v.object({ kind: v.literal('sparsity'), strings, view: sparsity }),
  v.object({ kind: v.literal('compound'), strings, view: compound }),
  v.object({ kind: v.literal('busy'), message: text, strings: v.exactOptional(strings) }),
  v.object({
    kind: v.literal('empty'),
    message: text,
    hint: text,
    action: v.nullable(action),
    more: v.exactOptional(list(action, 20)),
    strings: v.exactOptional(strings),
  }),
  v.object({ kind: v.literal('error'), code: text, message: text, advice: text, strings: v.exactOptional(strings) }),
]);

/** A message, or the sentence that says where it departs from the contract. */
export type Guarded = { readonly ok: true; readonly message: ToWebview } | { readonly ok: false; readonly problem: string };

/** Checks one message of the host against webview/messages. Unknown keys are dropped; unknown kinds and wrong types are a problem, never a throw. */
export function guardMessage(data: unknown): Guarded {
  const result = v.safeParse(toWebview, data, { abortEarly: true });
  // The annotation is the check that guard and contract agree: a drift of either does not compile.
  if (result.success) {
    const message: ToWebview = result.output;
    return { ok: true, message };
  }
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? 'message';
  return { ok: false, problem: `${where}: ${issue.message}` };
}
