/** Ids of targets: what a plan can name between quotes. */
export const targetIdPattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/**
 * A target file as the start of the user's own: `text` with another id and name; everything else stays as
 * it is, so that the file can be compared with the one it came from.
 */
export function targetFromTemplate(text: string, id: string, name: string): string {
  return replaceFirst(replaceFirst(text, 'id', id), 'name', name);
}

/** Replaces the value of the first top-level-looking text property; files that ship begin with schema, id and name. */
function replaceFirst(text: string, key: string, value: string): string {
  return text.replace(new RegExp(`("${key}"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`), (_, head: string) => head + JSON.stringify(value));
}
