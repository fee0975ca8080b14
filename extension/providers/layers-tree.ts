import * as vscode from 'vscode';
import type { TierKind } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';
import { formatBand, formatQuantity, sourceWord, speakQuantity } from '../format.ts';
import { hintTooltip } from '../hint-text.ts';
import { inert } from '../inert.ts';
import { childrenOf, groupDescription, groupSpoken, groupTotals, tierGroups, type GroupChild, type LayerGroup } from '../layer-groups.ts';
import { escapeMarkdown } from '../markdown.ts';
import { layerLookup } from '../plan-snapshot.ts';

/** A row of the tree: a tier, a block or a stretch with its layers, or one layer. */
export type LayerNode = GroupChild;

const icons: Readonly<Record<TierKind, string>> = { lower: 'zap', upper: 'history', frozen: 'lock' };

/** The layers of the active plan by tier and block, each with its energy per inference; rows are made when they are opened. */
export class LayersTreeProvider implements vscode.TreeDataProvider<LayerNode>, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #subscription: vscode.Disposable;
  #stateOf: ReturnType<typeof layerLookup> | undefined;

  constructor(context: TierwiseContext) {
    this.#context = context;
    this.#subscription = context.plans.onDidChange(() => {
      this.#stateOf = undefined;
      this.#changed.fire();
    });
  }

  getChildren(node?: LayerNode): LayerNode[] {
    const snapshot = this.#context.plans.activeSnapshot;
    if (node?.kind === 'layer' || !snapshot) return [];
    return node ? childrenOf(node, snapshot) : tierGroups(snapshot);
  }

  getTreeItem(node: LayerNode): vscode.TreeItem {
    return node.kind === 'layer' ? this.#layerItem(node) : groupItem(node);
  }

  /** Tooltips are long: only those that are looked at are made. */
  resolveTreeItem(item: vscode.TreeItem, node: LayerNode): vscode.TreeItem {
    item.tooltip = node.kind === 'layer' ? this.#layerTooltip(node) : groupTooltip(node);
    return item;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  #state(node: LayerNode & { kind: 'layer' }): ReturnType<ReturnType<typeof layerLookup>> | undefined {
    const snapshot = this.#context.plans.activeSnapshot;
    if (snapshot) this.#stateOf ??= layerLookup(snapshot);
    return this.#stateOf?.(node.layer.id, node.layer.tier);
  }

  #layerTooltip(node: LayerNode & { kind: 'layer' }): vscode.MarkdownString | string {
    const state = this.#state(node);
    const energy = this.#context.plans.activeSnapshot?.energy;
    return state ? new vscode.MarkdownString(hintTooltip(state, energy?.target ?? '', vscode.l10n.t, energy ?? {})) : node.layer.id;
  }

  #layerItem(node: LayerNode & { kind: 'layer' }): vscode.TreeItem {
    const { layer } = node;
    const state = this.#state(node);
    const item = new vscode.TreeItem(inert(layer.id), vscode.TreeItemCollapsibleState.None);
    const energy = layer.inference ? formatQuantity(layer.inference) : vscode.l10n.t('energy unknown');
    const stateWords = state?.fit ? [vscode.l10n.t('fitted')] : state?.staleFit ? [vscode.l10n.t('fit out of date')] : [];
    item.id = `layer:${layer.tier}:${node.tierName}:${layer.id}`;
    item.iconPath = new vscode.ThemeIcon(state?.fit ? 'pass' : 'circle-outline');
    item.description = [energy, layer.op, ...stateWords].join(' \u00b7 ');
    item.contextValue = 'layer';
    item.command = { command: 'tierwise.revealLayer', title: vscode.l10n.t('Show in plan'), arguments: [layer.id] };
    const spoken = layer.inference ? speakQuantity(layer.inference, vscode.l10n.t) : vscode.l10n.t('energy unknown');
    const tier = tierLabel(layer.tier, node.tierName);
    const words = [vscode.l10n.t('layer {0}, {1}, {2}, per inference {3}', layer.id, layer.op, tier, spoken), ...stateWords];
    item.accessibilityInformation = { label: words.join(', ') };
    return item;
  }
}

function groupItem(node: LayerGroup): vscode.TreeItem {
  const label = groupLabel(node);
  // Below a tier stand at most some hundred rows; blocks and stretches open when they are wanted.
  const open = node.kind === 'tier' ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed;
  const item = new vscode.TreeItem(inert(label), open);
  const totals = groupTotals(node);
  item.id = node.kind === 'tier' ? `tier:${node.tier}:${node.tierName}` : `${node.kind}:${node.tier}:${node.tierName}:${node.name}`;
  item.iconPath = new vscode.ThemeIcon(node.kind === 'tier' ? icons[node.tier] : node.kind === 'block' ? 'layers' : 'list-unordered');
  item.description = groupDescription(node, totals, vscode.l10n.t);
  item.contextValue = node.kind === 'tier' ? `tier.${node.tier}` : 'layerGroup';
  item.accessibilityInformation = { label: groupSpoken(label, node, totals, vscode.l10n.t) };
  return item;
}

const missingText = (layers: number): string =>
  layers === 1
    ? vscode.l10n.t('Without 1 layer whose energy is unknown.')
    : vscode.l10n.t('Without {0} layers whose energy is unknown.', layers);

function groupTooltip(node: LayerGroup): vscode.MarkdownString {
  const { inference, retraining, missing } = groupTotals(node);
  const line = (text: string, quantity: NonNullable<typeof inference>): string =>
    `${text}: **${formatQuantity(quantity)}** (${formatBand(quantity, vscode.l10n.t)}, ${sourceWord(quantity.source, vscode.l10n.t)})`;
  const lines = [
    `**${escapeMarkdown(groupLabel(node))}**`,
    ...(inference === null ? [vscode.l10n.t('The energy of its layers is unknown.')] : [line(vscode.l10n.t('One inference'), inference)]),
    ...(missing > 0 && inference !== null ? [missingText(missing)] : []),
    ...(retraining === null
      ? []
      : [line(node.tier === 'lower' ? vscode.l10n.t('One direct solve') : vscode.l10n.t('One incremental update'), retraining)]),
    vscode.l10n.t('Sums over its layers: low ends and high ends are added, because the same constants stand behind all of them.'),
  ];
  return new vscode.MarkdownString(lines.join('\n\n'));
}

function groupLabel(node: LayerGroup): string {
  if (node.kind === 'tier') return tierLabel(node.tier, node.tierName);
  return node.kind === 'block' ? vscode.l10n.t('Block {0}', node.name) : vscode.l10n.t('Layers {0}', node.name);
}

function tierLabel(tier: TierKind, name: string): string {
  if (tier === 'frozen') return vscode.l10n.t('Frozen layers');
  return tier === 'lower' ? vscode.l10n.t('Lower tier {0}', name) : vscode.l10n.t('Upper tier {0}', name);
}
