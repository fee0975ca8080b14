import * as vscode from 'vscode';

/** Markdown that holds texts of the user's files: no command, no HTML, no icon. */
export function inertMarkdown(text: string): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(text);
  markdown.isTrusted = false;
  markdown.supportHtml = false;
  markdown.supportThemeIcons = false;
  return markdown;
}
