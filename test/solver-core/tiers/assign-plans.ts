import fc from 'fast-check';
import type { TierAssignment, TierGoal } from '../../../solver-core/protocol/index.ts';
import type { PlanAsWritten } from '../../../solver-core/tiers/assign.ts';
import { checkParsed } from '../../../solver-core/tiers/check.ts';
import { parsePlan } from '../../../solver-core/tiers/language.ts';
import type { PlanWorld } from '../../../solver-core/tiers/world.ts';

/** Layers of the fake world's deep.onnx in graph order: six blocks of two, and a head. */
export const deepIds = [...[0, 1, 2, 3, 4, 5].flatMap((b) => [`/b${b}/up`, `/b${b}/down`]), '/head'];

/** Which tier each layer is in, as `kind name`; layers in none are left out. */
export type Placement = Readonly<Record<string, string>>;

export function asWritten(text: string, world: PlanWorld): PlanAsWritten {
  const parsed = parsePlan(text);
  return { text, parsed, checked: checkParsed(parsed, text, world), world };
}

/** What the checker makes of a text. */
export function placementOf(plan: PlanAsWritten): Placement {
  return Object.fromEntries(
    plan.checked.outline.tiers.flatMap((tier) => tier.layers.map((layer) => [layer.id, `${tier.kind} ${tier.name}`] as const)),
  );
}

/** The plan's meaning beside its layers and places in the text: header, options, budgets, by tier. */
export function restOf(plan: PlanAsWritten): unknown {
  return JSON.parse(
    JSON.stringify(plan.checked.plan, (key, value: unknown) => (key === 'range' || key === 'layers' ? undefined : value)) ?? 'null',
  );
}

/** Applies edits the way an editor does: positions are lines and characters of the old text. */
export function editedText(text: string, edits: Extract<TierAssignment, { readonly edits: unknown }>['edits']): string {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) starts.push(match.index + match[0].length);
  const at = (place: { readonly line: number; readonly character: number }): number => (starts[place.line] ?? NaN) + place.character;
  const sorted = edits
    .map((edit, order) => ({ start: at(edit.range.start), end: at(edit.range.end), newText: edit.newText, order }))
    .sort((a, b) => b.start - a.start || b.order - a.order);
  return sorted.reduce((out, edit) => out.slice(0, edit.start) + edit.newText + out.slice(edit.end), text);
}

/** A random text about deep.onnx, where its layers are, and where some of them are to go. */
export interface Move {
  readonly text: string;
  readonly placement: Placement;
  readonly layers: readonly string[];
  readonly goal: TierGoal;
}

const tierNames: readonly (readonly ['lower' | 'upper', string])[] = [
  ['lower', 'one'],
  ['lower', 'two'],
  ['upper', 'three'],
  ['upper', 'four'],
];

/** Owners of the 13 layers: lower tiers below a cut, upper tiers from it on, both with gaps. */
const owners = fc
  .tuple(fc.integer({ min: 0, max: 13 }), fc.array(fc.constantFrom(0, 0, 1, 1, 1, 2), { minLength: 13, maxLength: 13 }))
  .map(([cut, picks]) => picks.map((pick, i) => (pick === 2 ? undefined : i < cut ? pick : 2 + pick)));

/** Ways to write ascending layers: names, ranges where neighbours allow, blocks where both layers are there. */
function entries(indices: readonly number[], style: number): string[] {
  const out: string[] = [];
  for (let i = 0; i < indices.length; i++) {
    let last = i;
    while (indices[last + 1] === (indices[last] ?? 0) + 1) last++;
    const first = indices[i] ?? 0;
    const count = last - i + 1;
    if (style === 1 && count > 1) {
      out.push(`"${deepIds[first]}" .. "${deepIds[indices[last] ?? 0]}"`);
      i = last;
    } else if (style === 2 && first % 2 === 0 && first < 12 && count > 1) {
      const blocks = Math.floor(count / 2);
      const to = Math.min(5, first / 2 + blocks - 1);
      out.push(to > first / 2 ? `blocks ${first / 2}..${to}` : `blocks ${first / 2}`);
      i += (to - first / 2 + 1) * 2 - 1;
    } else out.push(`"${deepIds[first]}"`);
  }
  return out;
}

