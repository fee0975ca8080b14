import { formatBand, formatFull, formatQuantity } from '../energy/format.ts';
import { sum } from '../energy/quantity.ts';
import type { EnergyDocument, FitDocument } from '../protocol/documents.ts';
import type { Quantity } from '../protocol/quantity.ts';
import { counted } from './cells.ts';
import { drawerButton, drawerHtml, sourceTag } from './html-text.ts';

/** Training the layers that a fit solved, once, by both ways on the report's target. */
interface FitEnergy {
  readonly nLayers: number;
  readonly descent: Quantity<'J'>;
  readonly solve: Quantity<'J'>;
}

/** Null when no layer of the fit is in the report, or a figure is missing: a part is not the whole. */
function fitEnergy(fit: FitDocument, energy: EnergyDocument): FitEnergy | null {
  const solved = new Set(fit.layers.map(({ id }) => id));
  const layers = energy.layers.filter(({ id }) => solved.has(id));
  const descent = layers.flatMap(({ retraining }) => retraining.sgd ?? []);
  const solve = layers.flatMap(({ retraining }) => retraining.solve ?? []);
  if (layers.length === 0 || descent.length < layers.length || solve.length < layers.length) return null;
  return { nLayers: layers.length, descent: sum(descent), solve: sum(solve) };
}

function factor({ descent, solve }: FitEnergy): string {
  if (!(descent.value > 0 && solve.value > 0)) return '';
  const ratio = descent.value / solve.value;
  const times = Number((ratio >= 1 ? ratio : 1 / ratio).toPrecision(2)).toLocaleString('en-US');
  const overlap = descent.low <= solve.high && solve.low <= descent.high;
  return ` ${times} times ${ratio >= 1 ? 'less' : 'more'} by the central values${overlap ? '; the bands overlap' : ''}.`;
}

/** What the fit saved against gradient descent, as lines of Markdown; none when a figure is missing. */
export function fitEnergyMarkdown(fit: FitDocument, energy: EnergyDocument): readonly string[] {
  const both = fitEnergy(fit, energy);
  if (both === null) return [];
  return [
    `Training the ${counted(both.nLayers, 'solved layer')} once: ${formatFull(both.descent)} by gradient descent, **${formatFull(both.solve)}** by direct solve.${factor(both)}`,
    '',
  ];
}

/** The same as two boxes with drawers; "" when a figure is missing. */
export function fitEnergyHtml(fit: FitDocument, energy: EnergyDocument): string {
  const both = fitEnergy(fit, energy);
  if (both === null) return '';
  const box = (q: Quantity, id: string, words: string): string => {
    const drawer = { id, what: `training the ${counted(both.nLayers, 'solved layer')} once, ${words}` };
    const figure = `<span class="big">${formatQuantity(q)}</span><span class="band">${formatBand(q)}</span>${sourceTag(q)}`;
    return `${drawerButton(drawer, figure)}<span class="note">${words}</span>${drawerHtml(q, drawer)}`;
  };
  return `<div class="beforeafter"><div class="box">${box(both.descent, 'f-fit-descent', 'by gradient descent')}</div><div class="arrow" aria-hidden="true">→</div><div class="box after">${box(both.solve, 'f-fit-solve', 'by direct solve')}</div></div>
<p class="note">Training the ${counted(both.nLayers, 'solved layer')} once.${factor(both)}</p>`;
}
