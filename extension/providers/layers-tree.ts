import * as vscode from 'vscode';
import type { EnergyLayer, TierKind } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';
import { formatQuantity, speakQuantity } from '../format.ts';
import { hintTooltip } from '../hint-text.ts';
import { layerLookup } from '../plan-snapshot.ts';

/** A row of the tree: a tier with its layers, or one layer. */
export type LayerNode =
  | { readonly kind: 'tier'; readonly tier: TierKind; readonly name: string; readonly layers: readonly EnergyLayer[] }
  | { readonly kind: 'layer'; readonly tierName: string; readonly layer: EnergyLayer };

const tierIcons: Readonly<Record<TierKind, string>> = { lower: 'zap', upper: 'history', frozen: 'lock' };

/** The layers of the active plan by tier, each with its energy per inference. */
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
    if (node?.kind === 'layer') return [];
    if (node) return node.layers.map((layer) => ({ kind: 'layer', tierName: node.name, layer }));
    const { energy, check } = this.#context.plans.activeSnapshot ?? {};
    if (!energy) return [];
    const tiers = (check?.tiers ?? []).filter((tier) => tier.kind !== 'frozen');
    const taken = new Set(tiers.flatMap((tier) => tier.layers));
    const nodes = tiers.map(({ kind, name, layers }): LayerNode => {
      const members = new Set(layers);
      return { kind: 'tier', tier: kind, name, layers: energy.layers.filter((layer) => members.has(layer.id)) };
    });
    const frozen = energy.layers.filter((layer) => !taken.has(layer.id));
    return frozen.length === 0 ? nodes : [...nodes, { kind: 'tier', tier: 'frozen', name: '', layers: frozen }];
  }

  getTreeItem(node: LayerNode): vscode.TreeItem {
    return node.kind === 'tier' ? this.#tierItem(node) : this.#layerItem(node);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  #tierItem(node: LayerNode & { kind: 'tier' }): vscode.TreeItem {
    const label = tierLabel(node.tier, node.name);
    const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
    item.id = `tier:${node.tier}:${node.name}`;
    item.iconPath = new vscode.ThemeIcon(tierIcons[node.tier]);
    item.description = String(node.layers.length);
    item.contextValue = `tier.${node.tier}`;
    const count = node.layers.length;
    item.accessibilityInformation = {
      label: count === 1 ? vscode.l10n.t('{0}, 1 layer', label) : vscode.l10n.t('{0}, {1} layers', label, count),
    };
    return item;
  }

  #layerItem(node: LayerNode & { kind: 'layer' }): vscode.TreeItem {
    const { layer } = node;
    const snapshot = this.#context.plans.activeSnapshot;
    if (snapshot) this.#stateOf ??= layerLookup(snapshot);
    const state = this.#stateOf?.(layer.id, layer.tier);
    const item = new vscode.TreeItem(layer.id, vscode.TreeItemCollapsibleState.None);
    const energy = layer.inference ? formatQuantity(layer.inference) : vscode.l10n.t('energy unknown');
    const stateWords = state?.fit ? [vscode.l10n.t('fitted')] : state?.staleFit ? [vscode.l10n.t('fit out of date')] : [];
    item.id = `layer:${layer.tier}:${node.tierName}:${layer.id}`;
    item.iconPath = new vscode.ThemeIcon(state?.fit ? 'pass' : 'circle-outline');
    item.description = [energy, layer.op, ...stateWords].join(' \u00b7 ');
    item.contextValue = 'layer';
    const energyDocument = snapshot?.energy;
    item.tooltip = state
      ? new vscode.MarkdownString(hintTooltip(state, energyDocument?.target ?? '', vscode.l10n.t, energyDocument ?? {}))
      : layer.id;
    item.command = { command: 'tierwise.revealLayer', title: vscode.l10n.t('Show in plan'), arguments: [layer.id] };
    const spoken = layer.inference ? speakQuantity(layer.inference, vscode.l10n.t) : vscode.l10n.t('energy unknown');
    const tier = tierLabel(layer.tier, node.tierName);
    const words = [vscode.l10n.t('layer {0}, {1}, {2}, per inference {3}', layer.id, layer.op, tier, spoken), ...stateWords];
    item.accessibilityInformation = { label: words.join(', ') };
    return item;
  }
}

function tierLabel(tier: TierKind, name: string): string {
  if (tier === 'frozen') return vscode.l10n.t('Frozen layers');
  return tier === 'lower' ? vscode.l10n.t('Lower tier {0}', name) : vscode.l10n.t('Upper tier {0}', name);
}
