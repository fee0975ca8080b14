import * as v from 'valibot';
import * as vscode from 'vscode';
import type { ProgressEvent } from '../solver-core/protocol/index.ts';
import { showError } from './errors-ui.ts';
import { PlanRunner, type RunnerServices } from './plan-runner.ts';
import { planTextHash } from './plan-text-hash.ts';
import { sayBriefly } from './quiet.ts';
import {
  brokenRun,
  finishedRun,
  idleSearch,
  startedRun,
  withPoint,
  writtenFiles,
  type SearchDocument,
  type SearchRun,
} from './search-run.ts';
import { isCancelled, toErrorData } from './solver-error.ts';
import { baseName } from './to-view.ts';
import { moveToTrash } from './trash.ts';

/** One kind of search: what it asks the solver for, how it is remembered, and its words. Texts are functions: the language is known late. */
export interface SearchKind<O, P extends { readonly id: string }, D extends SearchDocument<P>> {
  /** Prefix of what is remembered, e.g. "optimise". */
  readonly key: string;
  /** Context key that is true while it runs. */
  readonly contextKey: string;
  readonly defaults: O;
  readonly parseOptions: (saved: unknown) => O | undefined;
  readonly parseDocument: (saved: unknown) => D | undefined;
  readonly request: (
    services: RunnerServices,
    plan: vscode.Uri,
    options: O,
    writes: boolean,
    progress: { readonly token: vscode.CancellationToken; readonly onProgress: (event: ProgressEvent) => void },
  ) => Promise<D>;
  readonly pointOf: (event: ProgressEvent) => P | undefined;
  readonly announce: (output: string, document: D) => Promise<void>;
  readonly words: {
    readonly trust: () => string;
    readonly busy: () => string;
    readonly title: (name: string, writes: boolean) => string;
    readonly unsaved: (name: string) => string;
    readonly failed: (name: string) => string;
    readonly stopped: () => string;
    readonly nothingWritten: () => string;
  };
}

/** A result of more characters is not remembered: the memory of a workspace is read whole at each start. */
const maxRemembered = 400_000;

const writtenSchema = v.object({ output: v.string(), earlier: v.boolean() });

/** Runs searches of one kind: one at a time, told point by point; writes a model only when asked to. */
export class SearchRunner<O, P extends { readonly id: string }, D extends SearchDocument<P>> extends PlanRunner<SearchRun<O, P, D>> {
  readonly #kind: SearchKind<O, P, D>;
  #last: D | null = null;

  constructor(services: RunnerServices, kind: SearchKind<O, P, D>) {
    super(services, kind.key, kind.contextKey);
    this.#kind = kind;
  }

  /** The newest result of this session, or null. */
  get last(): D | null {
    return this.#last;
  }

  /** What was set last in this workspace. */
  get options(): O {
    return this.#kind.parseOptions(this.services.memory.get<unknown>(`${this.key}.options`)) ?? this.#kind.defaults;
  }

  remember(options: O): void {
    void this.services.memory.update(`${this.key}.options`, options);
  }

  /** Searches, and writes the model when `writes`. The page tells the outcome; so does a message when a model was written. Never rejects. */
  async start(plan: vscode.Uri, options: O, writes: boolean): Promise<void> {
    const { words } = this.#kind;
    this.remember(options);
    let outcome: D | undefined;
    let planHash: string | null = null;
    await this.perform(
      plan,
      words,
      startedRun(this.run(plan), options, writes, vscode.l10n.t('Reading the plan, the model and the data')),
      {
        work: async (token) => {
          // Read before the search: what is edited while it goes on is not what was searched.
          planHash = await planTextHash(plan);
          outcome = await this.withNotification(words.title(baseName(plan.path), writes), (report) => {
            const onProgress = (event: ProgressEvent): void => {
              report(event);
              this.#onProgress(plan, event);
            };
            return this.#kind.request(this.services, plan, options, writes, { token, onProgress });
          });
        },
        failed: (error) => this.#onFailure(plan, error),
        ended: () => {
          if (outcome) this.#onOutcome(plan, options, outcome, planHash);
          else if (this.run(plan).running) this.tell(plan, brokenRun(this.run(plan), null));
          else this.fire();
        },
      },
    );
  }

