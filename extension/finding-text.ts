import type { Translate } from './format.ts';

/**
 * What a manual's section "Findings" says about a code: its row of the table, as paragraphs under the heads of the columns. undefined
 * where the manual does not name the code.
 */
export function explanationOf(manual: string, code: string, t: Translate): string | undefined {
  const [, section = ''] = manual.split(/^## Findings$/m);
  const rows = section
    .split(/^## /m, 1)[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const [heads, , ...entries] = rows;
  const entry = entries.find(([first = '']) => first.split(', ').includes(`\`${code}\``));
  if (!heads || !entry) return undefined;
  return heads.flatMap((head, at) => (at === 0 ? [] : [`**${headText(head, t)}**: ${entry[at] ?? ''}.`])).join('\n\n');
}

function headText(head: string, t: Translate): string {
  switch (head) {
    case 'severity':
      return t('Severity');
    case 'means':
    case 'when':
      return t('What it means');
    case 'fix':
      return t('Repairs that the editor offers');
    default:
      return head;
  }
}
