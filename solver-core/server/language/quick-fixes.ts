import type { TextDocument } from 'langium';
import { dirname, resolve } from 'node:path';
import { URI } from 'langium';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { isTierBlock } from '../../tiers/generated/ast.ts';
import { rawOf, spanOf } from '../../tiers/nodes.ts';
import { isClosed, quote, shown, unquote } from '../../tiers/text.ts';
import type { Span } from '../../tiers/text.ts';
import { toLspRange } from './convert.ts';
import { entryOf, indicesOf, layersClausesOf, ownerOf, removal, without } from './entry-edits.ts';
import type { TextChange } from './entry-edits.ts';
import { layersOf } from './hover.ts';
import { entriesOf } from './mentions.ts';
import type { PlanCheck } from './plan-checks.ts';

/** A repair that takes more than another text at the place of the finding. */
export interface PlanFix {
  readonly title: string;
  readonly changes: readonly TextChange[];
  readonly isPreferred: boolean;
}

/** The repairs of a finding beside its suggestions, best first. */
export function fixesOf(diagnostic: Diagnostic, check: PlanCheck, document: TextDocument): readonly PlanFix[] {
  if (diagnostic.where.range === undefined) return [];
  const range = toLspRange(diagnostic.where.range);
  const span = { offset: document.offsetAt(range.start), end: document.offsetAt(range.end) };
  const text = document.getText();
  switch (diagnostic.code) {
    case 'unterminated-comment':
      return closeComment(text, span);
    case 'syntax-error':
      return closeBrace(diagnostic, text);
    case 'duplicate-layer':
      return partLayers(check, text, span);
    case 'layer-not-solvable':
      return dropUnsolvable(check, text, span);
    case 'tier-order':
      return reorder(check, text, span);
    case 'missing-clause':
      return diagnostic.message.startsWith('this tier names no layers') ? nameLayer(check, span) : [];
    case 'path-outside-folder':
      return absolutePath(document, text, span);
    default:
      return [];
  }
}

function fix(title: string, change: TextChange | undefined, isPreferred = true): readonly PlanFix[] {
  return change === undefined ? [] : [{ title, changes: [change], isPreferred }];
}

function closeComment(text: string, { offset }: Span): readonly PlanFix[] {
  const line = /^[^\r\n]*/.exec(text.slice(offset))?.[0] ?? '';
  const end = offset + line.trimEnd().length;
  return fix('Close the comment at the end of its line', { span: { offset: end, end }, newText: ' */' });
}

/** A block without its end: the brace goes behind everything that was written. */
function closeBrace({ message }: Diagnostic, text: string): readonly PlanFix[] {
  if (!/or "}", but the plan ends$/.test(message)) return [];
  const end = text.trimEnd().length;
  return fix('Add the missing "}"', { span: { offset: end, end }, newText: '\n}' });
}

/** A layer that has two places: one of them goes. */
function partLayers(check: PlanCheck, text: string, span: Span): readonly PlanFix[] {
  const entry = entryOf(check, span);
  if (entry === undefined) return [];
  const own = new Set(indicesOf(check, entry));
  const others = entriesOf(check).filter(
    (other) =>
      other !== entry && other.$container.$type === entry.$container.$type && indicesOf(check, other).some((index) => own.has(index)),
  );
  const taken = new Set(others.flatMap((other) => indicesOf(check, other)));
  const owner = ownerOf(entry);
  const place = entry.$container.$type === 'ModuleClause' ? 'module' : 'tier';
  const repeated = others.some((other) => ownerOf(other) === owner);
  const here = taken.size === 0 ? removal(text, entry) : without(check, text, entry, (index) => taken.has(index));
  const there =
    others.length === 1 && others[0] !== undefined && !repeated ? without(check, text, others[0], (index) => own.has(index)) : undefined;
  return [
    ...fix(repeated || taken.size === 0 ? 'Remove the repetition' : `Remove it from this ${place}`, here),
    ...fix(`Remove it from ${others[0] === undefined ? '' : shown(ownerOf(others[0]) ?? '', 40)}`, there, false),
  ];
}

