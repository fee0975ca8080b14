import * as vscode from 'vscode';
import type { CompareView, ModelPageRequest, ToWebview } from '../../webview/messages/index.ts';
import type { TierwiseContext } from '../context.ts';
import { showError } from '../errors-ui.ts';
import { refuseFar } from '../far-file.ts';
import { toErrorData } from '../solver-error.ts';
import { baseName } from '../to-view.ts';
import { weightsView } from '../to-weights-view.ts';
import { chooseEarlier, runComparison, type CompareChoice } from './model-compare.ts';

/** What the rows of one model editor ask for beyond the table: weights, source lines, a comparison. Nothing is computed in this process. */
export class ModelRows implements vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #model: vscode.Uri;
  readonly #post: (message: ToWebview) => void;
  readonly #opened = new Set<string>();
  /** The newest request for the weights of a row: what older ones answer is out of date. */
  readonly #newest = new Map<string, symbol>();
  #earlier: CompareChoice | undefined;
  #comparison: vscode.CancellationTokenSource | undefined;
  #shown: ToWebview | undefined;

  constructor(context: TierwiseContext, model: vscode.Uri, post: (message: ToWebview) => void) {
    this.#context = context;
    this.#model = model;
    this.#post = post;
  }

  dispose(): void {
    this.#comparison?.cancel();
    this.#comparison?.dispose();
    this.#opened.clear();
  }

  /** The page was loaded anew: what it showed is sent again. */
  onReady(): void {
    if (this.#shown) this.#post(this.#shown);
  }

  /** The file changed: what was read of it is no longer true. */
  onChange(): void {
    // A comparison counts the weights of open rows when it is done.
    if (this.#earlier) void this.#compare(this.#earlier, true);
    else void this.#sendAllWeights();
  }

  handle(request: ModelPageRequest): void {
    switch (request.kind) {
      case 'layer-opened':
        this.#opened.add(request.id);
        void this.#sendWeights(request.id);
        return void this.#sendSource(request.id);
      case 'show-source':
        return void vscode.commands.executeCommand('tierwise.showLayerInSource', this.#model, request.id);
      case 'copy-layer':
        return void vscode.env.clipboard.writeText(request.id);
      case 'compare-model':
        return void this.chooseAndCompare();
      case 'compare-model-end':
        return this.#end();
    }
  }

  /** Asks what to compare with, and compares. */
  async chooseAndCompare(): Promise<void> {
    if (refuseFar(this.#model)) return;
    const choice = await chooseEarlier(this.#context, this.#model);
    if (choice) await this.#compare(choice);
  }

  /** `isAgain`: because the file changed, not because somebody asked; then a failure is told in the page and waits for the next change. */
  async #compare(choice: CompareChoice, isAgain = false): Promise<void> {
    this.#comparison?.cancel();
    this.#comparison?.dispose();
    const source = new vscode.CancellationTokenSource();
    this.#comparison = source;
    this.#earlier = choice;
    try {
      this.#post({ kind: 'model-compare', compare: comparing(choice.name, baseName(this.#model.path)) });
      await runComparison(this.#context, this.#model, choice, source.token, (compare) => {
        if (this.#comparison !== source) return;
        this.#shown = { kind: 'model-compare', compare };
        this.#post(this.#shown);
      });
    } catch (error) {
      if (this.#comparison !== source) return;
      if (isAgain) return this.#failed(choice, error);
      this.#end();
      await showError(this.#context.log, vscode.l10n.t('{0} could not be compared', baseName(this.#model.path)), error);
      return;
    }
    if (this.#comparison === source) await this.#sendAllWeights();
  }

  #failed(choice: CompareChoice, error: unknown): void {
    const { code, message } = toErrorData(error);
    this.#context.log.warn(`comparison of ${this.#model.fsPath}: ${code}: ${message}`);
    this.#shown = {
      kind: 'model-compare',
      compare: { ...comparing(choice.name, baseName(this.#model.path)), running: null, notes: [message] },
    };
    this.#post(this.#shown);
    void this.#sendAllWeights();
  }

  #end(): void {
    this.#comparison?.cancel();
    this.#comparison?.dispose();
    this.#comparison = undefined;
    this.#earlier = undefined;
    this.#shown = undefined;
    this.#post({ kind: 'model-compare', compare: null });
    void this.#sendAllWeights();
  }

  /** One row after the other: each may read two models. */
  async #sendAllWeights(): Promise<void> {
    const earlier = this.#earlier;
    for (const id of this.#opened) {
      await this.#sendWeights(id);
      if (earlier !== this.#earlier) return;
    }
  }

  async #sendWeights(id: string): Promise<void> {
    if (this.#model.scheme !== 'file') return;
    const mine = Symbol(id);
    this.#newest.set(id, mine);
    const answer = await this.#weightsOf(id, this.#earlier);
    if (this.#newest.get(id) === mine) this.#post(answer);
  }

  /** The weights of a row beside those of `earlier`; where those cannot be read, alone, with the reason. */
  async #weightsOf(id: string, earlier: CompareChoice | undefined, why = ''): Promise<ToWebview> {
    const params = { path: this.#model.fsPath, layer: id, ...(earlier ? { before: earlier.before } : {}) };
    try {
      const document = await this.#context.solver.request('tierwise/weights', params);
      const weights = weightsView(document, baseName(this.#model.path), earlier?.name ?? null, vscode.l10n.t);
      return { kind: 'layer-weights', id, weights: why === '' ? weights : { ...weights, note: why }, failed: null };
    } catch (error) {
      const { code, message } = toErrorData(error);
      this.#context.log.warn(`weights of ${this.#model.fsPath}: ${code}`);
      if (earlier) return this.#weightsOf(id, undefined, vscode.l10n.t('The weights could not be compared: {0}', message));
      return { kind: 'layer-weights', id, weights: null, failed: message };
    }
  }

  async #sendSource(id: string): Promise<void> {
    try {
      const place = await this.#context.python.sourceOf(this.#model, id);
      this.#post({ kind: 'layer-source', id, hasSource: place !== undefined });
    } catch (error) {
      this.#context.log.warn(`source of a layer: ${toErrorData(error).message}`);
    }
  }
}

/** What is shown while nothing is known yet. */
function comparing(name: string, own: string): CompareView {
  const nothing = { before: null, after: null, factor: '', factorBand: '' };
  const title = vscode.l10n.t('{0} before, {1} after', name, own);
  return { name, title, running: vscode.l10n.t('Comparing with {0}', name), layers: [], notes: [], total: nothing };
}
