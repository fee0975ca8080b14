import type { Block } from '../model/blocks.ts';
import type { LayerEntry } from './generated/ast.ts';
import { checkNumber } from './context.ts';
import type { CheckContext, NumberRule } from './context.ts';
import { numberOf, spanOf } from './nodes.ts';
import { shown } from './text.ts';

const blockRule: NumberRule = {
  what: 'the number of the block',
  accepts: (v) => Number.isSafeInteger(v) && v >= 0,
  range: 'a whole number from 0',
};

/** First and last block of `blocks 2` or `blocks 0..3`; undefined, with findings, when the model has no such blocks. `sample`: a layer to name instead. */
export function blockSpan(
  context: CheckContext,
  entry: LayerEntry,
  blocks: readonly Block[],
  sample: string | undefined,
): { readonly first: number; readonly last: number } | undefined {
  const [from, to] = [numberOf(entry, 'first'), numberOf(entry, 'last')];
  const span = spanOf(entry);
  const isRange = context.text.slice(span.offset, span.end).includes('..');
  if (from === undefined || (isRange && to === undefined)) return undefined;
  if (to !== undefined && /^\.\d+$/.test(context.text.slice(to.span.offset, to.span.end))) {
    const right = `blocks ${from.value}..${context.text.slice(to.span.offset + 1, to.span.end)}`;
    context.findings.add('error', 'syntax-error', span, 'a range of blocks is written with two dots, as in 0..3; this one has three', [
      right,
    ]);
    return undefined;
  }
  const first = checkNumber(context, blockRule, from);
  const last = to === undefined ? first : checkNumber(context, blockRule, to);
  if (first === undefined || last === undefined) return undefined;
  if (first > last) {
    const message = `block ${first} comes after block ${last}; write the range in graph order`;
    context.findings.add('error', 'reversed-range', span, message, [`blocks ${last}..${first}`]);
    return undefined;
  }
  if (last >= blocks.length) {
    if (blocks.length === 0) reportNone(context, entry, sample);
    else reportUnknown(context, entry, blocks, first, last);
    return undefined;
  }
  if (to !== undefined && first === last)
    context.findings.add('warning', 'empty-range', span, `both ends of the range are block ${first}; name the block alone`, [
      `blocks ${first}`,
    ]);
  return { first, last };
}

function reportUnknown(context: CheckContext, entry: LayerEntry, blocks: readonly Block[], first: number, last: number): void {
  const span = spanOf(entry);
  const end = blocks.length - 1;
  const unknown = first > end ? first : last;
  const name = (at: number): string => shown(blocks[at]?.name ?? '', 40);
  const all = `it has ${blocks.length}, from 0 (${name(0)}) to ${end} (${name(end)})`;
  const fix = first >= end ? `blocks ${end}` : `blocks ${first}..${end}`;
  context.findings.add('error', 'unknown-block', span, `the model has no block ${unknown}; ${all}`, [fix]);
}

function reportNone(context: CheckContext, entry: LayerEntry, sample: string | undefined): void {
  const such = sample === undefined ? '' : `, such as layers ${shown(sample, 40)}`;
  context.findings.add('error', 'unknown-block', spanOf(entry), `the model has no repeated blocks; name its layers instead${such}`);
}
