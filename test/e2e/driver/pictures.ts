import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { waitForNoNotification } from './notifications.ts';
import { runCommand } from './quick-input.ts';
import { openSession, openWorkbench } from './session.ts';
import type { Session } from './session.ts';
import { smallPng } from './small-png.ts';
import { until } from './wait.ts';

/** What makes room for the product itself. */
const LOOK = {
  'editor.minimap.enabled': false,
  'breadcrumbs.enabled': false,
  'window.commandCenter': false,
  'window.title': '${activeEditorShort}${separator}${rootName}',
};

/** A workbench at twice the resolution, dark, with room for the product. */
export async function openForPictures(folder: string): Promise<Session> {
  return openSession({ folder, deviceScaleFactor: 2, settings: { ...LOOK, 'workbench.colorTheme': 'Dark 2026' } });
}

/** Opens the workbench anew in another theme, whose class is that of the workbench then. */
export async function theme(session: Session, name: string, workbenchClass: string): Promise<void> {
  session.workbench.writeSettings({ ...LOOK, 'workbench.colorTheme': name });
  await openWorkbench(session.page, session.workbench.url);
  await until(`the theme ${name}`, async () => (await session.page.locator(`.monaco-workbench.${workbenchClass}`).count()) > 0);
}

/** Keeps a picture in the palette of its 256 commonest colours, which halves the file. */
export async function shoot(
  session: Session,
  outDir: string,
  name: string,
  tidy: 'clear messages' | 'as it is' = 'clear messages',
): Promise<void> {
  const { page } = session;
  if (tidy === 'clear messages') {
    await runCommand(page, 'Notifications: Clear All Notifications');
    await waitForNoNotification(page, /./);
    // Over the title bar the pointer brings up neither a hover nor a scroll bar.
    await page.mouse.move(900, 12);
    await until('the scroll bars to fade', async () => (await page.locator('.editor-instance .scrollbar.visible').count()) === 0);
  }
  const png = await page.screenshot({ caret: 'hide', animations: 'disabled' });
  mkdirSync(outDir, { recursive: true });
  writeFileSync(path.join(outDir, `${name}.png`), smallPng(png));
}
