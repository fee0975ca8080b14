import * as v from 'valibot';
import type { OptimiseOptions, PageCommand, SparsifyOptions, ToHost } from '../../webview/messages/index.ts';
import { hostCommands, pageNames } from './page-commands.ts';

const maxTextLength = 4096;
const text = v.pipe(v.string(), v.maxLength(maxTextLength));
/** Layers that one move may name. */
const maxAssigned = 200_000;
/** Names of layers come from files, and some are long. */
const maxIdLength = 100_000;
const layerId = v.pipe(v.string(), v.maxLength(maxIdLength));
const path = v.pipe(v.string(), v.minLength(1), v.maxLength(maxIdLength));
const tierName = v.pipe(v.string(), v.minLength(1), v.maxLength(maxIdLength));
const tierRequest = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Those that the host can run. */
const commands = Object.keys(hostCommands) as PageCommand[];

/** What a search is asked to do; also checks what was remembered from an earlier window. */
export const optimiseOptionsSchema: v.GenericSchema<unknown, OptimiseOptions> = v.object({
  maxDrop: v.pipe(v.number(), v.minValue(0), v.maxValue(0.05)),
  bits: v.picklist([4, 8]),
  values: v.picklist(['all', 'set', 'powers-of-two']),
  method: v.picklist(['closed-form', 'training']),
  cell: v.picklist(['array', 'booth', 'shift']),
});

/** What is to be made sparse; also checks what was remembered from an earlier window. */
export const sparsifyOptionsSchema: v.GenericSchema<unknown, SparsifyOptions> = v.object({
  maxLoss: v.pipe(v.number(), v.minValue(0), v.maxValue(0.05)),
  method: v.picklist(['budget', 'sequential', 'uniform']),
  per: v.picklist(['site', 'channel']),
  correct: v.boolean(),
});

const schema: v.GenericSchema<unknown, ToHost> = v.variant('kind', [
  v.object({ kind: v.literal('ready'), page: v.picklist(pageNames) }),
  v.object({ kind: v.literal('command'), command: v.picklist(commands) }),
  v.object({ kind: v.literal('reveal-layer'), id: layerId }),
  v.object({ kind: v.literal('layer-opened'), id: layerId }),
  v.object({ kind: v.literal('show-source'), id: layerId }),
  v.object({ kind: v.literal('copy-layer'), id: layerId }),
  v.object({ kind: v.literal('compare-model') }),
  v.object({ kind: v.literal('compare-model-end') }),
  v.object({ kind: v.literal('optimise-options'), options: optimiseOptionsSchema }),
  v.object({ kind: v.literal('optimise-run'), options: optimiseOptionsSchema, write: v.boolean() }),
  v.object({ kind: v.literal('sparsify-options'), options: sparsifyOptionsSchema }),
  v.object({ kind: v.literal('sparsify-run'), options: sparsifyOptionsSchema, write: v.boolean() }),
  v.object({ kind: v.literal('inspect-decision'), index: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) }),
  v.object({
    kind: v.literal('assign-tier'),
    request: tierRequest,
    plan: path,
    ids: v.pipe(v.array(layerId), v.minLength(1), v.maxLength(maxAssigned)),
    goal: v.variant('kind', [
      v.object({ kind: v.literal('frozen') }),
      v.object({ kind: v.literal('lower'), name: tierName }),
      v.object({ kind: v.literal('upper'), name: tierName }),
    ]),
  }),
  v.object({ kind: v.literal('plan-step'), request: tierRequest, plan: path, step: v.picklist(['undo', 'redo']) }),
  v.object({ kind: v.literal('csp-violation'), directive: text, blocked: text }),
  v.object({ kind: v.literal('page-error'), message: text }),
]);

/** A message from a page, or undefined when it is none of the contract's: pages show untrusted content, so nothing is taken on trust. */
export function parsePageMessage(message: unknown): ToHost | undefined {
  const result = v.safeParse(schema, message);
  return result.success ? result.output : undefined;
}
