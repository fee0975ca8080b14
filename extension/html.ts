/** What a page needs from its surroundings. Addresses are webview addresses of files below dist/webview. */
export interface PageParts {
  readonly title: string;
  readonly language: string;
  /** `webview.cspSource`. */
  readonly cspSource: string;
  /** At least 16 random bytes as text, new for every page. */
  readonly nonce: string;
  readonly script: string;
  readonly style: string;
  readonly icons: string;
}

/**
 * The document of one page: an empty `<main id="app">` that its script fills. The policy allows nothing but our own files, scripts
 * only by nonce, and no inline style. The first script reports every violation to the host, and lets the page and itself
 * share the one handle that acquireVsCodeApi gives out.
 */
export function pageHtml(parts: PageParts): string {
  const source = parts.cspSource;
  const policy = `default-src 'none'; img-src ${source}; font-src ${source}; style-src ${source}; script-src 'nonce-${parts.nonce}'`;
  return `<!DOCTYPE html>
<html lang="${attribute(parts.language)}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<title>${attribute(parts.title)}</title>
<script nonce="${attribute(parts.nonce)}">${violationReporter}</script>
<link rel="stylesheet" id="vscode-codicon-stylesheet" href="${attribute(parts.icons)}">
<link rel="stylesheet" href="${attribute(parts.style)}">
</head>
<body>
<main id="app"></main>
<script nonce="${attribute(parts.nonce)}" src="${attribute(parts.script)}"></script>
</body>
</html>`;
}

/** Runs before everything else in the page. Plain script text, constant: nothing of the user's files gets in here. */
const violationReporter = `(() => {
  const acquire = globalThis.acquireVsCodeApi;
  let api;
  const shared = () => (api ??= acquire());
  globalThis.acquireVsCodeApi = shared;
  document.addEventListener('securitypolicyviolation', (event) => {
    shared().postMessage({ kind: 'csp-violation', directive: event.effectiveDirective, blocked: String(event.blockedURI).slice(0, 500) });
  });
})();`;

function attribute(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
