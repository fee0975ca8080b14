import { formatCount, formatQuantity } from '../energy/format.ts';
import type { CompoundDocument, CompoundHeadTrial, CompoundStep, CompoundTask, CompoundThreshold } from '../protocol/compound-documents.ts';
import { counted, inert, nothing, numberCell } from './cells.ts';

/** A share in percent with one digit; `nothing` where it is not known. */
export function percent(share: number | null): string {
  return share === null ? nothing : `${(share * 100).toFixed(1)} %`;
}

/** One decision of each kind of task, as a noun in the plural. */
const taskNouns: Readonly<Record<CompoundTask, string>> = {
  'next-token': 'next tokens',
  'text-class': 'texts',
  'row-class': 'rows',
};

export const headNames: Readonly<Record<CompoundHeadTrial['head'], string>> = { rls: 'recursive ridge', adam: 'cross-entropy' };

/** A batch as one line: accuracy, escalation, hits, joules against the three alternatives, what was learned. */
export function stepLine(step: CompoundStep): string {
  const { running, sums, update } = step;
  const learned =
    update === null
      ? ''
      : `; ${update.decision}${
          update.newClasses.length === 0
            ? ''
            : `, new: ${update.newClasses
                .slice(0, 5)
                .map((name) => `"${inert(name, 20)}"`)
                .join(', ')}`
        }`;
  return (
    `batch ${step.index}: ${formatCount(step.decisions)} decisions, accuracy ${percent(step.accuracy)} (${percent(running.accuracy)} so far), ` +
    `${percent(running.escalated)} escalated, ${running.hitRate === null ? 'no cache' : `${percent(running.hitRate)} hits`}, ` +
    `${formatQuantity(sums.compound)} against ${formatQuantity(sums.alwaysLower)} lower only, ${formatQuantity(sums.alwaysUpper)} whole depth, ` +
    `${formatQuantity(sums.retraining)} with retraining${learned}`
  );
}

/** What was decided, by what, and how well: the first lines of a report. */
export function headlines(document: CompoundDocument): readonly string[] {
  const { totals, task } = document;
  const { lower, upper, from } = document;
  const share = totals.decisions === 0 ? 0 : totals.escalated / totals.decisions;
  return [
    `Decided ${formatCount(from.after - from.before)} ${taskNouns[task]} of ${inert(document.stream, 80)}: lower module ${inert(lower.name, 120)}, upper module ${inert(upper.name, 120)}`,
    ...beginning(document),
    totals.accuracy === null
      ? `No labels: nothing can be said about accuracy. ${percent(share)} of the decisions were escalated.`
      : `Accuracy ${percent(totals.accuracy)}, cross-entropy ${numberCell(totals.loss)} nats, each decision made before its label was learned; ${percent(share)} escalated.`,
    `${counted(totals.updates, 'update')}; ${totals.skips === 1 ? '1 batch' : `${formatCount(totals.skips)} batches`} without one.`,
  ];
}

/** Where a run that goes on began; nothing for a first one. */
function beginning({ from, stream, totals }: CompoundDocument): readonly string[] {
  const where = {
    start: null,
    continued: `Went on behind decision ${formatCount(from.before)} of ${formatCount(from.of)}, where an earlier run was stopped`,
    grown: `Went on behind the ${formatCount(from.before)} decisions that were read before ${inert(stream, 80)} grew`,
    again: `Read ${inert(stream, 80)} once more from its beginning: it had been read to its end, and what it teaches counts twice`,
    another: `Began ${inert(stream, 80)} at its beginning: the state had read another stream last`,
  }[from.how];
  return where === null ? [] : [`${where}. The figures are of all ${formatCount(totals.decisions)} decisions of this state.`];
}

/** What the next run of the same command would do. */
export function nextLine({ from }: CompoundDocument): string {
  return from.after < from.of
    ? `Next: the same command goes on behind decision ${formatCount(from.after)} of ${formatCount(from.of)}; --fresh starts over.`
    : 'Next: name another stream, or this one when it has grown, to go on from this state; --fresh starts over.';
}

