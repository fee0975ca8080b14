import * as vscode from 'vscode';
import { baseName } from './to-view.ts';

/** Ends of file names that a stream may have: text, classes of texts, rows. */
const endings = ['txt', 'jsonl', 'npz', 'csv'];
const maxOffered = 50;

interface StreamItem extends vscode.QuickPickItem {
  readonly uri: vscode.Uri | undefined;
}

/** Asks for the stream of a compound model: the files beside the plan, the one used last first, or any other. Undefined: the user left. */
export async function pickStream(plan: vscode.Uri, last: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  const folder = vscode.Uri.joinPath(plan, '..');
  const beside = await streamsIn(folder);
  const uris = [...(last ? [last] : []), ...beside.filter((uri) => uri.toString() !== last?.toString())].slice(0, maxOffered);
  const browse = vscode.l10n.t('Browse\u2026');
  const items: StreamItem[] = [
    ...uris.map((uri): StreamItem => {
      const inFolder = beside.some((one) => one.toString() === uri.toString());
      return {
        // A name is text: an icon in it would be drawn.
        label: baseName(uri.path).replaceAll('$(', '$\u200b('),
        description: [
          ...(uri.toString() === last?.toString() ? [vscode.l10n.t('used last')] : []),
          ...(inFolder ? [] : [vscode.workspace.asRelativePath(uri)]),
        ].join(', '),
        detail: kindOf(uri.path),
        uri,
      };
    }),
    { label: `$(folder-opened) ${browse}`, uri: undefined, alwaysShow: true },
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Run the compound model of {0}', baseName(plan.path)),
    placeHolder: vscode.l10n.t('The stream that it decides on'),
    matchOnDescription: true,
  });
  if (!chosen) return undefined;
  return chosen.uri ?? (await browseStream(last ?? folder));
}

async function browseStream(start: vscode.Uri): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('The stream that the compound model decides on'),
    openLabel: vscode.l10n.t('Run'),
    canSelectMany: false,
    defaultUri: start,
    filters: { [vscode.l10n.t('Streams')]: endings, [vscode.l10n.t('All files')]: ['*'] },
  });
  return chosen?.[0];
}

async function streamsIn(folder: vscode.Uri): Promise<readonly vscode.Uri[]> {
  const isStream = new RegExp(`\\.(${endings.join('|')})$`, 'i');
  try {
    const entries = await vscode.workspace.fs.readDirectory(folder);
    return entries
      .filter(([name, type]) => (type & vscode.FileType.File) !== 0 && isStream.test(name) && !/\.compound\.log\.jsonl$/i.test(name))
      .map(([name]) => name)
      .sort((a, b) => a.localeCompare(b))
      .map((name) => vscode.Uri.joinPath(folder, name));
  } catch {
    // The dialog is still there for a folder that cannot be listed.
    return [];
  }
}

function kindOf(path: string): string {
  if (/\.txt$/i.test(path)) return vscode.l10n.t('text: the next token');
  if (/\.jsonl$/i.test(path)) return vscode.l10n.t('lines of JSON: the class of each text');
  return vscode.l10n.t('rows: the class of each');
}
