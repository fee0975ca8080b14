import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { LARGE_BYTES, LARGE_LAYER, largeModel } from '../driver/large-model.ts';
import { JOULES } from '../driver/plan-text.ts';
import { forgetPeak, peakBytes, residentBytes } from '../driver/processes.ts';
import { openFile, runAndPick, runCommand } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { extensionHostPid, solverPid } from '../driver/solver.ts';
import { codeLenses, hoverHint, waitForHints } from '../driver/text-editor.ts';
import { until } from '../driver/wait.ts';
import { findWebview, waitForWebviewText } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

/** What the extension host may grow by while the model is opened: pages and messages, by far not the model. */
const MAX_GROWTH_BYTES = 40e6;
const MODEL = /large\.onnx/;

const example = copyExample('digits');
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  writeFileSync(path.join(example.folder, 'large.onnx'), largeModel(path.join(example.folder, 'digits.onnx')));
  session = await openSession({ folder: example.folder });
  await openFile(session.page, 'digits.tiers');
  await waitForHints(session.page, 'joules behind the layers', (hints) => hints.some((hint) => JOULES.test(hint)));
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

async function openInModelEditor(page: Page, name: string): Promise<void> {
  await runAndPick(page, 'Tierwise: Open in Model Editor', name);
}

scenario('a model of 100 MB opens while the extension host goes on with other work, and never enters it', current, async (now) => {
  const { page } = now;
  // The small model first, so that what the editor itself takes is not counted.
  await openInModelEditor(page, 'digits.onnx');
  await waitForWebviewText(page, /digits\.onnx/, /fc3\/Gemm/);
  const host = await extensionHostPid(now);
  const solver = await solverPid(now);
  await runCommand(page, 'View: Close All Editors');
  forgetPeak(host);
  const before = residentBytes(host);

  // Held still, the solver has the model to read for as long as we like: whatever answers now does not wait for it.
  process.kill(solver, 'SIGSTOP');
  try {
    await openInModelEditor(page, 'large.onnx');
    await findWebview(page, /^Model/m);
    await openFile(page, 'digits.tiers');
    await until('the CodeLens', async () => (await codeLenses(page)).includes('Fit lower tier'));
    expect(await hoverHint(page, JOULES)).toMatch(/simulated|modelled/);
    await runCommand(page, 'Tierwise: Open Energy Report');
    await waitForWebviewText(page, /Energy report/i, /fc1\/Gemm/);
  } finally {
    process.kill(solver, 'SIGCONT');
  }

  await openInModelEditor(page, 'large.onnx');
  const text = await waitForWebviewText(page, MODEL, new RegExp(LARGE_LAYER));
  expect(text).toContain('105 MB');
  const growth = peakBytes(host) - before;
  console.info(
    `extension host: ${Math.round(before / 1e6)} MB before, at most ${Math.round(growth / 1e6)} MB more while opening the model`,
  );
  expect(LARGE_BYTES).toBeGreaterThan(100e6);
  expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
});

cspScenario(current);
