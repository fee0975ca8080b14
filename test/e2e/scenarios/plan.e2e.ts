import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { statusBar, waitForProblem, problems } from '../driver/panels.ts';
import { JOULES, namedLayers } from '../driver/plan-text.ts';
import { descendants, mappedFiles } from '../driver/processes.ts';
import { openFile } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { extensionHostPid, solverPid } from '../driver/solver.ts';
import { applyQuickFix, codeLenses, hoverHint, replaceWord, save, tokenClasses, waitForHints, waitForLine } from '../driver/text-editor.ts';
import { until } from '../driver/wait.ts';
import { copyExample } from '../driver/workspace.ts';

const example = copyExample('digits');
const layers = namedLayers(path.join(example.folder, 'digits.tiers'));
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  session = await openSession({ folder: example.folder });
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

scenario('a plan opens highlighted', current, async ({ page }) => {
  await openFile(page, 'digits.tiers');
  // Keywords, strings, numbers, comments and plain text: five colours in every theme, four where two coincide.
  const classes = await until('the plan to be coloured', async () => {
    const seen = await tokenClasses(page);
    return seen.size >= 4 ? seen : undefined;
  });
  expect(classes.size).toBeGreaterThanOrEqual(4);
});

scenario('joules stand behind every line of layers', current, async ({ page }) => {
  const hints = await waitForHints(
    page,
    'joules behind the two lines of layers',
    (all) => all.filter((hint) => JOULES.test(hint)).length >= 2,
  );
  expect(hints.join(' ')).toMatch(/solve .*J/);
  expect(hints.join(' ')).toMatch(/update .*J/);
});

scenario('the hover of a hint says where the number comes from', current, async ({ page }) => {
  const text = await hoverHint(page, JOULES);
  expect(text).toMatch(/measured|simulated|modelled|assumed/);
  expect(text).toMatch(JOULES);
});

scenario('the lower tier offers to be fitted', current, async ({ page }) => {
  const lenses = await until('the CodeLens', async () => {
    const all = await codeLenses(page);
    return all.length > 0 ? all : undefined;
  });
  expect(lenses).toContain('Fit lower tier');
});

scenario('the status bar shows energy per inference', current, async ({ page }) => {
  const item = await until('joules in the status bar', async () => (await statusBar(page)).find((one) => JOULES.test(one)), {
    seen: async () => JSON.stringify(await statusBar(page)),
  });
  expect(item).toMatch(JOULES);
});

scenario('an unknown layer becomes a problem with a code, and the quick fix repairs it', current, async ({ page }) => {
  const known = layers[0] ?? '';
  const unknown = known.replace('fc1', 'fc1x');
  expect(unknown).not.toBe(known);
  await replaceWord(page, `"${known}"`, `"${unknown}"`);
  const problem = await waitForProblem(page, /unknown-layer/);
  expect(problem).toContain(unknown);
  expect(problem).toContain('tierwise');
  await applyQuickFix(page, 'error', /Change to/);
  await waitForLine(page, new RegExp(`layers "${known.replaceAll('/', '\\/')}"`));
  await until('the problem to go away', async () => !(await problems(page)).some((row) => row.includes('unknown-layer')), {
    seen: async () => JSON.stringify(await problems(page)),
  });
  await save(page);
});

scenario('numbers are crunched in a process of their own, never in the extension host', current, async (now) => {
  const host = await extensionHostPid(now);
  expect(await solverPid(now)).not.toBe(host);
  expect(mappedFiles(host).filter((file) => /onnxruntime|serialport/.test(file))).toEqual([]);
});

cspScenario(current);

test('when the workbench closes, the solver and the language server end by themselves', async () => {
  const ours = (): readonly string[] =>
    descendants(1)
      .filter((one) => one.command.includes(session.workbench.extensionsDir))
      .map((one) => one.command);
  expect(ours().join('\n')).toContain('dist/solver.cjs');
  await session.browser.close();
  process.kill(session.workbench.pid, 'SIGTERM');
  await until('all processes of the extension to end', () => ours().length === 0, { seen: () => ours().join('\n') });
  expect(ours()).toEqual([]);
});
