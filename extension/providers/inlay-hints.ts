import * as vscode from 'vscode';
import { compoundHints, type CompoundHint } from '../compound-hint.ts';
import type { TierwiseContext } from '../context.ts';
import { hintPlaces, type HintPlace } from '../hint-place.ts';
import { hintLabel, hintTooltip, type EnergyGrounds, type HintOptions } from '../hint-text.ts';
import { inertMarkdown } from '../inert-markdown.ts';
import { layerLookup, type LayerState } from '../plan-snapshot.ts';
import { openTextHash } from '../plan-text-hash.ts';

/** Layers of one range whose names and numbers still fit behind a line. */
const maxShownPerRange = 3;
const maxTooltipLayers = 20;
const maxNameLength = 40;

/** Behind each layer of a plan: what an inference and a retraining cost, and whether it is fitted. */
export class EnergyHintsProvider implements vscode.InlayHintsProvider, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeInlayHints = this.#changed.event;
  readonly #subscriptions: readonly vscode.Disposable[];

  constructor(context: TierwiseContext) {
    this.#context = context;
    const fire = (): void => this.#changed.fire();
    this.#subscriptions = [this.#changed, context.plans.onDidChange(fire), context.settings.onDidChange(fire), onRunEnd(context, fire)];
  }

  async provideInlayHints(
    document: vscode.TextDocument,
    range: vscode.Range,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlayHint[]> {
    const settings = this.#context.settings.current;
    const options: HintOptions = { energy: settings.hintsEnergy, retraining: settings.hintsRetraining };
    if (!options.energy && !options.retraining) return [];
    const snapshot = this.#context.plans.snapshot(document.uri);
    const outline = await this.#context.language.outline(document.uri, token);
    if (!outline || token.isCancellationRequested) return [];
    const stateOf = layerLookup(snapshot);
    const target = snapshot.energy?.target ?? '';
    const isInside = ({ line }: { readonly line: number }): boolean =>
      line >= range.start.line && line <= range.end.line && line < document.lineCount;
    const hints = hintPlaces(outline)
      .filter(isInside)
      .flatMap((place) =>
        makeHint(
          document,
          place,
          place.ids.map((id) => stateOf(id, place.tier)),
          target,
          options,
          snapshot.energy ?? {},
        ),
      );
    if (!options.energy || !outline.compound) return hints;
    const { record, planHash } = this.#context.compound.run(document.uri);
    const grounds = { record, isStale: planHash !== null && planHash !== openTextHash(document.uri), energy: snapshot.energy };
    return [
      ...hints,
      ...compoundHints(outline, grounds, vscode.l10n.t)
        .filter(isInside)
        .map((hint) => lineHint(document, hint)),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

function makeHint(
  document: vscode.TextDocument,
  place: HintPlace,
  states: readonly LayerState[],
  target: string,
  options: HintOptions,
  grounds: EnergyGrounds,
): vscode.InlayHint[] {
  const t = vscode.l10n.t;
  const labels = states.flatMap((state) => {
    const label = hintLabel(state, options, t);
    return label === undefined ? [] : [{ id: state.id, label }];
  });
  const first = labels[0];
  if (!first) return [];
  const shown = labels.slice(0, maxShownPerRange).map(({ id, label }) => `${shorten(id)} ${label}`);
  if (labels.length > shown.length) shown.push(t('and {0} more', labels.length - shown.length));
  const text = place.ids.length === 1 ? first.label : shown.join(' \u2502 ');
  const end = place.character ?? document.lineAt(place.line).range.end.character;
  // A plain string: names are text here, never markup or a link.
  const hint = new vscode.InlayHint(new vscode.Position(place.line, end), text);
  hint.paddingLeft = true;
  hint.tooltip = inertMarkdown(
    states
      .slice(0, maxTooltipLayers)
      .map((state) => hintTooltip(state, target, t, grounds))
      .join('\n\n---\n\n'),
  );
  return [hint];
}

/** A hint at the end of its line. */
function lineHint(document: vscode.TextDocument, { line, label, tooltip }: CompoundHint): vscode.InlayHint {
  const hint = new vscode.InlayHint(document.lineAt(line).range.end, label);
  hint.paddingLeft = true;
  hint.tooltip = inertMarkdown(tooltip);
  return hint;
}

/** Decisions come often; hints change only with a run's record. */
function onRunEnd(context: TierwiseContext, fire: () => void): vscode.Disposable {
  let isRunning = false;
  return context.compound.onDidChange(() => {
    const now = context.compound.running !== undefined;
    if (isRunning && !now) fire();
    isRunning = now;
  });
}

function shorten(id: string): string {
  const characters = [...id.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')];
  return characters.length <= maxNameLength ? characters.join('') : `\u2026${characters.slice(1 - maxNameLength).join('')}`;
}
