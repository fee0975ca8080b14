import type { ToHost, ToWebview } from '../messages/index.ts';
import { guardMessage } from './guard.ts';

/** What VS Code gives a page; see the webview guide. Available once per page. */
interface VsCodeApi {
  postMessage(message: ToHost): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The page's side of the conversation with the extension host. */
export interface Host {
  readonly post: (message: ToHost) => void;
  readonly readState: () => unknown;
  readonly writeState: (state: unknown) => void;
  /** Calls `handle` for each message that passes the guard; others are reported to the host as a page error. */
  readonly receive: (handle: (message: ToWebview) => void) => void;
}

/** Connects to VS Code, or to nobody in a plain browser: then messages can still be posted to the window. */
export function connectHost(): Host {
  const api: VsCodeApi =
    typeof acquireVsCodeApi === 'function'
      ? acquireVsCodeApi()
      : { postMessage: () => undefined, getState: () => undefined, setState: () => undefined };
  return {
    post: (message) => api.postMessage(message),
    readState: () => api.getState(),
    writeState: (state) => api.setState(state),
    receive: (handle) => {
      window.addEventListener('message', (event: MessageEvent<unknown>) => {
        const guarded = guardMessage(event.data);
        if (guarded.ok) handle(guarded.message);
        else api.postMessage({ kind: 'page-error', message: `message not understood: ${guarded.problem}` });
      });
    },
  };
}

/** Tells the host about scripts that fail and content the policy blocked; both mean a defect of ours. At most 20 reports per page. */
export function reportDefects(host: Host): void {
  let left = 20;
  const post = (message: ToHost): void => {
    if (left-- > 0) host.post(message);
  };
  document.addEventListener('securitypolicyviolation', (event) => {
    post({ kind: 'csp-violation', directive: event.effectiveDirective, blocked: `${event.blockedURI} ${event.sample}`.trim() });
  });
  window.addEventListener('error', (event) => {
    // Chromium reports a resize loop that settles in the next frame as an error; nothing failed.
    if (!event.message.startsWith('ResizeObserver loop')) post({ kind: 'page-error', message: event.message });
  });
  window.addEventListener('unhandledrejection', (event) => post({ kind: 'page-error', message: String(event.reason) }));
}
