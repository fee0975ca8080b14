import * as vscode from 'vscode';

/** Commands that ask with a list before anything else. */
const asking: ReadonlySet<string> = new Set([
  'calibrateTarget',
  'compareFits',
  'compareModel',
  'compareWith',
  'createPlan',
  'deleteFit',
  'exportReport',
  'newTarget',
  'openFit',
  'openModel',
  'openPythonSource',
  'openSample',
  'restoreFit',
  'runCompound',
  'selectBackend',
]);

const stepSettlesMs = 500;

/**
 * Waits before a command that asks, where a walkthrough may be about to take the keyboard. VS Code gives it to a step a quarter of a second
 * after a key was let go over it, be it the one that pressed the step's button or the Enter that chose from the palette, and a list that
 * is open by then closes or is left without the keyboard.
 */
export async function letWalkthroughSettle(command: string): Promise<void> {
  if (asking.has(command) && showsPageOfVsCode()) await new Promise((resolve) => setTimeout(resolve, stepSettlesMs));
}

/** Whether the active tab is a page of VS Code's own, such as Welcome: extensions are not told what is in it. */
function showsPageOfVsCode(): boolean {
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
  return tab !== undefined && tab.input === undefined;
}
