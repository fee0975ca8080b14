import { formatBand, formatQuantity } from '../energy/format.ts';
import type { EnergyDocument } from '../protocol/documents.ts';
import type { EvidenceDocument } from '../protocol/evidence-documents.ts';
import { inert, nothing, quantityCell, textTable } from './cells.ts';
import type { Column } from './cells.ts';
import { md } from './markdown-text.ts';
import { html, nameHtml, quantityTd } from './html-text.ts';

const columns: readonly Column[] = [
  { title: 'layer', align: 'left' },
  { title: 'what', align: 'left' },
  { title: 'estimate', align: 'right' },
  { title: 'simulated', align: 'right' },
  { title: 'measured', align: 'right' },
  { title: 'error', align: 'right' },
];

/** What a table of evidence is, in one sentence. */
const meaning =
  'The same thing priced in several ways, with bounds; the error is that of the central estimate against the measured figure, else against the simulated one, which unlike the estimate knows the data.';

/** One line of evidence: of a layer, or of the whole model (`layer` null). */
interface EvidenceLine {
  readonly layer: string | null;
  readonly evidence: EvidenceDocument;
}

/** Layers first, totals last; empty when an energy document has no evidence. */
function linesOf(energy: EnergyDocument): readonly EvidenceLine[] {
  return [
    ...energy.layers.flatMap((layer) => (layer.evidence ?? []).map((evidence) => ({ layer: layer.id, evidence }))),
    ...(energy.evidence ?? []).map((evidence) => ({ layer: null, evidence })),
  ];
}

/** Estimates beside simulated and measured figures as lines of text; none without evidence. */
export function evidenceText(energy: EnergyDocument): readonly string[] {
  const lines = linesOf(energy);
  if (lines.length === 0) return [];
  const rows = lines.map(({ layer, evidence: { of, estimate, simulated, measured, error } }) => [
    layer === null ? 'total' : inert(layer, 40),
    inert(of, 60),
    bandCell(estimate),
    bandCell(simulated),
    bandCell(measured?.energy ?? null),
    errorCell(error),
  ]);
  const table = textTable(columns, rows).map((line) => `  ${line}`);
  return ['', 'Estimate, simulation, measurement', ...table, `  ${meaning}`, ...refs(lines), ...stale(lines)];
}

/** "2.0 nJ A (0.5-5.5 nJ)": figures that are compared are compared by their bands. */
function bandCell(q: EvidenceDocument['simulated']): string {
  return q === null || q.low === q.high ? quantityCell(q) : `${quantityCell(q)} (${formatBand(q)})`;
}

/** The same as a section of Markdown; none without evidence. */
export function evidenceMarkdown(energy: EnergyDocument): readonly string[] {
  const lines = linesOf(energy);
  if (lines.length === 0) return [];
  const rows = lines.map(({ layer, evidence: { of, estimate, simulated, measured, error } }) =>
    [
      layer === null ? 'total' : md(inert(layer, 80)),
      md(inert(of, 80)),
      `${formatQuantity(estimate)} (${formatBand(estimate)})`,
      simulated === null ? nothing : `${formatQuantity(simulated)} (${formatBand(simulated)})`,
      measured === null ? nothing : `${formatQuantity(measured.energy)} (${formatBand(measured.energy)})`,
      errorCell(error),
    ].join(' | '),
  );
  return [
    '## Estimate, simulation, measurement',
    '',
    meaning,
    '',
    '| layer | what | estimate | simulated | measured | error |',
    '| --- | --- | ---: | ---: | ---: | ---: |',
    ...rows.map((row) => `| ${row} |`),
    '',
    ...[...refs(lines), ...stale(lines)].map((line) => `- ${md(line.trim())}`),
    '',
  ];
}

/** The same as a section of the HTML report, ending with a newline; '' without evidence. */
export function evidenceHtml(energy: EnergyDocument): string {
  const lines = linesOf(energy);
  if (lines.length === 0) return '';
  const rows = lines.map(({ layer, evidence: { of, estimate, simulated, measured, error, stale: why } }, i) => {
    const td = (q: EvidenceDocument['simulated'], way: string): string =>
      quantityTd(q, { id: `f-evidence${i}-${way}`, what: `${layer ?? 'whole model'}, ${of}, ${way}` });
    const mark = why === null ? '' : '<br><span class="status uncertain">out of date</span>';
    return `<tr><th scope="row">${layer === null ? 'total' : nameHtml(layer)}</th><td>${html(of)}</td>${td(estimate, 'estimate')}${td(simulated, 'simulated')}${td(measured?.energy ?? null, 'measured')}<td class="num">${errorCell(error)}${mark}</td></tr>`;
  });
  const notes = [...refs(lines), ...stale(lines)].map((line) => `<li>${html(line.trim())}</li>`);
  return `<section aria-labelledby="evidence"><h2 id="evidence">Estimate, simulation, measurement</h2>
<div class="scroll" tabindex="0" role="group" aria-label="estimate, simulation, measurement"><table><caption>${meaning}</caption>
<thead><tr><th scope="col">layer</th><th scope="col">what</th><th scope="col" class="num">estimate</th><th scope="col" class="num">simulated</th><th scope="col" class="num">measured</th><th scope="col" class="num">error</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>${notes.length === 0 ? '' : `<ul class="note">${notes.join('')}</ul>`}</section>\n`;
}

/** Errors below this are rounding. */
const leastShownError = 5e-4;

/** "+32 %": how far the estimate is above the better figure. */
function errorCell(error: number | null): string {
  if (error === null) return nothing;
  // A calibration on one measurement meets it but for rounding.
  if (Math.abs(error) < leastShownError) return '0 %';
  const percent = Number((100 * Math.abs(error)).toPrecision(2));
  return `${error < 0 ? '−' : '+'}${percent} %`;
}

/** Where the figures of the whole model come from: what is simulated, by which meter. Those of layers are in tooltips and JSON. */
function refs(lines: readonly EvidenceLine[]): readonly string[] {
  const found = lines
    .filter(({ layer }) => layer === null)
    .flatMap(({ evidence: { simulated, measured } }) => [
      ...(simulated === null ? [] : [`  simulated: ${inert(simulated.ref, 400)}`]),
      ...(measured === null
        ? []
        : [`  measured: ${inert(measured.sensor, 80)}, ${measured.repetitions} runs, ${inert(measured.date, 40)}`]),
    ]);
  return [...new Set(found)];
}

function stale(lines: readonly EvidenceLine[]): readonly string[] {
  const found = lines.flatMap(({ layer, evidence }) =>
    evidence.stale === null
      ? []
      : [`  ${layer === null ? 'total' : inert(layer, 40)}, ${inert(evidence.of, 60)}: out of date: ${inert(evidence.stale, 200)}`],
  );
  return [...new Set(found)];
}
