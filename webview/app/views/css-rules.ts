/** A style sheet of one view, for sizes that only a script knows: the pages' policy forbids style attributes in markup. */
export interface Rules {
  /** Replaces all rules; the text is made of our own numbers and class names alone. */
  readonly set: (css: string) => void;
}

export function createRules(): Rules {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  let shown = '';
  return {
    set: (css) => {
      if (css === shown) return;
      shown = css;
      sheet.replaceSync(css);
    },
  };
}