function dropUnsolvable(check: PlanCheck, text: string, span: Span): readonly PlanFix[] {
  const entry = entryOf(check, span);
  const layers = layersOf(check) ?? [];
  const change = entry && without(check, text, entry, (index) => layers[index]?.linear === null);
  return fix('Take what cannot be solved out of the tier; it stays frozen', change);
}

/** Two tiers the wrong way round change places; a lower tier that reaches too high lets go what is above. */
function reorder(check: PlanCheck, text: string, span: Span): readonly PlanFix[] {
  const entry = entryOf(check, span);
  const plan = check.checked.plan;
  const owner = entry && ownerOf(entry);
  const indexOf = check.indexOf();
  const lower = plan?.lower.find((tier) => tier.name === owner);
  const firstOf = (ids: readonly string[]): number => Math.min(...ids.map((id) => indexOf.get(id) ?? Infinity));
  const upper = [...(plan?.upper ?? [])].sort((a, b) => firstOf(a.layers) - firstOf(b.layers))[0];
  if (entry === undefined || lower === undefined || upper === undefined) return [];
  const [a, b] = [layersClausesOf(check, lower.name), layersClausesOf(check, upper.name)];
  const lastOfUpper = Math.max(...upper.layers.map((id) => indexOf.get(id) ?? -1));
  const [clauseA, clauseB] = [a[0], b[0]];
  const isSwapped =
    firstOf(lower.layers) > lastOfUpper && a.length === 1 && b.length === 1 && plan?.lower.length === 1 && plan.upper.length === 1;
  const swap: readonly PlanFix[] =
    isSwapped && clauseA !== undefined && clauseB !== undefined
      ? [
          {
            title: `Swap the layers of ${shown(lower.name, 40)} and ${shown(upper.name, 40)}`,
            changes: swapped(text, spanOf(clauseA), spanOf(clauseB)),
            isPreferred: true,
          },
        ]
      : [];
  const limit = firstOf(upper.layers);
  const entries = a.flatMap((clause) => clause.entries).filter((one) => indicesOf(check, one).some((index) => index >= limit));
  const changes = entries.flatMap((one) => without(check, text, one, (index) => index >= limit) ?? []);
  const whole = changes.length === entries.length && entries.length === 1;
  return [
    ...swap,
    ...(whole ? [{ title: `Take what lies above the upper tier out of ${shown(lower.name, 40)}`, changes, isPreferred: false }] : []),
  ];
}

function swapped(text: string, a: Span, b: Span): readonly TextChange[] {
  return [
    { span: a, newText: text.slice(b.offset, b.end) },
    { span: b, newText: text.slice(a.offset, a.end) },
  ];
}

/** A first layer for an empty tier: the lowest that is free for a lower tier, the highest for an upper one. */
function nameLayer(check: PlanCheck, span: Span): readonly PlanFix[] {
  const block = check.parsed.value.clauses.find((clause) => spanOf(clause).offset === span.offset);
  if (block === undefined || !isTierBlock(block) || rawOf(block, 'name') === undefined) return [];
  const taken = new Set(check.checked.outline.tiers.flatMap((tier) => tier.layers.map(({ id }) => id)));
  const free = (layersOf(check) ?? []).filter((layer) => layer.linear !== null && !taken.has(layer.id));
  const layer = block.kind === 'lower' ? free[0] : free.at(-1);
  if (layer === undefined) return [];
  const clause = `layers ${quote(layer.id)}`;
  return fix(`Add ${clause}`, { span: { offset: span.end, end: span.end }, newText: `\n  ${clause}` });
}

/** A path that leaves the plan's folder is allowed where it says so openly. */
function absolutePath(document: TextDocument, text: string, { offset, end }: Span): readonly PlanFix[] {
  const plan = URI.parse(document.uri);
  const written = text.slice(offset, end);
  if (plan.scheme !== 'file' || !isClosed(written)) return [];
  const path = unquote(written);
  if (!/^(?:\.\.[\\/])/.test(path)) return [];
  const newText = quote(resolve(dirname(plan.fsPath), path));
  return fix(`Use the absolute path ${newText}`, { span: { offset, end }, newText }, false);
}
