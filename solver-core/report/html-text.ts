import { formatBand, formatFull, formatQuantity } from '../energy/format.ts';
import type { Quantity } from '../protocol/quantity.ts';
import { inert, nothing } from './cells.ts';

/** Text for element content and quoted attributes; control and direction characters are written out first. */
export function html(text: string, maxLength = 2000): string {
  return inert(text, maxLength)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A user's name: isolated, so that it cannot reorder the text around it. */
export function nameHtml(text: string, maxLength = 80): string {
  return `<bdi class="name">${html(text, maxLength)}</bdi>`;
}

/** The provenance of a quantity in one line, for tooltips. */
export function provenance(q: Quantity): string {
  return `${formatFull(q)}. From: ${q.ref}`;
}

/** A small label with the source's whole name. */
export function sourceTag(q: Quantity): string {
  return `<span class="source ${q.source}">${q.source}</span>`;
}

/** A table cell: value, band below, source; the provenance as tooltip. A missing figure is a dash with its meaning for screen readers. */
export function quantityTd(q: Quantity | null): string {
  if (q === null) return `<td class="num none">${dash('not known or does not apply')}</td>`;
  return `<td class="num" title="${html(provenance(q))}"><span class="value">${formatQuantity(q)}</span><span class="band">${formatBand(q)}</span>${sourceTag(q)}</td>`;
}

/** "at once", "12 retrainings", or a dash. */
export function breakEvenHtml(retrainings: number | null): string {
  if (retrainings === null) return dash('never, or not known');
  return retrainings === 0 ? 'at once' : `after ${retrainings}`;
}

/** A dash for the eye, its meaning for a screen reader. */
function dash(meaning: string): string {
  return `<span aria-hidden="true">${nothing}</span><span class="spoken">${meaning}</span>`;
}
