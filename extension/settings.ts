import * as vscode from 'vscode';
import { parseSettings, type SettingProblem, type Settings } from './settings-schema.ts';

/** The checked settings and their changes. Warns once per unusable value, with a way to the setting. */
export class SettingsService implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<Settings>();
  readonly onDidChange = this.#changed.event;
  readonly #subscription: vscode.Disposable;
  readonly #warned = new Set<string>();
  #current: Settings;

  constructor() {
    this.#current = this.#read();
    this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration('tierwise')) return;
      this.#current = this.#read();
      this.#changed.fire(this.#current);
    });
  }

  get current(): Settings {
    return this.#current;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  #read(): Settings {
    const configuration = vscode.workspace.getConfiguration('tierwise');
    const { settings, problems } = parseSettings((key) => configuration.get<unknown>(key));
    for (const problem of problems) this.#warn(problem);
    return settings;
  }

  #warn(problem: SettingProblem): void {
    const id = `${problem.key}=${problem.value}`;
    if (this.#warned.has(id)) return;
    this.#warned.add(id);
    const open = vscode.l10n.t('Open setting');
    const text = vscode.l10n.t('The setting {0} cannot be {1}; its default is used.', problem.key, problem.value);
    void vscode.window.showWarningMessage(text, open).then((choice) => {
      if (choice === open) void vscode.commands.executeCommand('workbench.action.openSettings', `@id:${problem.key}`);
    });
  }
}
