import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { inert } from '../inert.ts';
import type { FitEntry } from './entry.ts';
import type { PlanHistory } from './store.ts';
import { entryDescription, entryFacts, entryName, entrySpoken, type EntryFact, type TextWorld } from './fit-text.ts';

/** A row of the tree: a kept version, or one fact of it. */
export type FitNode =
  | { readonly kind: 'fit'; readonly entry: FitEntry; readonly isCurrent: boolean }
  | { readonly kind: 'fact'; readonly id: string; readonly fact: EntryFact };

export const fitsView = 'tierwise.fits';

/** The fits of the active plan, newest first, with what is known of each. */
export class FitsTreeProvider implements vscode.TreeDataProvider<FitNode>, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #subscriptions: readonly vscode.Disposable[];
  /** A plan changes with every pause in typing, its history only with a fit. */
  #known: { readonly plan: string; readonly history: Promise<PlanHistory> } | undefined;

  constructor(context: TierwiseContext) {
    this.#context = context;
    const fire = (): void => this.#changed.fire();
    const history = context.fitHistory?.onDidChange(() => {
      this.#known = undefined;
      fire();
    });
    this.#subscriptions = [this.#changed, context.plans.onDidChange(fire), ...(history ? [history] : [])];
  }

  async getChildren(node?: FitNode): Promise<FitNode[]> {
    if (node?.kind === 'fact') return [];
    const world = textWorld();
    if (node) return entryFacts(node.entry, world).map((fact, index) => ({ kind: 'fact', id: `${node.entry.id}:${index}`, fact }));
    const history = await this.#history();
    const entries = history?.entries ?? [];
    const current = this.#inUse(entries, history?.current ?? null);
    return entries.map((entry) => ({ kind: 'fit', entry, isCurrent: entry === current }));
  }

  getTreeItem(node: FitNode): vscode.TreeItem {
    return node.kind === 'fit' ? fitItem(node) : factItem(node);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #history(): Promise<PlanHistory> | undefined {
    const plan = this.#context.plans.active?.toString();
    const { fitHistory } = this.#context;
    if (plan === undefined || !fitHistory) return undefined;
    if (this.#known?.plan !== plan) this.#known = { plan, history: fitHistory.of(plan) };
    return this.#known.history;
  }

  /** The version whose hash the newest record beside the model tells; the same bits may have been fitted twice. */
  #inUse(entries: readonly FitEntry[], current: FitEntry | null): FitEntry | undefined {
    const output = this.#context.plans.activeSnapshot?.fit?.hashes.output;
    if (output === undefined) return undefined;
    return current?.model.sha256 === output ? current : entries.find(({ model }) => model.sha256 === output);
  }
}

function fitItem({ entry, isCurrent }: FitNode & { kind: 'fit' }): vscode.TreeItem {
  const world = textWorld();
  const item = new vscode.TreeItem(entryName(entry, world.t), vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `fit:${entry.plan}:${entry.id}`;
  item.iconPath = new vscode.ThemeIcon(isCurrent ? 'pass-filled' : entry.kind === 'fit' ? 'history' : 'file');
  item.description = inert(entryDescription(entry, isCurrent, world));
  item.contextValue = isCurrent ? 'fit.current' : 'fit.other';
  item.tooltip = [
    `${entryName(entry, world.t)}: ${item.description}`,
    ...entryFacts(entry, world).map(({ name, value }) => `${name}: ${value}`),
  ].join('\n');
  item.accessibilityInformation = { label: entrySpoken(entry, isCurrent, world) };
  return item;
}

function factItem({ id, fact }: FitNode & { kind: 'fact' }): vscode.TreeItem {
  const item = new vscode.TreeItem(fact.name);
  item.id = `fact:${id}`;
  item.iconPath = new vscode.ThemeIcon(fact.icon);
  item.description = inert(fact.value);
  item.tooltip = `${fact.name}: ${fact.value}${fact.tooltip === undefined ? '' : `\n${fact.tooltip}`}`;
  item.accessibilityInformation = { label: fact.spoken };
  return item;
}

/** Texts for now, in the language of the editor. */
export const textWorld = (): TextWorld => ({ t: vscode.l10n.t, now: new Date(), locale: vscode.env.language });
