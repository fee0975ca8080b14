import { describe, expect, it } from 'vitest';
import { parseTask, taskName, taskWords } from '../../extension/task-plan.ts';

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
