import * as vscode from 'vscode';
import type { EnergyDocument, InspectDocument } from '../../solver-core/protocol/index.ts';
import type { ToWebview } from '../../webview/messages/index.ts';
import type { TierwiseContext } from '../context.ts';
import { toErrorData } from '../solver-error.ts';
import { baseName, modelView } from '../to-view.ts';
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
    const page: PageHost = attachPage(this.#context, panel.webview, 'model', vscode.l10n.t('Model'), {
      onReady: () => void table.load(),
      onCommand: (command) => (command === 'refresh' ? void table.load() : runPageCommand(command, uri)),
      onRevealLayer: (id) => void (table.hasPlan ? vscode.commands.executeCommand('tierwise.revealLayer', id) : offerPlan(uri)),
    });
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), '*.onnx'));
    const onFile = (changed: vscode.Uri): void => {
      if (changed.toString() === uri.toString()) void table.load();
    };
    const subscriptions = [
      page,
      watcher,
      watcher.onDidChange(onFile),
      watcher.onDidCreate(onFile),
      this.#context.settings.onDidChange(() => void table.load()),
      this.#context.plans.onDidChange(() => table.onPlan()),
    ];
    panel.onDidDispose(() => subscriptions.forEach((subscription) => subscription.dispose()));
  }

  dispose(): void {
    this.#registration.dispose();
  }
}

/** What one editor tab shows. */
class ModelTable {
  readonly #context: TierwiseContext;
  readonly #uri: vscode.Uri;
  readonly #post: (message: ToWebview) => void;
  #calls = 0;
  #inspect: InspectDocument | undefined;
  #planEnergy: EnergyDocument | undefined;

  constructor(context: TierwiseContext, uri: vscode.Uri, post: (message: ToWebview) => void) {
    this.#context = context;
    this.#uri = uri;
    this.#post = post;
  }

  /** Whether the plan that the views show is about this model. */
  get hasPlan(): boolean {
    return this.#energyOfPlan() !== undefined;
  }

  /** Sends the table as soon as the layers are known, and again with energy. Only the newest call answers. */
  async load(): Promise<void> {
    const call = ++this.#calls;
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
      this.#inspect = inspect;
      post(modelMessage(inspect, null));
      const energy = await costing;
      if (energy) post(modelMessage(inspect, energy));
    } catch (error) {
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
