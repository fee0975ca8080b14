import type { PageContext } from '../context.ts';
import { h, hiddenText, icon } from '../dom.ts';
import type { Translate } from '../strings.ts';
import './problems.css';

/** A finding as pages show it; `where` may be empty. */
export interface Problem {
  readonly severity: 'error' | 'warning' | 'info';
  readonly code: string;
  readonly message: string;
  readonly where?: string;
}

/** More findings than this are counted, not listed. */
const maxProblems = 200;

/** Findings, errors first, each with its sign, word, text, place and code. */
export function problemList(problems: readonly Problem[], context: PageContext): HTMLElement {
  const { t } = context;
  const order = ['error', 'warning', 'info'];
  const sorted = problems.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  const hidden = sorted.length - maxProblems;
  return h(
    'ul',
    { class: 'plain-list problems' },
    ...sorted
      .slice(0, maxProblems)
      .map((problem) =>
        h(
          'li',
          {},
          icon(problem.severity, `severity-${problem.severity}`),
          h(
            'div',
            { class: 'problem-text' },
            hiddenText(`${severityWord(t, problem.severity)}: `),
            h('span', { lang: 'en' }, problem.message),
            ' ',
            h('span', { class: 'muted' }, [problem.where ?? '', problem.code].filter((part) => part !== '').join(' · ')),
          ),
        ),
      ),
    hidden > 0 && h('li', { class: 'muted' }, t('{0} more', hidden)),
  );
}

/** The section of a page that lists its findings under their count. */
export function problemsSection(problems: readonly Problem[], context: PageContext): HTMLElement {
  const { t } = context;
  return h(
    'section',
    { class: 'section', 'aria-labelledby': 'problems-heading' },
    h(
      'h2',
      { id: 'problems-heading', class: 'heading-row' },
      t('Problems'),
      h('span', { class: 'muted heading-count' }, problemCount(problems, t)),
    ),
    problemList(problems, context),
  );
}

/** "2 errors, 1 warning" */
export function problemCount(problems: readonly Problem[], t: Translate): string {
  const count = (severity: Problem['severity']): number => problems.filter((problem) => problem.severity === severity).length;
  const [errors, warnings, infos] = [count('error'), count('warning'), count('info')];
  const parts = [
    errors > 0 && (errors === 1 ? t('1 error') : t('{0} errors', errors)),
    warnings > 0 && (warnings === 1 ? t('1 warning') : t('{0} warnings', warnings)),
    infos > 0 && (infos === 1 ? t('1 note') : t('{0} notes', infos)),
  ];
  return parts.filter((part) => part !== false).join(', ');
}

function severityWord(t: Translate, severity: Problem['severity']): string {
  return { error: t('Error'), warning: t('Warning'), info: t('Note') }[severity];
}
