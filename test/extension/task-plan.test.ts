import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkText } from '../../solver-core/report/check-text.ts';
import { check } from './fixtures.ts';
import { parseTask, planOfTask, taskName, taskWords } from '../../extension/task-plan.ts';

describe('tasks', () => {
  it('run the command with each word on its own, spaces and all', () => {
    const task = parseTask({ type: 'tierwise', task: 'energy', plan: 'my plans/digits.tiers', args: ['--target', 'up5k'] });
    if (!task) throw new Error('the task was refused');
    expect(taskWords(task, '/ext/dist/cli.cjs')).toEqual(['/ext/dist/cli.cjs', 'energy', 'my plans/digits.tiers', '--target', 'up5k']);
    expect(taskName(task)).toBe('energy my plans/digits.tiers');
  });

  it('never take a file for an option', () => {
    expect(taskWords({ task: 'check', plan: '--json', args: [] }, 'cli')).toEqual(['cli', 'check', './--json']);
  });

  it.each([
    ['/project', '/project/a b/#1 100%.tiers', 'a b/#1 100%.tiers'],
    ['/project', `/project/"quoted" it's.tiers`, `"quoted" it's.tiers`],
    ['/c:/my plans', '/c:/my plans/sub/digits.tiers', 'sub/digits.tiers'],
    ['/', '/digits.tiers', 'digits.tiers'],
    ['/project', '/project/--json.tiers', '--json.tiers'],
    ['/project', '/projects/digits.tiers', undefined],
    // VS Code would put something else there.
    ['/project', '/project/${env:HOME}.tiers', undefined],
  ])('in %s name %s as it is', (folder, plan, expected) => {
    expect(planOfTask(folder, plan)).toBe(expected);
  });

  it('refuse what is no task', () => {
    const refused = [
      {},
      { task: 'rm', plan: 'a.tiers' },
      { task: 'check' },
      { task: 'check', plan: '' },
      { task: 'check', plan: 'a', args: 'x' },
      { task: 'check', plan: 'a', args: [1] },
    ];
    expect(refused.map((definition) => parseTask(definition))).toEqual(refused.map(() => undefined));
  });
});

describe('problem matcher of tasks', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly contributes: { readonly problemMatchers: readonly { readonly pattern: { readonly regexp: string } }[] };
  };
  const [pattern, filePattern] = manifest.contributes.problemMatchers.map((matcher) => new RegExp(matcher.pattern.regexp));

  it('takes findings out of the whole output, budgets and Windows paths with spaces among them, and nothing else', () => {
    const place = 'C:\\my plans\\digits.tiers';
    const range = { line: 9, column: 1, endLine: 9, endColumn: 30 };
    const diagnostics = check.diagnostics.map((d) => ({ ...d, where: { path: place, ...(d.where.range ? { range } : {}) } }));
    const found = (by: RegExp | undefined): unknown =>
      checkText({ ...check, plan: place, diagnostics })
        .split('\n')
        .map((line) => by?.exec(line)?.slice(1))
        .filter((match) => match !== undefined);
    expect(found(filePattern)).toEqual([[place, 'warning', 'data-missing', 'No data.']]);
    expect(found(pattern)).toEqual([[place, '9', '1', 'error', 'budget-exceeded', 'Inference needs 610 nJ, the budget is 100 nJ.']]);
  });
});
