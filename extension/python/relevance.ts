/** Longest Python text that is analysed, in characters; longer files are data or generated. */
export const maxPythonCharacters = 1_000_000;

const mark = /\b(?:torch|keras)\b|#[ \t]*tier[ \t]*:/;

/** Whether Python source may build layers: it speaks of torch or keras, or it holds a `# tier:` comment. Cheap: one search in the text. */
export function mayBuildLayers(text: string): boolean {
  return text.length <= maxPythonCharacters && mark.test(text);
}

/** Whether a line may hold an annotation or the begin of one; for providers that are asked at every blank. */
export function mayAnnotate(line: string): boolean {
  return line.includes('#');
}
