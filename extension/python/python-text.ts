import * as vscode from 'vscode';
import type { TextRange } from '../../solver-core/protocol/index.ts';
import { joinCells, type JoinedCells } from './notebook-text.ts';

/** Python wherever it is edited: files, new files and cells of notebooks. */
export const pythonSelector: vscode.DocumentSelector = [
  { language: 'python', scheme: 'file' },
  { language: 'python', scheme: 'untitled' },
  { language: 'python', scheme: 'vscode-notebook-cell' },
  { language: 'python', scheme: 'vscode-vfs' },
];

/** Whether a document is Python that this extension looks at. */
export function isPython(document: vscode.TextDocument): boolean {
  return vscode.languages.match(pythonSelector, document) > 0;
}

/** The notebook that a cell's document belongs to. */
export function notebookOf(document: vscode.TextDocument): vscode.NotebookDocument | undefined {
  if (document.uri.scheme !== 'vscode-notebook-cell') return undefined;
  return vscode.workspace.notebookDocuments.find((notebook) => notebook.getCells().some((cell) => cell.document === document));
}

/** The text to analyse: of a cell together with the code cells before it. */
export function textOf(document: vscode.TextDocument): JoinedCells {
  const notebook = notebookOf(document);
  if (!notebook) return { text: document.getText(), linesBefore: 0 };
  const cells = notebook.getCells().filter((cell) => cell.document.languageId === 'python');
  const index = cells.findIndex((cell) => cell.document === document);
  return joinCells(
    cells.slice(0, Math.max(0, index)).map((cell) => cell.document.getText()),
    document.getText(),
  );
}

/** The file that a document belongs to: of a cell its notebook. */
export function fileOf(document: vscode.TextDocument): vscode.Uri {
  return notebookOf(document)?.uri ?? document.uri;
}

/** A one-based range of the solver as VS Code's. */
export function toRange(range: TextRange): vscode.Range {
  return new vscode.Range(range.line - 1, range.column - 1, range.endLine - 1, range.endColumn - 1);
}
