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

/** Rebuilds plans when they or the files they name change. Only open documents are known; nothing is searched for on disk. */
export class PlanUpdates extends DefaultDocumentUpdateHandler {
  private readonly checks: PlanChecks;
  private readonly documents: { all(): readonly { readonly uri: string }[] };
  private readonly onClose: (uri: string) => void;

  constructor(services: LangiumSharedServices, checks: PlanChecks, onClose: (uri: string) => void) {
    super(services);
    this.checks = checks;
    this.documents = services.workspace.TextDocuments;
    this.onClose = onClose;
  }

  protected override getWatchers(): FileSystemWatcher[] {
    return watchedGlobs.map((globPattern) => ({ globPattern }));
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
    this.onClose(event.document.uri);
    this.fireDocumentUpdate([], [URI.parse(event.document.uri)]);
  }
}
