import { formatFull, formatQuantity } from '../energy/format.ts';
import type { DiffDocument, DiffFigure, DiffLayer, DiffSide } from '../protocol/index.ts';
import { inert, nothing, quantityCell } from './cells.ts';
import { changeCell, changeRange, diffLegend, diffTotals, layerCounts, qualityLine, savingLine } from './diff-cells.ts';
import { budgetCounts, budgetMarkdown } from './diff-budgets.ts';
import { md } from './markdown-text.ts';

/** More layers than this are folded away, so that a comment stays short. */
const mostOpen = 8;
/** Layers a comment shows; code hosts cut long comments. */
const mostLayers = 200;

/**
 * The comparison as a comment for a pull request: one line that says it all, the totals, the layers that changed (folded away when there
 * are many), the budgets, findings. Names are literal text. Ends with a newline.
 */
export function diffMarkdown(diff: DiffDocument): string {
  const saving = savingLine(diff);
  return [
    `### Tierwise: energy of ${nameOf(diff.after)} on ${code(diff.target)}`,
    '',
    summary(diff),
    '',
    ...(saving === undefined ? [] : [`${md(inert(saving, 1000))}.`, '']),
    '| total | before | after | change | by table |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...diffTotals(diff).map(({ name, figure }) => totalRow(name, figure)),
    '',
    ...layerSection(diff),
    ...budgetMarkdown(diff),
    ...(diff.diagnostics.length === 0
      ? []
      : [
          fold(
            'Findings',
            diff.diagnostics.slice(0, 50).map((d) => `- ${d.severity} \`${d.code}\`: ${md(inert(d.message, 400))}`),
          ),
        ]),
    `<sub>${code(diff.before.name)} (${hash(diff.before)}) against ${code(diff.after.name)} (${hash(diff.after)}). ${diffLegend} Sources: M measured, S simulated, D modelled, A assumed.</sub>`,
    '',
  ].join('\n');
}

/** The line that a reader of many comments reads. */
function summary(diff: DiffDocument): string {
  const { inference } = diff.totals;
  const budgets = budgetCounts(diff);
  // Who reads this line alone would take the change for that of the code.
  const targets = diff.diagnostics.find(({ code }) => code === 'diff-target');
  const ground = targets === undefined ? '' : ` **Attention: ${md(inert(targets.message, 400))}.**`;
  const energy =
    inference.before === null || inference.after === null
      ? 'The energy per inference is not known on both sides'
      : inference.change === 0
        ? `**Energy per inference stays at ${formatQuantity(inference.after)}**`
        : `**Energy per inference ${formatQuantity(inference.before)} → ${formatQuantity(inference.after)}, ${verdict(inference)}**`;
  return `${energy}; ${qualityLine(diff)}.${budgets === '' ? '' : ` Budgets: ${budgets}.`}${ground}`;
}

/** The range over the tables; where they do not agree on the sign, that is what there is to say. */
function verdict(figure: DiffFigure): string {
  const changes = (figure.perTable ?? []).map((t) => t.change);
  if (Math.min(...changes) < 0 && Math.max(...changes) > 0) return `more or less depending on the constants (${changeRange(figure)})`;
  return changes.length === 0 ? changeCell(figure.change) : changeRange(figure);
}

function totalRow(name: string, figure: DiffFigure): string {
  const full = (q: DiffFigure['before']): string => (q === null ? nothing : formatFull(q));
  return `| ${name} | ${full(figure.before)} | ${full(figure.after)} | ${changeCell(figure.change)} | ${changeRange(figure)} |`;
}

function layerSection(diff: DiffDocument): readonly string[] {
  const changed = diff.layers.filter((layer) => layer.status !== 'same');
  const title = `Layers: ${layerCounts(diff.layers)}`;
  if (changed.length === 0) return [`${title}.`, ''];
  const table = [
    '| layer | | parameters | inference | change | by table | solve | change |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...changed.slice(0, mostLayers).map(layerRow),
    ...(changed.length > mostLayers ? [`| … and ${changed.length - mostLayers} more | | | | | | | |`] : []),
  ];
  return changed.length > mostOpen ? [fold(title, table)] : [`${title}.`, '', ...table, ''];
}

function layerRow(layer: DiffLayer): string {
  const { inference, parameters, retraining } = layer;
  const count = (value: number | null): string => (value === null ? nothing : String(value));
  const cells = [
    md(inert(layer.id, 80)) + (layer.idBefore === undefined ? '' : ` (was ${md(inert(layer.idBefore, 80))})`),
    statusCell(layer),
    parameters.before === parameters.after ? count(parameters.after) : `${count(parameters.before)} → ${count(parameters.after)}`,
    quantityCell(inference.after ?? inference.before),
    changeCell(inference.change),
    changeRange(inference),
    quantityCell(retraining.solve.after ?? retraining.solve.before),
    changeCell(retraining.solve.change),
  ];
  return `| ${cells.join(' | ')} |`;
}

function statusCell({ status, tier }: DiffLayer): string {
  const moved = tier.before !== null && tier.after !== null && tier.before !== tier.after;
  return moved ? `${status}, ${tier.before} → ${tier.after}` : status;
}

/** A part that is folded until asked for; the empty lines let Markdown inside be read as such. */
function fold(title: string, lines: readonly string[]): string {
  return `<details><summary>${md(title)}</summary>\n\n${lines.join('\n')}\n\n</details>\n`;
}

function nameOf({ name }: DiffSide): string {
  return code(name.split(/[\\/:]/).at(-1) ?? name);
}

function hash({ sha256, model }: DiffSide): string {
  return (model?.sha256 ?? sha256).slice(0, 12);
}

/** A name as inert text in the fixed-width face; no markup begins or ends inside. */
function code(text: string): string {
  return `<code>${md(inert(text, 200))}</code>`;
}
