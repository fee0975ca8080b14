import { directBreakEven } from '../energy/break-even.ts';
import { formatBand, formatQuantity } from '../energy/format.ts';
import { add, scale } from '../energy/quantity.ts';
import type { EnergyDocument } from '../protocol/documents.ts';
import type { Quantity } from '../protocol/quantity.ts';
import { html, quantityTd } from './html-text.ts';

/** Joules spent in all after a number of retrainings that follow the first training. */
interface Spent {
  readonly retrainings: number;
  readonly sgd: Quantity<'J'>;
  readonly direct: Quantity<'J'>;
}

const counts = [0, 1, 2, 5, 10, 100];

/** What both ways have spent after some numbers of retrainings, that of the break-even among them; empty when a total is missing. */
function spentRows({ totals }: EnergyDocument): readonly Spent[] {
  const { sgd, solve, incremental } = totals.retraining;
  if (sgd === null || solve === null || incremental === null) return [];
  const crossing = totals.breakEvenRetrainings;
  const shown = [...new Set(crossing === null ? counts : [...counts, crossing])].sort((a, b) => a - b);
  return shown.map((n) => ({ retrainings: n, sgd: scale(sgd, n + 1), direct: n === 0 ? solve : add(solve, scale(incremental, n)) }));
}

/** When solving is cheaper, by the central values and by the ends of the bands. */
function statement({ totals }: EnergyDocument): string {
  const { sgd, solve, incremental } = totals.retraining;
  const words = (n: number | null): string =>
    n === null ? 'never' : n === 0 ? 'at once' : n === 1 ? 'after 1 retraining' : `after ${n} retrainings`;
  const best = directBreakEven(sgd?.high ?? null, solve?.low ?? null, incremental?.low ?? null);
  const worst = directBreakEven(sgd?.low ?? null, solve?.high ?? null, incremental?.high ?? null);
  return `Solving once and updating is cheaper ${words(totals.breakEvenRetrainings)} by the central values; by the ends of the bands, ${words(best)} at best and ${words(worst)} at worst. Both ways rest on the same tables, so that this range is wider than it really is.`;
}

const meaning =
  'Energy spent in all: gradient descent from the start at each retraining, or one direct solve and an incremental update for each.';

/** The break-even of the whole model as Markdown: a table of what both ways have spent, and a sentence; none when a total is missing. */
export function breakEvenMarkdown(energy: EnergyDocument): readonly string[] {
  const rows = spentRows(energy);
  if (rows.length === 0) return [];
  const cell = (q: Quantity): string => `${formatQuantity(q)} (${formatBand(q)}, ${q.source})`;
  return [
    '## Break-even',
    '',
    meaning,
    '',
    '| retrainings | gradient descent | solve and updates |',
    '| ---: | ---: | ---: |',
    ...rows.map(({ retrainings, sgd, direct }) => `| ${retrainings} | ${cell(sgd)} | ${cell(direct)} |`),
    '',
    statement(energy),
    '',
  ];
}

/** The same as a section of the page; "" when a total is missing. */
export function breakEvenSection(energy: EnergyDocument): string {
  const rows = spentRows(energy).map(({ retrainings, sgd, direct }) => {
    const drawer = (way: string): { readonly id: string; readonly what: string } => ({
      id: `f-spent${retrainings}-${way}`,
      what: `whole model, ${way === 'sgd' ? 'gradient descent' : 'solve and updates'} with ${retrainings} retrainings`,
    });
    return `<tr><th scope="row" class="num">${retrainings}</th>${quantityTd(sgd, drawer('sgd'))}${quantityTd(direct, drawer('direct'))}</tr>`;
  });
  if (rows.length === 0) return '';
  return `<section aria-labelledby="break-even"><h2 id="break-even">Break-even</h2><p class="lead">${html(statement(energy))}</p>
<div class="scroll" tabindex="0" role="group" aria-label="break-even"><table><caption>${meaning}</caption>
<thead><tr><th scope="col" class="num">retrainings</th><th scope="col" class="num">gradient descent</th><th scope="col" class="num">solve and updates</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div></section>`;
}
