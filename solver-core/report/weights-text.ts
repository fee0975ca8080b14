import type { WeightFigures, WeightsDocument } from '../protocol/index.ts';
import { formatCount } from '../energy/format.ts';
import { fileName, inert, nothing, numberCell, shapeCell, textTable } from './cells.ts';

/** Rows of the drawn histogram at most; neighbouring bins are added up to get there. */
const maxRows = 32;

/** Characters of the longest bar. */
const barWidth = 40;

/** The weights of one layer for a terminal: figures, and a histogram drawn with characters. `asked`: the model to compare with. Ends with a newline. */
export function weightsText(document: WeightsDocument, asked: string | null = null): string {
  const { before } = document;
  const sides = before === null ? [document.figures] : [before.figures, document.figures];
  const row = (name: string, cell: (figures: WeightFigures) => string): string[] => [name, ...sides.map(cell)];
  const table = textTable(
    [
      { title: '', align: 'left' },
      ...(before === null
        ? [{ title: 'weights', align: 'right' as const }]
        : (['before', 'after'] as const).map((title) => ({ title, align: 'right' as const }))),
    ],
    [
      row('values', (f) => formatCount(f.count)),
      row('zeros', (f) => share(f.zeros, f.count)),
      row('near zero', (f) => share(f.nearZeros, f.count)),
      row('not finite', (f) => share(f.nonFinite, f.count)),
      row('smallest', (f) => numberCell(f.min)),
      row('largest', (f) => numberCell(f.max)),
      row('mean', (f) => numberCell(f.mean)),
      row('deviation', (f) => numberCell(f.standardDeviation)),
    ],
  );
  return [
    `${fileName(document.model)}, layer ${inert(document.layer, 80)}`,
    `weights   ${inert(document.tensor, 60)}  ${document.dtype}  ${shapeCell(document.shape)}`,
    ...(before !== null || asked === null ? [] : [`before    ${inert(asked, 200)} has no such layer of that shape`]),
    ...(before === null ? [] : [`before    ${inert(before.model, 200)}`, `change    ${changeText(before.relativeChange)}`]),
    '',
    ...table,
    '',
    ...histogramLines(document),
    '',
    'Near zero: below a hundredth of the largest magnitude, zeros included. Bins hold their lower edge; the row with 0 in it is marked 0.',
    '',
  ].join('\n');
}

function changeText(change: number | null): string {
  if (change === null) return nothing;
  return change === 0 ? 'none' : `${numberCell(100 * change)} % (norm of the difference over the norm before)`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? formatCount(part) : `${formatCount(part)} (${numberCell((100 * part) / whole)} %)`;
}

/** One line per group of bins: its lower edge, a bar of # (after) and one of = (before), and how many. */
function histogramLines({ edges, counts, before }: WeightsDocument): string[] {
  const bins = counts.length;
  const group = Math.ceil(bins / maxRows);
  const rows = Array.from({ length: Math.ceil(bins / group) }, (_, i) => {
    const [from, to] = [i * group, Math.min(bins, (i + 1) * group)];
    const sum = (list: readonly number[]): number => list.slice(from, to).reduce((a, b) => a + b, 0);
    const [low, high] = [edges[from] ?? 0, edges[to] ?? 0];
    const hasZero = low <= 0 && (0 < high || (to === bins && high === 0));
    return { low, hasZero, after: sum(counts), before: before === null ? null : sum(before.counts) };
  });
  const most = Math.max(1, ...rows.flatMap((row) => [row.after, row.before ?? 0]));
  const bar = (count: number, character: string): string =>
    character.repeat(count === 0 ? 0 : Math.max(1, Math.round((barWidth * count) / most)));
  const edgeWidth = Math.max(...rows.map((row) => edgeText(row.low).length));
  const line = (edge: string, mark: string, drawn: string, count: number): string =>
    `${edge.padStart(edgeWidth)} ${mark} ${drawn.padEnd(barWidth)}  ${formatCount(count)}`;
  return [
    ...(before === null ? [] : ['= before, # after']),
    ...rows.flatMap((row) => [
      ...(row.before === null ? [] : [line('', ' ', bar(row.before, '='), row.before)]),
      line(edgeText(row.low), row.hasZero ? '0' : '|', bar(row.after, '#'), row.after),
    ]),
    `${edgeText(edges.at(-1) ?? 0).padStart(edgeWidth)} end`,
  ];
}

function edgeText(edge: number): string {
  return edge.toPrecision(3);
}
