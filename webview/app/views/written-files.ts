import type { PageCommand, WrittenFiles } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h, icon } from '../dom.ts';
import { baseName, shortName } from '../text.ts';
import { actionButton } from './actions.ts';
import './search-result.css';

/** What the buttons below the files ask for. */
export interface WrittenCommands {
  readonly open: PageCommand;
  readonly compare: PageCommand;
  readonly reveal: PageCommand;
  readonly delete: PageCommand;
}

/** The files that a search wrote, and what can be done with them. */
export function writtenFiles(written: WrittenFiles, commands: WrittenCommands, context: PageContext): HTMLElement {
  const { t } = context;
  const button = (label: string, command: PageCommand, name: string): HTMLElement =>
    actionButton(context, { label, command, kind: 'secondary', icon: name });
  const names = written.files.map((file) => shortName(baseName(file), 60)).join(', ');
  return h(
    'div',
    { class: 'written' },
    h(
      'p',
      {},
      written.earlier ? icon('info', 'severity-info') : icon('pass', 'severity-good'),
      ' ',
      h(
        'span',
        { title: written.output },
        written.earlier ? t('Written by an earlier search, with another outcome than this result: {0}', names) : t('Written: {0}', names),
      ),
    ),
    h(
      'div',
      { class: 'button-row' },
      button(t('Open model'), commands.open, 'table'),
      button(t('Compare with before'), commands.compare, 'diff'),
      button(t('Show in explorer'), commands.reveal, 'folder-opened'),
      button(t('Undo: delete the files…'), commands.delete, 'trash'),
    ),
  );
}