  /** Moves the files that a result wrote to the trash, once the user has said so. */
  async deleteWritten(plan: vscode.Uri): Promise<void> {
    const { written } = this.run(plan);
    if (!written) return void vscode.window.showInformationMessage(this.#kind.words.nothingWritten());
    const names = written.files.map(baseName).join(', ');
    const yes = vscode.l10n.t('Move to trash');
    const detail = vscode.l10n.t('Your own model and the plan stay as they are. The result of the search stays on the page.');
    const question = vscode.l10n.t('Delete {0}?', names);
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
    // Another run may have written the same names since the question.
    if (this.run(plan).written !== written || this.run(plan).running?.writes === true)
      return void vscode.window.showInformationMessage(vscode.l10n.t('{0} is being written anew, so nothing was deleted.', names));
    try {
      for (const file of written.files) if (!(await moveToTrash(vscode.Uri.file(file)))) return;
    } catch (error) {
      return showError(this.services.log, vscode.l10n.t('{0} could not be deleted', names), error);
    }
    this.tell(plan, { ...this.run(plan), written: null });
    this.#save(plan);
    vscode.window.setStatusBarMessage(vscode.l10n.t('{0} moved to the trash.', names), 5000);
  }

  protected override newRun(plan: vscode.Uri): SearchRun<O, P, D> {
    const run = this.#restored(plan) ?? idleSearch<O, P, D>(plan.fsPath, this.#kind.defaults);
    if (run.written) void this.#forgetMissing(plan, run.written.output);
    return run;
  }

  #onFailure(plan: vscode.Uri, error: unknown): void {
    const stopped = isCancelled(error);
    this.tell(plan, brokenRun(this.run(plan), stopped ? null : toErrorData(error)));
    if (this.isShown()) {
      const { code, message } = toErrorData(error);
      if (!stopped) this.services.log.error(`${this.key} of ${baseName(plan.path)}: ${code}: ${message}`);
    } else if (stopped) sayBriefly(this.#kind.words.stopped());
    else void showError(this.services.log, this.#kind.words.failed(baseName(plan.path)), error);
  }

  #onOutcome(plan: vscode.Uri, options: O, outcome: D, planHash: string | null): void {
    this.#last = outcome;
    this.tell(plan, finishedRun(this.run(plan), options, outcome, planHash));
    this.#save(plan);
    // Not awaited: the command is done when its result is on the page, not when somebody closes the message.
    if (outcome.output !== null && !this.isShown()) void this.#kind.announce(outcome.output, outcome);
  }

  #onProgress(plan: vscode.Uri, event: ProgressEvent): void {
    const run = this.run(plan);
    if (!run.running) return;
    const point = this.#kind.pointOf(event);
    const next = point ? withPoint(run, point) : run;
    this.tell(plan, { ...next, running: { ...run.running, message: event.message, fraction: event.fraction } });
  }

  /** A model that an earlier session wrote may have been deleted or moved since. */
  async #forgetMissing(plan: vscode.Uri, output: string): Promise<void> {
    const isThere = await vscode.workspace.fs.stat(vscode.Uri.file(output)).then(
      () => true,
      () => false,
    );
    const run = this.run(plan);
    if (!isThere && run.written?.output === output && !run.running) this.tell(plan, { ...run, written: null });
  }

  #save(plan: vscode.Uri): void {
    const { result, written } = this.run(plan);
    if (!result) return;
    const saved = { ...result, written: written === null ? null : { output: written.output, earlier: written.earlier } };
    void this.services.memory.update(this.#resultKey(plan), JSON.stringify(saved).length <= maxRemembered ? saved : undefined);
  }

  #restored(plan: vscode.Uri): SearchRun<O, P, D> | undefined {
    const saved = this.services.memory.get<Record<string, unknown>>(this.#resultKey(plan));
    const options = this.#kind.parseOptions(saved?.['options']);
    const document = this.#kind.parseDocument(saved?.['document']);
    if (options === undefined || !document) return undefined;
    const hash = v.safeParse(v.string(), saved?.['planHash']);
    const run = finishedRun(idleSearch<O, P, D>(plan.fsPath, options), options, document, hash.success ? hash.output : null);
    const written = v.safeParse(writtenSchema, saved?.['written']);
    return {
      ...run,
      result: run.result && { ...run.result, restored: true },
      written: written.success ? writtenFiles(written.output.output, written.output.earlier) : null,
    };
  }

  #resultKey(plan: vscode.Uri): string {
    return `${this.key}.result:${plan.toString()}`;
  }
}
