import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { explanationOf } from '../finding-text.ts';

/** The manuals that list codes, and where their findings stand. */
const manuals = (): readonly { readonly file: string; readonly where: string }[] => [
  { file: 'tier-language.md', where: vscode.l10n.t('In a plan') },
  { file: 'python.md', where: vscode.l10n.t('In a Python annotation') },
];

/** Shows what a code means and what repairs it, out of the manuals in the package. Anybody may call a command, so anything may come. */
export async function explainFinding(context: TierwiseContext, code: unknown): Promise<void> {
  if (typeof code !== 'string' || !/^[a-z][a-z-]{1,60}$/.test(code)) return;
  const sections: string[] = [];
  for (const { file, where } of manuals()) {
    const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(context.extensionUri, 'docs', file));
    const text = explanationOf(new TextDecoder().decode(bytes), code, vscode.l10n.t);
    if (text !== undefined) sections.push(`## ${where}\n\n${text}`);
  }
  const none = vscode.l10n.t('No manual explains this code. The message of the finding says what is wrong.');
  await context.results.show(vscode.l10n.t('Finding {0}', code), `# ${code}\n\n${sections.length === 0 ? none : sections.join('\n\n')}\n`);
}
