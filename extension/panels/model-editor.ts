import * as vscode from 'vscode';
import type { EnergyDocument, InspectDocument } from '../../solver-core/protocol/index.ts';
import type { ToWebview } from '../../webview/messages/index.ts';
import type { TierwiseContext } from '../context.ts';
import { toErrorData } from '../solver-error.ts';
import { baseName, modelView } from '../to-view.ts';
import { ModelRows } from './model-rows.ts';
import { attachPage, pageStrings, runPageCommand, type PageHost } from './page-host.ts';

export const modelEditorType = 'tierwise.modelEditor';

/** A model as VS Code sees it: its address and nothing else. The file is read by the solver process alone. */
interface ModelDocument extends vscode.CustomDocument {
  readonly uri: vscode.Uri;
}

/** Shows an ONNX file as a table of layers with their energy. Read-only; a model of any size never enters this process. */
export class ModelEditorProvider implements vscode.CustomReadonlyEditorProvider<ModelDocument>, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #registration: vscode.Disposable;
  readonly #tabs = new Map<string, Set<ModelTab>>();
  /** Layers to show in tabs that are about to open, by model. */
  readonly #waiting = new Map<string, string>();

  constructor(context: TierwiseContext) {
    this.#context = context;
    this.#registration = vscode.window.registerCustomEditorProvider(modelEditorType, this, { supportsMultipleEditorsPerDocument: true });
  }

  openCustomDocument(uri: vscode.Uri): ModelDocument {
    return { uri, dispose: () => undefined };
  }

  resolveCustomEditor(document: ModelDocument, panel: vscode.WebviewPanel): void {
    const { uri } = document;
    const table = new ModelTable(this.#context, uri, (message) => page.post(message));
    const rows = new ModelRows(this.#context, uri, (message) => page.post(message));
    const tab: ModelTab = { panel, rows, focus: (id) => table.focus(id) };
    this.#tabsOf(uri).add(tab);
    const waiting = this.#waiting.get(uri.toString());
    this.#waiting.delete(uri.toString());
    if (waiting !== undefined) tab.focus(waiting);
    const page: PageHost = attachPage(this.#context, panel.webview, 'model', vscode.l10n.t('Model'), {
      onReady: () => {
        void table.load();
        rows.onReady();
      },
      onModel: (request) => rows.handle(request),
      onCommand: (command) => (command === 'refresh' ? void table.load() : runPageCommand(command, uri)),
      onRevealLayer: (id) => void (table.hasPlan ? vscode.commands.executeCommand('tierwise.revealLayer', id) : offerPlan(uri)),
    });
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), '*.onnx'));
    const onFile = (changed: vscode.Uri): void => {
      if (changed.toString() !== uri.toString()) return;
      void table.load();
      rows.onChange();
    };
    const subscriptions = [
      page,
      rows,
      { dispose: () => void this.#tabsOf(uri).delete(tab) },
      watcher,
      watcher.onDidChange(onFile),
      watcher.onDidCreate(onFile),
      this.#context.settings.onDidChange(() => void table.load()),
      this.#context.plans.onDidChange(() => table.onPlan()),
    ];
    panel.onDidDispose(() => subscriptions.forEach((subscription) => subscription.dispose()));
  }

  /** Opens a model, in the tab that it has if there is one, and puts the focus on a layer. */
  async openAtLayer(model: vscode.Uri, id: string): Promise<void> {
    const tab = [...this.#tabsOf(model)].at(-1);
    if (tab) {
      tab.panel.reveal();
      return tab.focus(id);
    }
    this.#waiting.set(model.toString(), id);
    await vscode.commands.executeCommand('vscode.openWith', model, modelEditorType);
  }

  /** Asks what to compare the model with, in its tab, which is opened if need be. */
  async compareModel(model: vscode.Uri): Promise<void> {
    if (this.#tabsOf(model).size === 0) await vscode.commands.executeCommand('vscode.openWith', model, modelEditorType);
    const tab = [...this.#tabsOf(model)].at(-1);
    tab?.panel.reveal();
    await tab?.rows.chooseAndCompare();
  }

  dispose(): void {
    this.#registration.dispose();
  }

  #tabsOf(model: vscode.Uri): Set<ModelTab> {
    const known = this.#tabs.get(model.toString());
    if (known) return known;
    const tabs = new Set<ModelTab>();
    this.#tabs.set(model.toString(), tabs);
    return tabs;
  }
}

/** A tab that shows a model. */
interface ModelTab {
  readonly panel: vscode.WebviewPanel;
  readonly rows: ModelRows;
  readonly focus: (id: string) => void;
}

/** What one editor tab shows. */
class ModelTable {
  readonly #context: TierwiseContext;
  readonly #uri: vscode.Uri;
  readonly #post: (message: ToWebview) => void;
  #calls = 0;
  #inspect: InspectDocument | undefined;
  #planEnergy: EnergyDocument | undefined;
  #focus: string | undefined;
  #isShown = false;

  constructor(context: TierwiseContext, uri: vscode.Uri, post: (message: ToWebview) => void) {
    this.#context = context;
    this.#uri = uri;
    this.#post = post;
  }

  /** Whether the plan that the views show is about this model. */
  get hasPlan(): boolean {
    return this.#energyOfPlan() !== undefined;
  }

  /** Puts the focus on a layer, at once or as soon as the table is there. */
  focus(id: string): void {
    if (this.#isShown) this.#post({ kind: 'focus-layer', id });
    else this.#focus = id;
  }

  /** Sends the table as soon as the layers are known, and again with energy. Only the newest call answers. */
  async load(): Promise<void> {
    const call = ++this.#calls;
    this.#isShown = false;
    // What a plan says meanwhile waits for the layers: those known are of the file as it was.
    this.#inspect = undefined;
    const post = (message: ToWebview): void => {
      if (this.#calls === call) this.#post(message);
    };
    if (this.#uri.scheme !== 'file') {
      const message = vscode.l10n.t('This model is not on a local disk.');
      return post({ kind: 'error', code: 'not-local', message, advice: vscode.l10n.t('Copy it to a local folder and open it there.') });
    }
    post({ kind: 'busy', message: vscode.l10n.t('Reading the model') });
    const path = this.#uri.fsPath;
    try {
      this.#planEnergy = this.#energyOfPlan();
      const costing = this.#planEnergy ? Promise.resolve(this.#planEnergy) : this.#energyOfModel(path);
      const inspect = await this.#context.solver.request('tierwise/inspect', { path });
      if (this.#calls !== call) return;
      this.#inspect = inspect;
      post(modelMessage(inspect, null));
      this.#showFocus();
      const energy = await costing;
      if (this.#calls !== call) return;
      this.#planEnergy = this.#energyOfPlan();
      const newest = this.#planEnergy ?? energy;
      if (newest) post(modelMessage(inspect, newest));
    } catch (error) {
      if (this.#calls !== call) return;
      const { code, message, advice } = toErrorData(error);
      this.#context.log.error(`inspect of ${path}: ${code}: ${message}`);
      post({ kind: 'error', code, message, advice });
    }
  }

  /** A plan about this model decides the tiers that its rows show. */
  onPlan(): void {
    const energy = this.#energyOfPlan();
    if (!this.#inspect || !energy || energy === this.#planEnergy) return;
    this.#planEnergy = energy;
    this.#calls += 1;
    this.#post(modelMessage(this.#inspect, energy));
  }

  #showFocus(): void {
    this.#isShown = true;
    if (this.#focus !== undefined) this.#post({ kind: 'focus-layer', id: this.#focus });
    this.#focus = undefined;
  }

  #energyOfPlan(): EnergyDocument | undefined {
    const energy = this.#context.plans.activeSnapshot?.energy;
    // Compared as addresses: they agree on the case of a Windows drive letter, paths need not.
    return energy && vscode.Uri.file(energy.model).toString() === this.#uri.toString() ? energy : undefined;
  }

  /** The energy of the model alone; null when it cannot be had, which the log explains. */
  async #energyOfModel(path: string): Promise<EnergyDocument | null> {
    const target = this.#context.settings.current.energyTarget;
    try {
      return await this.#context.solver.request('tierwise/energy', { path, ...(target === '' ? {} : { target }) });
    } catch (error) {
      this.#context.log.warn(`energy of ${path}: ${toErrorData(error).message}`);
      return null;
    }
  }
}

/** A layer leads to its line in a plan; without a plan of this model, to making one. */
async function offerPlan(model: vscode.Uri): Promise<void> {
  const create = vscode.l10n.t('Create a plan');
  const text = vscode.l10n.t(
    'The open plan is not about {0}. A plan of its own says how each layer is solved or learned.',
    baseName(model.path),
  );
  if ((await vscode.window.showInformationMessage(text, create)) === create)
    await vscode.commands.executeCommand('tierwise.createPlan', model);
}

function modelMessage(inspect: InspectDocument, energy: EnergyDocument | null): ToWebview {
  return { kind: 'model', strings: pageStrings(), view: modelView(inspect, energy, vscode.l10n.t) };
}