/** Rows of the comparison: what the stream cost, and what else it would have cost. */
export function sumRows(document: CompoundDocument): readonly (readonly [string, CompoundDocument['totals']['sums']['compound']])[] {
  const { energy, sums } = document.totals;
  return [
    ['compound model', sums.compound],
    ['  of it deciding', energy.deciding],
    ['  of it learning', energy.learning],
    ['lower exit only, no cache, no learning', sums.alwaysLower],
    ['always the whole depth, no learning', sums.alwaysUpper],
    ['the same, retrained by gradient descent at every alarm', sums.retraining],
  ];
}

/** At most `most` points of the curve, the ends and the chosen one among them. */
export function curvePoints(curve: readonly CompoundThreshold[], most = 12): readonly CompoundThreshold[] {
  if (curve.length <= most) return curve;
  const kept = new Set<CompoundThreshold>();
  for (let i = 0; i < most; i++) kept.add(curve[Math.round((i * (curve.length - 1)) / (most - 1))]!);
  return curve.filter((point) => kept.has(point) || point.chosen);
}

/** A threshold as people read it: above 1 everything is escalated. */
export function thresholdCell({ threshold }: Pick<CompoundThreshold, 'threshold'>): string {
  return threshold > 1 ? 'always' : threshold === 0 ? 'never' : threshold.toFixed(3);
}

/** What the trial of heads says in words, where it is measured: a ridge head that loses on a language model, or wins elsewhere. */
export function headSentences({ heads, task }: CompoundDocument): readonly string[] {
  return (['lower', 'upper'] as const).flatMap((exit) => {
    const own = heads.filter((trial) => trial.exit === exit);
    const [ridge, softmax] = [own.find(({ head }) => head === 'rls'), own.find(({ head }) => head === 'adam')];
    if (ridge === undefined || softmax === undefined) return [];
    const figures = `cross-entropy ${numberCell(ridge.loss)} against ${numberCell(softmax.loss)} nats, accuracy ${percent(ridge.accuracy)} against ${percent(softmax.accuracy)}`;
    if (task === 'next-token' && softmax.chosen)
      return [
        `${exit} exit: the closed-form ridge head does not match a cross-entropy head on this language model (${figures}, on rows that neither had learned), so the cross-entropy head is used.`,
      ];
    return [
      `${exit} exit: ridge head against cross-entropy head: ${figures}; ${headNames[own.find(({ chosen }) => chosen)?.head ?? 'rls']} is used.`,
    ];
  });
}

/** What the cache was worth; null without one. */
export function cacheLine({ cache, task }: CompoundDocument): string | null {
  if (cache === null) return null;
  const { lookups, hits, prefixHits, entries, bytes, limitBytes, evictions, breakEvenHitRate } = cache;
  const mib = (size: number): string => `${(size / 2 ** 20).toFixed(1)} MiB`;
  const noun = task === 'next-token' ? 'contexts' : taskNouns[task];
  const rate = lookups === 0 ? null : hits / lookups;
  const beginnings = task === 'row-class' ? '' : `, of ${formatCount(prefixHits)} more a beginning`;
  const even =
    breakEvenHitRate === null
      ? 'on this target it never saves energy'
      : `it saves energy when more than ${numberCell(breakEvenHitRate * 100)} % of the ${noun} are there`;
  return `Cache: ${formatCount(hits)} of ${formatCount(lookups)} ${noun} were there (${percent(rate)})${beginnings}; ${formatCount(entries)} entries in ${mib(bytes)} of ${mib(limitBytes)}, ${formatCount(evictions)} given up; ${even}.`;
}

/** What was forgotten or gained on rows that nothing learned. */
export function heldOutLine({ heldOut }: CompoundDocument): string {
  if (heldOut === null) return 'Not judged on held-out rows: the plan names none of this kind.';
  const { rows, before, after } = heldOut;
  const points = (after - before) * 100;
  const change =
    Math.abs(points) < 0.05 ? 'no change' : points < 0 ? `${(-points).toFixed(1)} points forgotten` : `${points.toFixed(1)} points gained`;
  return `On ${formatCount(rows)} held-out decisions of the plan: accuracy ${percent(before)} before the stream, ${percent(after)} after it (${change}).`;
}
