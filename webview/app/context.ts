import type { ToHost } from '../messages/index.ts';
import type { UiStore } from './state.ts';
import type { Translate } from './strings.ts';

/** What a view needs besides its data. */
export interface PageContext {
  readonly t: Translate;
  readonly post: (message: ToHost) => void;
  readonly store: UiStore;
  /** Says a sentence through the page's live region. */
  readonly announce: (text: string) => void;
}