interface Layout {
  readonly style: number;
  readonly inline: boolean;
  readonly clauses: number;
  readonly remarks: readonly boolean[];
  readonly lineEnd: string;
  readonly budget: boolean;
  readonly oneLine: boolean;
}

const layout: fc.Arbitrary<Layout> = fc.record({
  style: fc.constantFrom(0, 1, 2),
  inline: fc.boolean(),
  clauses: fc.constantFrom(1, 1, 2),
  remarks: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
  lineEnd: fc.constantFrom('\n', '\n', '\r\n'),
  budget: fc.boolean(),
  oneLine: fc.boolean(),
});

function tierText(tier: number, indices: readonly number[], look: Layout, remark: () => string): string {
  const [kind, name] = tierNames[tier] ?? ['lower', 'none'];
  const all = entries(indices, look.style);
  const half = Math.ceil(all.length / 2);
  const lists = look.clauses === 2 && all.length > 1 ? [all.slice(0, half), all.slice(half)] : [all];
  const nl = look.lineEnd;
  const how = kind === 'lower' ? `solve ridge lambda 1e-${tier + 2}` : `learn rls forgetting 0.9${tier}`;
  if (look.oneLine) return `${kind} tier ${name} { layers ${all.join(', ')} ${how} }`;
  const listText = (list: readonly string[]): string =>
    look.inline
      ? list.join(', ') + remark()
      : list.map((entry, i) => entry + (i < list.length - 1 ? ',' : '') + remark()).join(`${nl}    `);
  return [`${kind} tier ${name} {${remark()}`, ...lists.map((list) => `  layers ${listText(list)}`), `  ${how}${remark()}`, '}'].join(nl);
}

function planText(owned: readonly (number | undefined)[], look: Layout): { text: string; placement: Placement } {
  let nRemarks = 0;
  const remark = (): string => {
    const n = nRemarks++;
    if (look.remarks[n % look.remarks.length] !== true) return '';
    return n % 5 === 4 ? ` /* remark ${n} */` : `  // remark ${n}`;
  };
  const placement: Record<string, string> = {};
  const blocks = tierNames.flatMap(([kind, name], tier) => {
    const indices = owned.flatMap((owner, i) => (owner === tier ? [i] : []));
    for (const i of indices) placement[deepIds[i] ?? ''] = `${kind} ${name}`;
    return indices.length === 0 ? [] : [tierText(tier, indices, look, remark)];
  });
  const head = ['model "deep.onnx"', `data "digits.npz"${remark()}`, 'target "server-cpu"'].join(look.lineEnd);
  const tail = look.budget ? ['budget 1 mJ per inference'] : [];
  return { text: `${[head, ...blocks, ...tail].join(look.lineEnd.repeat(2))}${look.lineEnd}`, placement };
}

const goals: fc.Arbitrary<TierGoal> = fc.constantFrom<TierGoal[]>(
  { kind: 'frozen' },
  { kind: 'lower', name: 'one' },
  { kind: 'lower', name: 'two' },
  { kind: 'lower', name: 'new-tier' },
  { kind: 'upper', name: 'three' },
  { kind: 'upper', name: 'four' },
  { kind: 'upper', name: 'new-tier' },
);

/** Random moves; about half of them are allowed. */
export const moves: fc.Arbitrary<Move> = fc
  .tuple(owners, layout, fc.subarray(deepIds, { minLength: 1 }), fc.subarray(deepIds, { minLength: 1, maxLength: 3 }), fc.boolean(), goals)
  .map(([owned, look, many, few, isFew, goal]) => ({ ...planText(owned, look), layers: isFew ? few : many, goal }));
