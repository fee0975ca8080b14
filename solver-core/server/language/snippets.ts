import type { PlanCheck } from './plan-checks.ts';
import { quote } from '../../tiers/text.ts';
import { blocksOf, layersOf } from './hover.ts';

/** A whole block or clause with places to fill in, as snippets of the protocol write them. */
export interface PlanSnippet {
  readonly label: string;
  readonly doc: string;
  readonly body: string;
}

/** What can be inserted where the keyword of this rule of the grammar may stand; undefined where there is none. */
export function snippetFor(rule: string | undefined, keyword: string, check: PlanCheck): PlanSnippet | undefined {
  if (rule === 'TierBlock' && keyword === 'lower') return lowerTier(check);
  if (rule === 'TierBlock' && keyword === 'upper') return upperTier(check);
  if (rule === 'CompoundBlock' && keyword === 'compound') return compound(check);
  if (rule === 'BudgetClause' && keyword === 'budget') return budget('inference,layer,fit,update');
  if (rule === 'LimitClause' && keyword === 'budget') return budget('decision,update');
  return undefined;
}

function lowerTier(check: PlanCheck): PlanSnippet {
  const body = [
    'lower tier ${1:features} {',
    `  layers \${2:${inSnippet(exampleLayer(check, 'first'))}}`,
    '  solve ridge lambda ${3:auto}',
    '  targets ${4|labels,forward-projection,autoencode,teacher,pca,random|}$0',
    '}',
  ].join('\n');
  return { label: 'lower tier { … }', doc: 'A lower tier: layers, how they are solved, and for which targets.', body };
}

function upperTier(check: PlanCheck): PlanSnippet {
  const body = [
    'upper tier ${1:head} {',
    `  layers \${2:${inSnippet(exampleLayer(check, 'last'))}}`,
    '  learn ${3|rls,sgd,adam|}$0',
    '}',
  ].join('\n');
  return { label: 'upper tier { … }', doc: 'An upper tier: layers and how they learn.', body };
}

function compound(check: PlanCheck): PlanSnippet {
  const blocks = blocksOf(check)?.length ?? 0;
  const lower = blocks > 1 ? `blocks 0..${Math.ceil(blocks / 2) - 1}` : `layers ${exampleLayer(check, 'first')}`;
  const body = [
    'compound ${1:reader} {',
    `  lower \${2:${inSnippet(lower)}}`,
    '  upper ${3:rest}',
    '  cache ${4:64} ${5|MB,GB,KB|}',
    '  escalate below ${6:auto} within ${7:0.01}',
    '  learn ${8|auto,rls,adam,none|}$0',
    '}',
  ].join('\n');
  return { label: 'compound { … }', doc: 'A compound section: a lower module, a cache, and when the upper module is asked.', body };
}

function budget(counts: string): PlanSnippet {
  return {
    label: 'budget … per …',
    doc: 'An energy limit: amount, unit, and what it counts.',
    body: `budget \${1:10} \${2|uJ,mJ,J,nJ,pJ|} per \${3|${counts}|}$0`,
  };
}

/** The first or last layer that no tier has yet, quoted; an empty pair of quotes where the model is not known. */
function exampleLayer(check: PlanCheck, end: 'first' | 'last'): string {
  const taken = new Set(check.checked.outline.tiers.flatMap((tier) => tier.layers.map(({ id }) => id)));
  const free = (layersOf(check) ?? []).filter((layer) => layer.linear !== null && !taken.has(layer.id));
  const layer = end === 'first' ? free[0] : free.at(-1);
  return quote(layer?.id ?? '');
}

/** A text inside a place of a snippet, where `$`, `}` and `\` have a meaning. */
function inSnippet(text: string): string {
  return text.replace(/[\\$}]/g, '\\$&');
}
