import * as vscode from 'vscode';
import type { TierRow, TiersToHost, TiersView, ToWebview } from '../../webview/messages/index.ts';
import { backendParam } from '../backend-choice.ts';
import type { TierwiseContext } from '../context.ts';
import { activeModel } from '../commands/create-plan.ts';
import type { RunningFit } from '../fit-command.ts';
import type { PlanSnapshot } from '../plan-snapshot.ts';
import { learningText } from '../to-learning-view.ts';
import { layerAtLine, tierRows, tiersView } from '../to-tiers-view.ts';
import { baseName } from '../to-view.ts';
import { attachPage, pageStrings, runPageCommand, type PageHost } from './page-host.ts';
import { farPlanMessage, noPlanMessage } from './no-plan.ts';
import { assignLayers, editFailed, otherPlan, stepInPlan, type EditRefusal } from './plan-edits.ts';
import { LiveOutline } from './plan-outline.ts';

/** The Tiers panel: every layer with its tier, edits of the plan's text, the button that fits, progress and the newest result. */
export class TiersPage implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #outline: LiveOutline;
  readonly #subscriptions: readonly vscode.Disposable[];
  #page: PageHost | undefined;
  #cursor: string | null = null;
  #answer: TiersView['answer'] = null;
  /** Whether the page has its texts in the user's language. */
  #hasTexts = false;
  /** How often the page was loaded. */
  #loads = 0;
  /** What the page has in its list. */
  #rows: { readonly of: Pick<PlanSnapshot, 'energy' | 'inspect'>; readonly rows: readonly TierRow[] } | undefined;
  /** Requests in turn: each edit is of the text that the one before has left. */
  #turn: Promise<void> = Promise.resolve();

  constructor(context: TierwiseContext) {
    this.#context = context;
    this.#outline = new LiveOutline(context);
    const update = (): void => this.#send();
    this.#subscriptions = [
      this.#outline,
      this.#outline.onDidChange(update),
      context.plans.onDidChange(update),
      context.fits.onDidChange(update),
      context.learning.onDidChange(update),
      context.settings.onDidChange(update),
      // What can be done without a plan depends on what is open.
      vscode.window.tabGroups.onDidChangeTabs(() => {
        if (!context.plans.active) update();
      }),
      vscode.window.onDidChangeTextEditorSelection((event) => this.#onCursor(event)),
      vscode.window.registerWebviewViewProvider('tierwise.tiersPanel', this),
    ];
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const page: PageHost = attachPage(this.#context, view.webview, 'tiers', vscode.l10n.t('Tiers'), {
      onReady: () => {
        this.#rows = undefined;
        this.#answer = null;
        this.#loads++;
        this.#outline.enable();
        this.#hasTexts = false;
        this.#send();
      },
      onCommand: (command) => runPageCommand(command),
      onRevealLayer: (id) => void vscode.commands.executeCommand('tierwise.revealLayer', id),
      onTiers: (request) => this.#onRequest(request),
    });
    this.#page = page;
    view.onDidDispose(() => {
      page.dispose();
      if (this.#page === page) this.#page = undefined;
    });
  }

  dispose(): void {
    this.#page?.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #onRequest(request: TiersToHost): void {
    const plan = this.#context.plans.active;
    const page = this.#loads;
    // The page may not have heard yet that another plan is shown.
    const isShown = plan?.fsPath === request.plan;
    this.#turn = this.#turn
      .then(async () => {
        const refusal = isShown ? await this.#edit(plan, request) : otherPlan();
        // The page takes back what it showed in advance only when the new places are known.
        await this.#outline.refresh();
        // A page that was loaded anew counts its requests anew.
        if (page !== this.#loads) return;
        this.#answer = { request: request.request, refusal };
        this.#send();
      })
      .catch((error: unknown) => this.#context.log.error(`tiers: ${error instanceof Error ? error.message : String(error)}`));
  }

  async #edit(plan: vscode.Uri, request: TiersToHost): Promise<EditRefusal | null> {
    if (request.kind === 'plan-step')
      return await stepInPlan(plan, request.step).catch((error: unknown) => editFailed(this.#context, error));
    return await assignLayers(this.#context, plan, request.ids, request.goal);
  }

  #onCursor(event: vscode.TextEditorSelectionChangeEvent): void {
    const { outline } = this.#outline;
    const isShown = event.textEditor.document.uri.toString() === this.#context.plans.active?.toString();
    const [selection] = event.selections;
    if (!isShown || outline === undefined || selection === undefined || this.#page?.isReady !== true) return;
    const cursor = layerAtLine(outline, selection.active.line);
    if (cursor === this.#cursor) return;
    this.#cursor = cursor;
    this.#send();
  }

  /** The texts of the pages go out once: progress would carry all of them every time. */
  #send(): void {
    if (this.#page?.isReady !== true) return;
    const texts = this.#hasTexts ? {} : { strings: pageStrings() };
    this.#hasTexts = true;
    this.#page.post({ ...this.#message(), ...texts });
  }

  #message(): ToWebview {
    const { plans, fits, learning, settings } = this.#context;
    const snapshot = plans.activeSnapshot;
    if (!snapshot) return this.#without(emptyMessage());
    if (!snapshot.check && snapshot.error)
      return this.#without({ kind: 'error', code: snapshot.error.code, message: snapshot.error.message, advice: snapshot.error.advice });
    if (!snapshot.check) return { kind: 'busy', message: vscode.l10n.t('Reading the plan and its model') };
    const { energyTarget } = settings.current;
    const running = fits.running;
    const view = tiersView(
      snapshot,
      {
        backend: backendParam(settings.current),
        target: energyTarget === '' ? undefined : energyTarget,
        canFit: running === undefined,
        canLearn: !learning.isRunning,
        learning: learning.run && learning.run.plan === snapshot.path ? learningText(learning.run, vscode.l10n.t) : null,
        fitting: running ? { message: fittingMessage(running, plans.active), fraction: running.fraction } : null,
        outline: this.#outline.outline,
        cursor: this.#cursor,
        answer: this.#answer,
      },
      vscode.l10n.t,
    );
    return { kind: 'tiers', view: { ...view, rows: this.#newRows(snapshot) } };
  }

  /** A page that shows a notice has forgotten its rows. */
  #without(message: ToWebview): ToWebview {
    this.#rows = undefined;
    return message;
  }

  /** The rows when they changed since the page was told; progress and edits then cost no list of ten thousand. */
  #newRows({ energy, inspect }: PlanSnapshot): readonly TierRow[] | null {
    const known = this.#rows;
    if (this.#page?.isReady !== true || (known?.of.energy === energy && known.of.inspect === inspect)) return null;
    const rows = tierRows(energy, inspect, vscode.l10n.t);
    this.#rows = { of: { energy, inspect }, rows };
    return rows;
  }
}

/** What the panel says without a plan. */
function emptyMessage(): ToWebview {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId === 'tiers' && document.uri.scheme !== 'file') return farPlanMessage(document.isUntitled);
  const model = activeModel();
  return noPlanMessage(model && baseName(model.path));
}

/** What a running fit says; one of another plan than the shown one is named. */
function fittingMessage(running: RunningFit, shown: vscode.Uri | undefined): string {
  if (running.plan.toString() === shown?.toString()) return running.message;
  return `${vscode.workspace.asRelativePath(running.plan)}: ${running.message}`;
}
