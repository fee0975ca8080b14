import { formatCount, formatSi } from '../energy/format.ts';
import type { EnergyDocument, MappingDocument } from '../protocol/documents.ts';
import { acrossText, calibrationText, machineRows, mappingRows, shareCell } from './setting-cells.ts';
import { html, nameHtml, quantityTd } from './html-text.ts';

/** What the figures stand in: retraining by machine, and how the layers lie on the array. "" where neither is known. */
export function settingHtml(energy: EnergyDocument): string {
  return [machineSection(energy), mappingSection(energy)].filter((part) => part !== '').join('\n');
}

/** Which calibration is in use, as a line under the title; one out of date is marked. */
export function calibrationHtml(energy: EnergyDocument): string {
  const text = calibrationText(energy);
  if (text === undefined) return '';
  return `<p class="${energy.calibration?.stale == null ? 'note' : 'stale'}">${html(text, 4096)}</p>`;
}

function machineSection(energy: EnergyDocument): string {
  const rows = machineRows(energy);
  if (rows.length === 0) return '';
  const across = acrossText(energy);
  const cells = rows.map(({ machine, role, retraining }, i) => {
    const td = (key: 'sgd' | 'solve' | 'incremental', what: string): string =>
      quantityTd(retraining[key], { id: `f-machine${i}-${key}`, what: `${machine}, ${what}` });
    return `<tr><th scope="row">${nameHtml(machine)}<br><span class="note">${role}</span></th>${td('sgd', 'gradient descent')}${td('solve', 'direct solve')}${td('incremental', 'incremental update')}</tr>`;
  });
  return `<section aria-labelledby="machines"><h2 id="machines">Where to train</h2>${across === undefined ? '' : `<p class="lead">${html(across, 400)}</p>`}
<div class="scroll" tabindex="0" role="group" aria-label="where to train"><table><caption>Retraining the whole model on the target and on the machine that would train.</caption>
<thead><tr><th scope="col">machine</th><th scope="col" class="num">gradient descent</th><th scope="col" class="num">direct solve</th><th scope="col" class="num">incremental</th></tr></thead>
<tbody>${cells.join('\n')}</tbody></table></div></section>`;
}

function mappingSection(energy: EnergyDocument): string {
  const rows = mappingRows(energy);
  if (rows.length === 0) return '';
  const cells = rows.map(
    ({ layer, mapping }) =>
      `<tr><th scope="row">${nameHtml(layer.id)}</th><td class="plain">${mapping.dataflow}</td><td>${html(mapping.text, 1000)}</td><td class="plain">${meter(mapping.utilisation)} ${shareCell(mapping.utilisation)}</td><td class="num">${formatCount(mapping.cycles)}</td><td class="note">${trafficText(mapping)}</td></tr>`,
  );
  return `<section aria-labelledby="array"><h2 id="array">On the array</h2>
<div class="scroll" tabindex="0" role="group" aria-label="on the array"><table><caption>How each layer is laid on the multiply-add units. In use: share of unit-cycles that multiply. Traffic: bits read and written per level, nearest first.</caption>
<thead><tr><th scope="col">layer</th><th scope="col">dataflow</th><th scope="col">tiles</th><th scope="col">in use</th><th scope="col" class="num">cycles</th><th scope="col">traffic</th></tr></thead>
<tbody>${cells.join('\n')}</tbody></table></div></section>`;
}

function trafficText({ traffic }: MappingDocument): string {
  return traffic
    .map(({ level, readBits, writeBits }) => `${html(level, 40)} ${formatSi(readBits, 'bit')} / ${formatSi(writeBits, 'bit')}`)
    .join('<br>');
}

/** A bar for a share in 0..1, beside its number. */
function meter(share: number): string {
  const width = Math.round(Math.min(1, Math.max(0, share)) * 60);
  return `<svg class="meter" viewBox="0 0 60 8" width="60" height="8" aria-hidden="true"><rect class="track" width="60" height="8" rx="2"/><rect class="fill" width="${width}" height="8" rx="2"/></svg>`;
}
