import * as vscode from 'vscode';
import type { ToWebview } from '../../webview/messages/index.ts';
import type { TierwiseContext } from '../context.ts';
import { toErrorData } from '../solver-error.ts';
import { modelView } from '../to-view.ts';
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
    const session = { newest: 0 };
    const show = (): void => void this.#show(uri, page, session);
    const page: PageHost = attachPage(this.#context, panel.webview, 'model', vscode.l10n.t('Model'), {
      onReady: show,
      onCommand: (command) => (command === 'refresh' ? show() : runPageCommand(command, uri)),
      onRevealLayer: (id) => void vscode.commands.executeCommand('tierwise.revealLayer', id),
    });
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), '*.onnx'));
    const onFile = (changed: vscode.Uri): void => {
      if (changed.toString() === uri.toString()) show();
    };
    const subscriptions = [
      page,
      watcher,
      watcher.onDidChange(onFile),
      watcher.onDidCreate(onFile),
      this.#context.settings.onDidChange(show),
    ];
    panel.onDidDispose(() => subscriptions.forEach((subscription) => subscription.dispose()));
  }

  dispose(): void {
    this.#registration.dispose();
  }

  /** Sends the table as soon as the layers are known and again with energy; only the newest call of an editor may answer. */
  async #show(uri: vscode.Uri, page: PageHost, session: { newest: number }): Promise<void> {
    const call = ++session.newest;
    const post = (message: ToWebview): void => {
      if (session.newest === call) page.post(message);
    };
    if (uri.scheme !== 'file') {
      const message = vscode.l10n.t('This model is not on a local disk.');
      return post({ kind: 'error', code: 'not-local', message, advice: vscode.l10n.t('Copy it to a local folder and open it there.') });
    }
    post({ kind: 'busy', message: vscode.l10n.t('Reading the model') });
    const path = uri.fsPath;
    const target = this.#context.settings.current.energyTarget;
    try {
      const inspecting = this.#context.solver.request('tierwise/inspect', { path });
      const costing = this.#context.solver
        .request('tierwise/energy', { path, ...(target === '' ? {} : { target }) })
        .catch((error: unknown) => {
          this.#context.log.warn(`energy of ${path}: ${toErrorData(error).message}`);
          return null;
        });
      const inspect = await inspecting;
      post({ kind: 'model', strings: pageStrings(), view: modelView(inspect, null, vscode.l10n.t) });
      const energy = await costing;
      if (energy) post({ kind: 'model', strings: pageStrings(), view: modelView(inspect, energy, vscode.l10n.t) });
    } catch (error) {
      const { code, message, advice } = toErrorData(error);
      this.#context.log.error(`inspect of ${path}: ${code}: ${message}`);
      post({ kind: 'error', code, message, advice });
    }
  }
}
