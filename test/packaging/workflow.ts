/** A step of the example workflow: what it is called and the script it runs; `uses` for an action. */
export interface Step {
  readonly name: string;
  readonly run: string | null;
  readonly uses: string | null;
}

/**
 * The steps of a workflow, read line by line: of YAML only what the example uses is understood, which is one job whose steps are a list
 * of maps at an indentation of six, with `run:` as one line or as a literal block.
 * @throws {Error} when a line of the steps is none of that, so that nothing is left out silently
 */
export function stepsOf(text: string): readonly Step[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^ {4}steps:$/.test(line)) + 1;
  if (start === 0) throw new Error('no steps');
  const steps: { name: string; run: string | null; uses: string | null }[] = [];
  for (let i = start; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, dash, key = '', value = ''] = /^ {6}(- | {2})(\w+): ?(.*)$/.exec(line) ?? [];
    if (dash === undefined) {
      if (/^ {10,}\S/.test(line)) continue;
      throw new Error(`line ${i + 1} is not understood: ${line}`);
    }
    if (dash === '- ') steps.push({ name: '', run: null, uses: null });
    const step = steps.at(-1);
    if (step === undefined) throw new Error(`line ${i + 1} is in no step`);
    if (key === 'name') step.name = value;
    if (key === 'uses') step.uses = value;
    if (key !== 'run') continue;
    if (value !== '|') step.run = value;
    else {
      const block: string[] = [];
      while (i + 1 < lines.length && /^( {10}.*)?$/.test(lines[i + 1] ?? '')) block.push((lines[(i += 1)] ?? '').slice(10));
      step.run = `${block.join('\n').trimEnd()}\n`;
    }
  }
  return steps;
}
