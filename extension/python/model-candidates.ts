import * as vscode from 'vscode';
import type { PlanStore } from '../plan-store.ts';
import { orderModels } from './model-order.ts';

const maxFound = 100;
const memoryKey = 'tierwise.python.models';
const excluded = '**/{node_modules,.venv,venv,.git}/**';

/** The models that a Python file may have been exported to: the one chosen for it, else those around it and those that plans name. */
export class ModelCandidates implements vscode.Disposable {
  readonly #plans: PlanStore;
  readonly #memory: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when a model came, went or changed, or another one was chosen. */
  readonly onDidChange = this.#changed.event;
  #found: Thenable<readonly vscode.Uri[]> | undefined;
  #subscriptions: readonly vscode.Disposable[] = [];

  constructor(plans: PlanStore, memory: vscode.Memento) {
    this.#plans = plans;
    this.#memory = memory;
  }

  /** Paths of the models to match with a file, most likely first; empty where there is no local disk. */
  async of(file: vscode.Uri): Promise<readonly string[]> {
    const chosen = this.chosen(file);
    if (chosen && (await exists(chosen))) return [chosen.fsPath];
    const found = await this.all();
    const paths = new Map<string, string>();
    const named = this.#namedByPlans();
    for (const uri of [...named, ...found]) paths.set(uri.path, uri.fsPath);
    const order = orderModels(
      file.path,
      found.map((uri) => uri.path),
      named.map((uri) => uri.path),
    );
    return order.flatMap((path) => paths.get(path) ?? []);
  }

  /** Every model of the workspace on a local disk, bounded. */
  async all(): Promise<readonly vscode.Uri[]> {
    this.#watch();
    this.#found ??= vscode.workspace.findFiles('**/*.onnx', excluded, maxFound);
    return (await this.#found).filter((uri) => uri.scheme === 'file');
  }

  /** The model that was chosen for a file by hand. */
  chosen(file: vscode.Uri): vscode.Uri | undefined {
    const kept = this.#kept()[file.toString()];
    return typeof kept === 'string' ? vscode.Uri.parse(kept) : undefined;
  }

  /** Remembers the model of a file; undefined: find it again by itself. */
  async choose(file: vscode.Uri, model: vscode.Uri | undefined): Promise<void> {
    const { [file.toString()]: _before, ...others } = this.#kept();
    await this.#memory.update(memoryKey, model ? { ...others, [file.toString()]: model.toString() } : others);
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #kept(): Readonly<Record<string, unknown>> {
    return this.#memory.get<Record<string, unknown>>(memoryKey) ?? {};
  }

  /** Models of the active plan and of those that are open. */
  #namedByPlans(): readonly vscode.Uri[] {
    const open = vscode.workspace.textDocuments
      .filter((document) => document.languageId === 'tiers')
      .map((document) => this.#plans.known(document.uri));
    return [this.#plans.activeSnapshot, ...open].flatMap((snapshot) => {
      const model = snapshot?.energy?.model ?? snapshot?.check?.model;
      return model ? [vscode.Uri.file(model)] : [];
    });
  }

  /** From the first question on. */
  #watch(): void {
    if (this.#subscriptions.length > 0) return;
    const watcher = vscode.workspace.createFileSystemWatcher('**/*.onnx');
    const changed = (): void => {
      this.#found = undefined;
      this.#changed.fire();
    };
    this.#subscriptions = [watcher, watcher.onDidChange(changed), watcher.onDidCreate(changed), watcher.onDidDelete(changed)];
  }
}

/** Whether there is such a file. */
export async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
