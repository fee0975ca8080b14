import * as vscode from 'vscode';

/**
 * Closes the tabs of a page that an earlier window left and nobody has looked at since: VS Code fills such a tab only when it is shown,
 * so that the page would stand in two tabs. Call it before the page gets its own.
 */
export function closeRestoredTabs(viewType: string): void {
  const left = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    // The editor puts a prefix of its own before the type.
    .filter((tab) => tab.input instanceof vscode.TabInputWebview && tab.input.viewType.endsWith(viewType));
  if (left.length > 0) void vscode.window.tabGroups.close(left, true);
}
