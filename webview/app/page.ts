import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import type { PageName, ToWebview } from '../messages/index.ts';
import './base.css';
import type { PageContext } from './context.ts';
import { fill, h } from './dom.ts';
import { connectHost, reportDefects } from './messages.ts';
import { createStore } from './state.ts';
import { createTranslator } from './strings.ts';
import type { Translate } from './strings.ts';
import { visible } from './text.ts';
import { emptyView, errorView } from './views/notice.ts';

/** One page: its kind, its title in English, which messages are its own, and how it is put into the document. */
export interface PageDefinition<V> {
  readonly page: PageName;
  readonly title: string;
  /** The view a message carries for this page, or null when it carries none. */
  readonly select: (message: ToWebview) => V | null;
  /** Hears every message that is no view of a page, before anything else is done with it. */
  readonly hear?: (message: ToWebview) => void;
  /** Builds the page inside `root` once; the returned function shows a view and answers what the title should add, e.g. the model's name. */
  readonly mount: (root: HTMLElement, context: PageContext) => (view: V) => string;
}

/** Runs a page: connects to the host, keeps title, language and live region, and shows views, notices and progress as messages come in. */
export function startPage<V>(definition: PageDefinition<V>): void {
  const host = connectHost();
  reportDefects(host);
  const store = createStore(host);
  const shell = createShell();
  let update: ((view: V) => string) | null = null;
  let t: Translate = createTranslator({});
  const context = (): PageContext => ({ t, post: host.post, store, announce: shell.announce });

  const showNotice = (nodes: readonly Node[], announcement: string): void => {
    update = null;
    shell.setBusy(null, t);
    fill(shell.content, h('header', { class: 'page-header' }, h('h1', {}, t(definition.title))), ...nodes);
    setTitle(t(definition.title), '');
    shell.announce(announcement);
  };

  host.receive((message) => {
    if (message.strings !== undefined) t = createTranslator(message.strings);
    definition.hear?.(message);
    if (message.kind === 'busy') {
      if (update === null)
        fill(
          shell.content,
          h('header', { class: 'page-header' }, h('h1', {}, t(definition.title))),
          h('p', { class: 'muted' }, message.message),
        );
      shell.setBusy(message.message, t);
    } else if (message.kind === 'empty') {
      showNotice([emptyView(message, context())], message.message);
    } else if (message.kind === 'error') {
      showNotice([errorView(message, context())], `${t('Error')}: ${message.message}`);
    } else {
      const view = definition.select(message);
      if (view === null) return;
      const first = update === null;
      if (update === null) {
        fill(shell.content);
        update = definition.mount(shell.content, context());
      }
      shell.setBusy(null, t);
      setTitle(t(definition.title), update(view));
      if (first) restoreScroll(store.get().scrollY);
    }
  });
  rememberScroll((scrollY) => store.set({ scrollY }));
  setTitle(definition.title, '');
  host.post({ kind: 'ready', page: definition.page });
}

interface Shell {
  readonly content: HTMLElement;
  readonly announce: (text: string) => void;
  readonly setBusy: (message: string | null, t: Translate) => void;
}

/** Fills the host's `<main id="app">`, or makes one when a bare document has none. */
function createShell(): Shell {
  const found = document.getElementById('app');
  const main = found ?? h('main', { id: 'app' });
  if (found === null) document.body.append(main);
  if (document.documentElement.lang === '') document.documentElement.lang = 'en';
  const content = h('div', { class: 'page' });
  const bar = h('vscode-progress-bar', { indeterminate: true });
  const busy = h('div', { class: 'busy-line', hidden: true }, bar);
  const status = h('div', { class: 'visually-hidden', role: 'status' });
  fill(main, busy, content, status);
  const announce = (text: string): void => {
    const shown = visible(text);
    if (status.textContent !== shown) status.textContent = shown;
  };
  return {
    content,
    announce,
    setBusy: (message, t) => {
      busy.hidden = message === null;
      bar.setAttribute('aria-label', message ?? t('Working'));
      content.setAttribute('aria-busy', String(message !== null));
      announce(message ?? '');
    },
  };
}

function setTitle(title: string, detail: string): void {
  document.title = visible(detail === '' ? title : `${detail} – ${title}`);
}

function restoreScroll(scrollY: number): void {
  // The first layout has to be done before there is anything to scroll.
  if (scrollY > 0) requestAnimationFrame(() => window.scrollTo(0, scrollY));
}

function rememberScroll(save: (scrollY: number) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  window.addEventListener('scroll', () => {
    clearTimeout(timer);
    timer = setTimeout(() => save(window.scrollY), 200);
  });
}
