import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { PageCommand } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { fill, h, listen } from '../dom.ts';
import { breakable, shortName } from '../text.ts';

export interface ActionOptions {
  readonly label: string;
  readonly command: PageCommand;
  readonly kind: 'primary' | 'secondary';
  /** Codicon before the label; decoration only. */
  readonly icon?: string;
  readonly disabled?: boolean;
  /** Fills its row. */
  readonly block?: boolean;
  /** Id of the text that explains the button, e.g. why it is disabled. */
  readonly describedBy?: string;
}

/** A button that asks the host to run a command. */
export function actionButton(context: PageContext, options: ActionOptions): HTMLElement {
  const button = h(
    'vscode-button',
    {
      secondary: options.kind === 'secondary',
      block: options.block ?? false,
      icon: options.icon,
      disabled: options.disabled ?? false,
      // The component dims a disabled button but does not tell assistive technology.
      'aria-disabled': options.disabled === true ? 'true' : undefined,
      'aria-describedby': options.describedBy,
      'data-focus': `command:${options.command}`,
      'data-command': options.command,
    },
    options.label,
  );
  return listen(button, 'click', () => {
    if (!button.hasAttribute('disabled')) context.post({ kind: 'command', command: options.command });
  });
}

/** A button that looks like a link. */
export function linkButton(label: string, run: () => void, attributes: Readonly<Record<string, string>> = {}): HTMLElement {
  return listen(h('button', { type: 'button', class: 'link', ...attributes }, label), 'click', run);
}

/** A layer's name; pressing it shows the layer in the plan or the model. Long names are cut, the tooltip has them whole. */
export function layerLink(context: PageContext, id: string): HTMLElement {
  const attributes = { class: 'link layer-name', title: context.t('Show {0}', id), 'data-focus': `layer:${id}` };
  const button = linkButton('', () => context.post({ kind: 'reveal-layer', id }), attributes);
  // Names break after their separators, or a narrow column cuts words in two.
  fill(button, ...breakable(shortName(id)).flatMap((piece) => [piece, h('wbr')]));
  return button;
}
