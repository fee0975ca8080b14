import { URI } from 'langium';
import type { TextDocument } from 'langium';
import { DefaultDocumentUpdateHandler } from 'langium/lsp';
import type { LangiumSharedServices } from 'langium/lsp';
import type { DidChangeWatchedFilesParams, FileSystemWatcher, TextDocumentChangeEvent } from 'vscode-languageserver/node.js';
import type { PlanChecks } from './plan-checks.ts';

/** Files whose appearance, change or end changes what a plan means. */
// Of JSON files only those that look like vocabularies: records are written all the time.
const watchedGlobs = ['**/*.{onnx,npz,npy,csv,txt}', '**/*{vocab,token}*.json', '**/.tierwise/targets/*.json'];
const watchedFile = /\.(onnx|npz|npy|csv|txt)$|(vocab|token)[^/]*\.json$|\/\.tierwise\/targets\/[^/]*\.json$/i;

/** How long typing has to rest before a plan is read again, in milliseconds. The first reading of a document is immediate. */
const restMs = 50;

/** Rebuilds plans when they or the files they name change. Only open documents are known; nothing is searched for on disk. */
export class PlanUpdates extends DefaultDocumentUpdateHandler {
  private readonly checks: PlanChecks;
  private readonly documents: { all(): readonly { readonly uri: string }[] };
  private readonly resting = new Map<string, NodeJS.Timeout | undefined>();

  constructor(services: LangiumSharedServices, checks: PlanChecks) {
    super(services);
    this.checks = checks;
    this.documents = services.workspace.TextDocuments;
  }

  protected override getWatchers(): FileSystemWatcher[] {
    return watchedGlobs.map((globPattern) => ({ globPattern }));
  }

  /** Reads a plan again once typing rests. What is asked meanwhile is answered from the text as it is: see `PlanChecks`. */
  override didChangeContent({ document }: TextDocumentChangeEvent<TextDocument>): void {
    const { uri } = document;
    const isFirst = !this.resting.has(uri);
    clearTimeout(this.resting.get(uri));
    const update = (): void => this.fireDocumentUpdate([URI.parse(uri)], []);
    this.resting.set(uri, isFirst ? undefined : setTimeout(update, restMs));
    if (isFirst) update();
  }

  override didChangeWatchedFiles(params: DidChangeWatchedFilesParams): void {
    this.onWatchedFilesChangeEmitter.fire(params);
    if (!params.changes.some((change) => watchedFile.test(change.uri))) return;
    this.checks.forget();
    this.fireDocumentUpdate(
      this.documents.all().map((document) => URI.parse(document.uri)),
      [],
    );
  }

  didCloseDocument(event: TextDocumentChangeEvent<TextDocument>): void {
    this.checks.forget(event.document.uri);
    clearTimeout(this.resting.get(event.document.uri));
    this.resting.delete(event.document.uri);
    this.fireDocumentUpdate([], [URI.parse(event.document.uri)]);
  }
}
