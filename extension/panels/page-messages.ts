import * as v from 'valibot';
import type { PageCommand, ToHost } from '../../webview/messages/index.ts';

const maxTextLength = 4096;
const text = v.pipe(v.string(), v.maxLength(maxTextLength));

const commands = [
  'fit',
  'cancel-fit',
  'open-plan',
  'open-sample',
  'open-report',
  'export-html',
  'refresh',
  'create-plan',
  'open-fitted',
  'learn',
  'stop-learning',
  'open-learning',
  'open-learned',
] as const satisfies readonly PageCommand[];

const schema: v.GenericSchema<unknown, ToHost> = v.variant('kind', [
  v.object({ kind: v.literal('ready'), page: v.picklist(['report', 'tiers', 'model', 'learning']) }),
  v.object({ kind: v.literal('command'), command: v.picklist(commands) }),
  v.object({ kind: v.literal('reveal-layer'), id: text }),
  v.object({ kind: v.literal('csp-violation'), directive: text, blocked: text }),
  v.object({ kind: v.literal('page-error'), message: text }),
]);

/** A message from a page, or undefined when it is none of the contract's: pages show untrusted content, so nothing is taken on trust. */
export function parsePageMessage(message: unknown): ToHost | undefined {
  const result = v.safeParse(schema, message);
  return result.success ? result.output : undefined;
}
