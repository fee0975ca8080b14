import * as vscode from 'vscode';
import { compareNamed, type NamedModel } from '../commands/compare.ts';
import type { TierwiseContext } from '../context.ts';
import { inert } from '../inert.ts';
import { askInTurn, onlyAnswer, type Answer, type Question } from '../questions.ts';
import { baseName } from '../to-view.ts';
import type { FitEntry } from './entry.ts';
import { entriesOf, isFitNode, sayNoFolder, whichFit } from './fit-choice.ts';
import type { FitHistory } from './fit-history.ts';
import { entryDescription, entryName, entryWhen } from './fit-text.ts';
import { textWorld } from './fits-tree.ts';

/**
 * Compares two fits, or a fit with the model it was made from. Two selected rows are compared, the older one first; of one the other
 * side is asked for. Where there is one fit and the model before it, nothing is asked.
 */
export async function compareFits(context: TierwiseContext, given: unknown, selected: unknown): Promise<void> {
  const history = context.fitHistory;
  if (!history) return sayNoFolder();
  const [newer, older, ...more] = entriesOf(selected).toSorted((a, b) => b.id - a.id);
  const sides =
    newer && older && more.length === 0
      ? { after: newer, before: sideOf(history, older) }
      : await askForSides(context, history, isFitNode(given) ? given.entry : undefined);
  if (!sides) return;
  const { before } = sides;
  const after = sideOf(history, sides.after);
  // Times are in the heading of the page: in its tab they would hide which plan it is about.
  const plan = baseName(vscode.Uri.parse(sides.after.plan, true).path);
  await compareNamed(context, vscode.l10n.t('{0} and {1} of {2}', before.name, after.name, plan), before, after);
}

/** A side of a comparison: a short name for titles, and one with its time. */
interface FitSide extends NamedModel {
  readonly name: string;
}

interface Sides {
  readonly after: FitEntry;
  readonly before: FitSide;
}

async function askForSides(context: TierwiseContext, history: FitHistory, given: FitEntry | undefined): Promise<Sides | undefined> {
  const which = given === undefined ? await whichFit(context, vscode.l10n.t('Compare which fit?')) : undefined;
  if (given === undefined && which === undefined) return undefined;
  return askInTurn(async (ask) => {
    const after = given ?? (which && (onlyAnswer(which) ?? (await ask(which))));
    if (!after) return undefined;
    const others = await withWhat(context, history, after);
    if (others.answers.length === 0) {
      const name = entryName(after, vscode.l10n.t);
      const text = vscode.l10n.t(
        'There is nothing to compare {0} with: no other fit is kept, and the model of the plan is not known.',
        name,
      );
      return void vscode.window.showInformationMessage(text);
    }
    const before = onlyAnswer(others) ?? (await ask(others));
    return before && { after, before };
  });
}

function sideOf(history: FitHistory, entry: FitEntry): FitSide {
  const world = textWorld();
  const name = entryName(entry, world.t);
  const label = vscode.l10n.t('{0} of {1}', name, entryWhen(entry, world));
  return { name, label, model: vscode.Uri.parse(history.modelOf(entry), true) };
}

async function withWhat(context: TierwiseContext, history: FitHistory, after: FitEntry): Promise<Question<FitSide>> {
  const world = textWorld();
  const { entries, current } = await history.of(after.plan);
  const { energy, check } = context.plans.snapshot(vscode.Uri.parse(after.plan, true));
  const original = check?.model ?? energy?.model;
  const fits = entries.filter(({ id }) => id !== after.id).map((entry) => fitAnswer(history, entry, entry.id === current?.id));
  return {
    placeholder: vscode.l10n.t('Compare {0} with\u2026 (what you choose is the side before)', entryName(after, world.t)),
    answers: [...(original === undefined ? [] : [originalAnswer(original)]), ...fits],
  };
}

function originalAnswer(model: string): Answer<FitSide> {
  const name = baseName(model);
  const description = vscode.l10n.t('the model before any fit');
  return { label: `$(file) ${inert(name)}`, description, value: { name, label: name, model: vscode.Uri.file(model) } };
}

function fitAnswer(history: FitHistory, entry: FitEntry, isInUse: boolean): Answer<FitSide> {
  const world = textWorld();
  return {
    label: `$(history) ${entryName(entry, world.t)}`,
    description: inert(entryDescription(entry, isInUse, world)),
    value: sideOf(history, entry),
  };
}
