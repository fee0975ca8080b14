import { formatCount, formatSi } from '../energy/format.ts';
import type { EnergyDocument, FitDocument, FitLayer } from '../protocol/documents.ts';
import { fileName, nothing, numberCell } from './cells.ts';
import { fitEnergyHtml } from './fit-energy.ts';
import { metricText } from './fit-text.ts';
import { html, nameHtml, quantityTd } from './html-text.ts';

/** The section about the last fit: quality and energy before and after, one row per layer, what exactly ran; "" without a record. */
export function fitSection(fit: FitDocument | null, stale: boolean, energy: EnergyDocument): string {
  if (fit === null) return '';
  return `<section aria-labelledby="fit"><h2 id="fit">Last fit</h2>
<p class="lead">Solved on ${nameHtml(fit.backend.kind)}, ${html(fit.backend.device)}.${fit.backend.note === null ? '' : ` ${html(fit.backend.note)}`}</p>
${stale ? '<p class="stale">The plan, the model or the data changed since this fit. Fit again to bring the figures up to date.</p>' : ''}
${evaluationHtml(fit)}
${fitEnergyHtml(fit, energy)}
<div class="scroll" tabindex="0" role="group" aria-label="fitted layers"><table><caption>Solved layers. Size: unknowns (bias included) × outputs. Residual: relative, from the data in double precision. Passes: refinement on the host.</caption>
<thead><tr><th scope="col">layer</th><th scope="col">targets</th><th scope="col" class="num">rows</th><th scope="col" class="num">size</th><th scope="col" class="num">λ</th><th scope="col" class="num">condition</th><th scope="col" class="num">residual</th><th scope="col" class="num">passes</th><th scope="col" class="num">cycles</th><th scope="col" class="num">time</th><th scope="col" class="num">energy</th></tr></thead>
<tbody>${fit.layers.map(layerRow).join('\n')}</tbody></table></div>
${details(fit)}</section>`;
}

function evaluationHtml(fit: FitDocument): string {
  const { evaluation } = fit;
  if (evaluation === null) return '<p class="note">Not evaluated: no held-out rows were at hand.</p>';
  const metric = evaluation.metric === 'accuracy' ? 'accuracy' : 'mean squared error';
  const split = (when: 'before' | 'after'): string => {
    const [value = '', counts = ''] = metricText(evaluation, when).split(' (');
    return `<span class="big">${html(value)}</span><span class="note">${metric} ${when}${counts === '' ? '' : `, ${html(counts.replace(')', ''))}`}</span>`;
  };
  return `<div class="beforeafter"><div class="box">${split('before')}</div><div class="arrow" aria-hidden="true">→</div><div class="box after">${split('after')}</div></div>
<p class="note">On ${formatCount(evaluation.rows)} ${html(evaluation.split)} rows of ${nameHtml(fileName(evaluation.dataset))}.</p>`;
}

function layerRow(layer: FitLayer, index: number): string {
  const num = (text: string): string => `<td class="num">${html(text)}</td>`;
  const cells = [
    num(formatCount(layer.rows)),
    num(`${formatCount(layer.columns)} × ${formatCount(layer.outputs)}`),
    num(numberCell(layer.lambda)),
    num(numberCell(layer.conditionEstimate)),
    num(numberCell(layer.relativeResidual)),
    num(String(layer.refinementPasses)),
    num(layer.cycles === null ? nothing : formatCount(layer.cycles)),
    num(formatSi(layer.seconds, 's')),
  ];
  return `<tr><th scope="row" title="${html(layer.method)}">${nameHtml(layer.id)}<br><span class="tier ${layer.tier}">${layer.tier}</span></th><td class="plain">${html(layer.targets, 40)}</td>${cells.join('')}${quantityTd(layer.energy, { id: `f-fit${index}`, what: `${layer.id}, this fit` })}</tr>`;
}

function details(fit: FitDocument): string {
  const facts: (readonly [string, string])[] = [
    ['fitted model', fit.output],
    ['plan', fit.plan],
    ['image', fit.backend.image],
    ...fit.layers.map((l): readonly [string, string] => [`method of ${l.id}`, l.method]),
    ['hash of plan', fit.hashes.plan],
    ['hash of model', fit.hashes.model],
    ['hash of data', fit.hashes.data],
    ['hash of fitted model', fit.hashes.output],
    ...Object.entries(fit.versions).map(([name, version]): readonly [string, string] => [name, version]),
  ];
  return `<details><summary>What exactly ran</summary><dl>${facts.map(([key, value]) => `<dt>${html(key, 80)}</dt><dd class="name">${html(value)}</dd>`).join('')}</dl></details>`;
}
