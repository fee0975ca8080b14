/** Characters that JSON may carry as they are but that a terminal would obey or hide: C1 controls, direction marks, invisible ones. */
const unsafe = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/** A document as one line of JSON for stdout. Names from the user's files can hold anything, so what is unsafe to show is escaped. */
export function jsonLine(document: unknown): string {
  return `${escapeJson(JSON.stringify(document))}\n`;
}

/** JSON text with unsafe characters as escape sequences; parses to the same value. */
export function escapeJson(text: string): string {
  return text.replace(unsafe, (found) =>
    Array.from({ length: found.length }, (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}
