import { formatBand, formatFull, formatQuantity, formatSi } from '../energy/format.ts';
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

/** Where the provenance of a figure opens: a page-wide unique id and what the figure is. */
export interface Drawer {
  readonly id: string;
  readonly what: string;
}

/**
 * A table cell: value, band below, source. With a drawer the figure is a button that opens its provenance, without any script; else the
 * provenance is a tooltip. A missing figure is a dash with its meaning for screen readers.
 */
export function quantityTd(q: Quantity | null, drawer?: Drawer): string {
  if (q === null) return `<td class="num none">${dash('not known or does not apply')}</td>`;
  const figure = `<span class="value">${formatQuantity(q)}</span><span class="band">${formatBand(q)}</span>${sourceTag(q)}`;
  if (drawer === undefined) return `<td class="num" title="${html(provenance(q))}">${figure}</td>`;
  return `<td class="num">${drawerButton(drawer, figure)}${drawerHtml(q, drawer)}</td>`;
}

/** A button around a figure that opens a drawer, which stands elsewhere on the page. */
export function drawerButton({ id, what }: Drawer, figure: string): string {
  return `<button type="button" class="figure" popovertarget="${html(id)}"><span class="spoken">${html(what, 120)}: </span>${figure}</button>`;
}

const sourceMeanings: Readonly<Record<Quantity['source'], string>> = {
  measured: 'by a meter',
  simulated: 'the circuit was simulated',
  modelled: 'published tables and formulas',
  assumed: 'at least one constant behind it is a guess',
};

/** What lowest and highest are: a meter has an interval, a model has bounds. */
function boundsMeaning(q: Quantity): string {
  if (q.source === 'measured') return 'The 95 % confidence interval of the mean over the runs.';
  return 'Bounds with every constant at its lowest or highest; no confidence interval.';
}

/** The drawer of a figure: value, bounds, source, and each reference on a line of its own. Closed until its button opens it. */
export function drawerHtml(q: Quantity, { id, what }: Drawer): string {
  const refs = [...new Set(q.ref.split('; '))].map((ref) => `<li>${html(ref, 600)}</li>`).join('');
  return `<div class="drawer" popover id="${html(id)}"><p class="kicker">where this comes from</p><p class="what">${html(what, 200)}</p><p class="big">${formatQuantity(q)}</p>
<dl><dt>lowest</dt><dd>${formatSi(q.low, q.unit)}</dd><dt>highest</dt><dd>${formatSi(q.high, q.unit)}</dd><dt>source</dt><dd>${sourceTag(q)} ${sourceMeanings[q.source]}</dd></dl>
<p class="note">${boundsMeaning(q)}</p><p class="what">From</p><ul>${refs}</ul>
<button type="button" class="close" popovertarget="${html(id)}" popovertargetaction="hide">Close</button></div>`;
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
