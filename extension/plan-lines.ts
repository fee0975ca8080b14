/**
 * The line (from 0) of a plan's `model` clause where its activations can be made sparse: the plan has a text or data to choose thresholds
 * by. Null where it has not, or has no model. Only where an action stands depends on it: what a plan says is for the language server.
 */
export function sparsifyLine(text: string): number | null {
  const lines = withoutComments(text).split('\n');
  const hasRows = lines.some((line) => /^\s*(?:text|data)\b/.test(line));
  const model = lines.findIndex((line) => /^\s*model\b/.test(line));
  return hasRows && model >= 0 ? model : null;
}

/** Whether a plan has a compound section: without one there is nothing to run on a stream. */
export function hasCompound(text: string): boolean {
  return /^\s*compound\b/m.test(withoutComments(text));
}

/** The text with comments blanked out, line breaks kept. Strings stay, so that a path with two slashes is no comment. */
function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, (part) =>
    part.startsWith('"') ? part : part.replace(/[^\n]/g, ' '),
  );
}
