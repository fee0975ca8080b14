import { formatBand, formatCount, formatQuantity } from '../energy/format.ts';
import type { BudgetDocument, EnergyDocument, EnergyLayer } from '../protocol/documents.ts';
import type { Quantity } from '../protocol/quantity.ts';
import { breakEvenSection } from './break-even-table.ts';
import { budgetWords, worstLayers } from './budget-line.ts';
import { counted, fileName, noLayers, totalMacs } from './cells.ts';
import { evidenceHtml } from './energy-evidence.ts';
import { calibrationHtml, settingHtml } from './setting-html.ts';
import type { ReportExtras } from './energy-markdown.ts';
import { inferenceChart, retrainingChart } from './html-charts.ts';
import { fitSection } from './html-fit.ts';
import { reportStyle } from './html-style.ts';
import { breakEvenHtml, drawerButton, html, nameHtml, quantityTd, sourceTag } from './html-text.ts';

/** Facts the page states about itself. */
export interface HtmlReportOptions extends ReportExtras {
  /** Version of Tierwise, for the footer. */
  readonly version?: string;
}

/**
 * The energy report as one self-contained page: no script, no request, a policy that forbids both. Texts from files are
 * escaped and inert. Ends with a newline.
 */
export function energyHtml(energy: EnergyDocument, options: HtmlReportOptions = {}): string {
  const model = fileName(energy.model);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Energy of ${html(model)} on ${html(energy.target)}</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<header>
<p class="kicker">Tierwise energy report</p>
<h1>${html(model)} on ${html(energy.target)}</h1>
<p class="lead">${counted(energy.layers.length, 'layer')}, ${totalMacs(energy)} multiply-adds per inference, ${formatCount(energy.totals.parameters)} parameters${energy.plan === null ? '' : `, plan ${nameHtml(fileName(energy.plan))}`}</p>
${calibrationHtml(energy)}
${cards(energy)}
</header>
${findings(energy)}
${fitSection(options.fit ?? null, options.fitStale === true, energy)}
${budgetSection(options.budgets ?? energy.budgets ?? [])}
${energy.layers.length === 0 ? `<p class="note">${noLayers}</p>` : figures(energy)}
${breakEvenSection(energy)}
${settingHtml(energy)}
${evidenceHtml(energy)}${assumptionSection(energy)}
<footer><p>Sources, weakest first: assumed, modelled (from published tables), simulated, measured. A figure takes the weakest source of its parts.</p><p>Low and high are bounds of the model behind a figure, not a confidence interval. MACs are multiply-adds (1 MAC = 2 FLOP).${options.version === undefined ? '' : ` Tierwise ${html(options.version, 40)}.`}</p></footer>
</main>
</body>
</html>
`;
}

/** The charts and the table of layers. */
function figures(energy: EnergyDocument): string {
  return `<section aria-labelledby="inference"><h2 id="inference">Energy per inference</h2>
${inferenceChart(energy.layers) || '<p class="note">No layer has a figure.</p>'}</section>
<section aria-labelledby="retraining"><h2 id="retraining">Energy to retrain</h2>
${retrainingChart(energy.layers) || '<p class="note">No layer has a figure.</p>'}</section>
${layerSection(energy)}`;
}

function cards(energy: EnergyDocument): string {
  const { totals } = energy;
  const breakEven = totals.breakEvenRetrainings;
  const cheaper =
    breakEven === null
      ? 'not known, or never'
      : breakEven === 0
        ? `solving is cheaper from the first fit${bandsOverlap(totals.retraining.sgd, totals.retraining.solve) ? ', by the central values; the bands overlap' : ''}`
        : 'retrainings until solving is cheaper than SGD (gradient descent)';
  return `<ul class="cards">
${card('per inference', totals.inference, 'card first', 'f-total-inference')}
${card('retrain by SGD', totals.retraining.sgd, 'card', 'f-total-sgd')}
${card('retrain by direct solve', totals.retraining.solve, 'card', 'f-total-solve')}
${card('incremental update', totals.retraining.incremental, 'card', 'f-total-incremental')}
<li class="card"><span class="what">break-even</span><span class="big">${breakEvenHtml(breakEven)}</span><span class="band">${cheaper}</span></li>
</ul>`;
}

function bandsOverlap(a: Quantity | null, b: Quantity | null): boolean {
  return a !== null && b !== null && a.low <= b.high && b.low <= a.high;
}

function card(what: string, q: Quantity | null, className: string, id: string): string {
  if (q === null)
    return `<li class="${className}"><span class="what">${what}</span><span class="big" aria-hidden="true">-</span><span class="band">no total: a layer has no figure</span></li>`;
  const figure = `<span class="big">${formatQuantity(q)}</span><span class="band">${formatBand(q)}</span>${sourceTag(q)}`;
  return `<li class="${className}"><span class="what">${what}</span>${drawerButton({ id, what }, figure)}</li>`;
}

function findings(energy: EnergyDocument): string {
  if (energy.diagnostics.length === 0) return '';
  const items = energy.diagnostics.map(
    (d) => `<li><strong>${d.severity}</strong> <span class="name">${html(d.code)}</span>: ${html(d.message)}</li>`,
  );
  return `<section aria-labelledby="findings"><h2 id="findings">Findings</h2><ul>${items.join('')}</ul></section>`;
}

function budgetSection(budgets: readonly BudgetDocument[]): string {
  if (budgets.length === 0) return '';
  const rows = budgets.map(
    (b, i) =>
      `<tr><th scope="row">${nameHtml(b.scope)}</th><td class="num">${formatQuantity(b.limit)} per ${b.per}</td>${quantityTd(b.actual, { id: `f-budget${i}`, what: `${b.scope}, per ${b.per}` })}<td><span class="status ${b.status}">${budgetWords[b.status]}</span>${worstHtml(b)}</td></tr>`,
  );
  return `<section aria-labelledby="budgets"><h2 id="budgets">Budgets</h2><div class="scroll" tabindex="0" role="group" aria-label="budgets"><table><caption>Met: the whole band is within the limit. Uncertain: only its central value is.</caption>
<thead><tr><th scope="col">scope</th><th scope="col" class="num">limit</th><th scope="col" class="num">estimate</th><th scope="col">status</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

/** The layers behind a budget per layer that is not met. */
function worstHtml(budget: BudgetDocument): string {
  const text = worstLayers(budget);
  return text === '' ? '' : `<br><span class="note"><bdi>${html(text.trim().slice(1, -1))}</bdi></span>`;
}

function layerSection(energy: EnergyDocument): string {
  const { totals } = energy;
  return `<section aria-labelledby="layers"><h2 id="layers">Layers</h2>
<div class="scroll" tabindex="0" role="group" aria-label="layers"><table><caption>Value, band and source of each figure. Press a figure for where it comes from.</caption>
<thead><tr><th scope="col">layer</th><th scope="col">tier</th><th scope="col" class="num">MACs</th><th scope="col" class="num">parameters</th><th scope="col" class="num">inference</th><th scope="col" class="num">gradient descent</th><th scope="col" class="num">direct solve</th><th scope="col" class="num">incremental</th><th scope="col" class="num">break-even</th></tr></thead>
<tbody>${energy.layers.map(layerRow).join('\n')}</tbody>
<tfoot><tr><th scope="row">total</th><td></td><td class="num">${totalMacs(energy)}</td><td class="num">${formatCount(totals.parameters)}</td>${quantityTd(totals.inference, { id: 'f-total-inference', what: 'whole model, per inference' })}${quantityTd(totals.retraining.sgd, { id: 'f-total-sgd', what: 'whole model, gradient descent' })}${quantityTd(totals.retraining.solve, { id: 'f-total-solve', what: 'whole model, direct solve' })}${quantityTd(totals.retraining.incremental, { id: 'f-total-incremental', what: 'whole model, incremental update' })}<td class="num">${breakEvenHtml(totals.breakEvenRetrainings)}</td></tr></tfoot>
</table></div>
${parts(energy)}</section>`;
}

/** Every part of every inference figure with its references, closed until asked for. */
function parts(energy: EnergyDocument): string {
  const rows = energy.layers.flatMap((layer) =>
    layer.components.map(
      (c, index) =>
        `<tr>${index === 0 ? `<th scope="rowgroup" rowspan="${layer.components.length}">${nameHtml(layer.id)}</th>` : ''}<td>${html(c.name)}</td>${quantityTd(c.energy)}<td class="note">${html(c.energy.ref)}</td></tr>`,
    ),
  );
  if (rows.length === 0) return '';
  return `<details><summary>Parts of the inference figures, and where they come from</summary>
<div class="scroll" tabindex="0" role="group" aria-label="parts of the figures"><table><caption>The parts of a layer sum to its figure.</caption>
<thead><tr><th scope="col">layer</th><th scope="col">part</th><th scope="col" class="num">energy</th><th scope="col">from</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div></details>`;
}

function layerRow(layer: EnergyLayer, index: number): string {
  const td = (q: Quantity | null, key: string, what: string): string =>
    quantityTd(q, { id: `f-layer${index}-${key}`, what: `${layer.id}, ${what}` });
  const { sgd, solve, incremental } = layer.retraining;
  const figures = [
    td(layer.inference, 'inference', 'per inference'),
    td(sgd, 'sgd', 'gradient descent'),
    td(solve, 'solve', 'direct solve'),
    td(incremental, 'incremental', 'incremental update'),
  ];
  return `<tr><th scope="row">${nameHtml(layer.id)}<br><span class="note">${html(layer.op, 40)}</span></th><td><span class="tier ${layer.tier}">${layer.tier}</span></td><td class="num">${formatCount(layer.macs)}</td><td class="num">${formatCount(layer.parameters)}</td>${figures.join('')}<td class="num">${breakEvenHtml(layer.breakEvenRetrainings)}</td></tr>`;
}

function assumptionSection(energy: EnergyDocument): string {
  const items = energy.assumptions.map(
    (a) =>
      `<li><span class="key">${html(a.name)}${a.dominates ? ' <span class="dominates">dominates</span>' : ''}</span><span>${html(a.text)}</span></li>`,
  );
  return `<section aria-labelledby="assumptions"><h2 id="assumptions">Assumptions</h2><p class="lead">Widest effect first. Those marked as dominating make most of a band: measure or state them to narrow it.</p><ul class="assumptions">${items.join('')}</ul></section>`;
}
