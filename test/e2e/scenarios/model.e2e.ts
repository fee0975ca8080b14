import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { encodeModel, readModel } from '../../../solver-core/onnx/index.ts';
import { hasShared, shared } from '../../shared.ts';
import { isOffered, openFile, runAndPick, runCommand } from '../driver/quick-input.ts';
import { cspScenario, scenario } from '../driver/scenario.ts';
import { openSession } from '../driver/session.ts';
import type { Session } from '../driver/session.ts';
import { until } from '../driver/wait.ts';
import { accessibilityFindings, cspViolations, textOf, webviews } from '../driver/webviews.ts';
import { copyExample } from '../driver/workspace.ts';

const example = copyExample('digits');

/** Files that no reader can make sense of, and what the page has to say of each. */
const DAMAGED: Readonly<Record<string, RegExp>> = {
  w_trunc_7: /byte|ends|cut|truncated|malformed/i,
  w_trunc_78: /byte|ends|cut|truncated|malformed/i,
  f_lfs_pointer: /Git LFS/,
  t_dims_2e62: /elements|bytes|dims|size|limit/i,
  g_cycle: /cycle/i,
};
let session: Session;
const current = (): Session => session;

beforeAll(async () => {
  writeFileSync(path.join(example.folder, 'names.onnx'), hostileNames());
  if (hasShared) {
    for (const name of ['g_xss', ...Object.keys(DAMAGED)])
      cpSync(shared(`material/hostile/${name}.onnx`), path.join(example.folder, `${name}.onnx`));
  }
  session = await openSession({ folder: example.folder });
});

afterAll(async () => {
  await session?.close();
  example.remove();
});

/** Opens a file in the model editor by the menu that VS Code offers for optional editors; gives the frame once it has text. */
async function openModel(page: Page, name: string, pattern: RegExp): Promise<{ frame: ReturnType<typeof webviews>[number]; text: string }> {
  // VS Code looks for other editors of a file when it opens it: too early for those of an extension that is just starting.
  await until(
    'the menu of editors',
    async () => {
      await runCommand(page, 'View: Close All Editors');
      await until('the old pages to be gone', () => webviews(page).length === 0);
      await openFile(page, name);
      return await isOffered(page, 'View: Reopen Editor With...');
    },
    { timeoutMs: 60_000 },
  );
  await runAndPick(page, 'View: Reopen Editor With...', 'Tierwise Model');
  return await until(
    `the model editor to show ${String(pattern)} for ${name}`,
    async () => {
      for (const frame of webviews(page)) {
        const text = await textOf(frame);
        if (pattern.test(text)) return { frame, text };
      }
      return undefined;
    },
    { seen: async () => JSON.stringify(await Promise.all(webviews(page).map(async (frame) => (await textOf(frame)).slice(0, 800)))) },
  );
}

scenario('a model opens as a table of layers', current, async ({ page }) => {
  const { frame, text } = await openModel(page, 'digits.onnx', /fc1\/Gemm/);
  expect(text).toMatch(/Gemm/);
  expect(text).toMatch(/MACs/);
  expect(await frame.locator('table tbody tr, table tr:has(td)').count()).toBeGreaterThanOrEqual(3);
  expect(await accessibilityFindings(frame)).toEqual([]);
  expect(await cspViolations(frame)).toEqual([]);
});

/** The example's model with a name for its first layer that a careless page would run. */
function hostileNames(): Uint8Array {
  const model = readModel(readFileSync(path.join(example.folder, 'digits.onnx'))).value;
  if (model?.proto.graph === undefined) throw new Error('the example does not open');
  const [first, ...others] = model.proto.graph.node;
  if (first === undefined) throw new Error('the example has no nodes');
  const node = [{ ...first, name: '<img src=x onerror=alert(1)>\u202Egpj\u001B[31m' }, ...others];
  return encodeModel({ ...model, proto: { ...model.proto, graph: { ...model.proto.graph, node } } });
}

async function staysInert(page: Page, file: string, pattern: RegExp): Promise<string> {
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const { frame, text } = await openModel(page, file, pattern);
  expect(await frame.locator('body img, body iframe, body svg[onload], body script:not([nonce])').count()).toBe(0);
  expect(await frame.locator('a[href^="command:"], a[href^="javascript:"]').count()).toBe(0);
  expect(dialogs).toEqual([]);
  expect(await accessibilityFindings(frame)).toEqual([]);
  expect(await cspViolations(frame)).toEqual([]);
  return text;
}

scenario('markup in the name of a layer stays text', current, async ({ page }) => {
  const text = await staysInert(page, 'names.onnx', /onerror=alert\(1\)/);
  expect(text).toContain('<img src=x onerror=alert(1)>');
  expect(text).not.toMatch(/[\u202E\u001B]/);
});

if (hasShared) {
  scenario('the hostile model opens, and its texts stay text', current, async ({ page }) => {
    const text = await staysInert(page, 'g_xss.onnx', /gpj\.exe/);
    expect(text).not.toMatch(/[\u202E\u001B\u0007]/);
  });

  for (const [name, reason] of Object.entries(DAMAGED)) {
    scenario(`the damaged model ${name} gives a reason, and the editor goes on`, current, async ({ page }) => {
      const { frame, text } = await openModel(page, `${name}.onnx`, reason);
      expect(text).toMatch(reason);
      expect(await accessibilityFindings(frame)).toEqual([]);
      expect(await cspViolations(frame)).toEqual([]);
    });
  }
}

cspScenario(current);
