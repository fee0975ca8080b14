import { expect, test } from 'vitest';
import { startHarness } from '/work/main/test/webview/harness.ts';
import { messages, manyLayers, model } from '/work/main/test/webview/canned.ts';
import { weights, comparedWeights, compare } from '/work/main/test/webview/canned-weights.ts';
test('shot', async () => {
  const harness = await startHarness();
  for (const theme of ['dark', 'light', 'high-contrast'] as const) {
    const open = await harness.open({ page: 'model', theme, widthPx: 1300, heightPx: 1100, messages: [messages.model] });
    await open.page.click('.row-toggle');
    await open.send({ kind: 'layer-weights', id: '/fc1/Gemm', weights, failed: null });
    await open.send({ kind: 'layer-source', id: '/fc1/Gemm', hasSource: true });
    await open.page.screenshot({ path: `/tmp/d-${theme}.png`, fullPage: true });
    await open.send({ kind: 'model-compare', compare });
    await open.send({ kind: 'layer-weights', id: '/fc1/Gemm', weights: comparedWeights, failed: null });
    await open.page.screenshot({ path: `/tmp/d-${theme}-compare.png`, fullPage: true });
    console.log(await open.violations(), (await open.posted()).filter((m) => m.kind !== 'ready'));
    await open.close();
  }
  const open = await harness.open({ page: 'model', messages: [{ kind: 'model', strings: {}, view: { ...model, layers: manyLayers(10000) } }] });
  const rows = () => open.page.evaluate(() => [document.querySelectorAll('tbody tr').length, document.querySelector('tbody')!.getBoundingClientRect().height, scrollY, document.querySelector('tbody tr:not(.row-room) th')!.textContent]);
  console.log(await rows());
  for (let i = 0; i < 10; i++) { await open.page.mouse.wheel(0, 3000); await open.page.waitForTimeout(60); }
  console.log(await rows());
  await open.page.screenshot({ path: `/tmp/d-many.png` });
  await open.page.keyboard.press('Control+f');
  await open.page.keyboard.type('layers.7777');
  await open.page.waitForTimeout(200);
  console.log(await rows(), await open.page.textContent('.find-count'));
  await open.page.screenshot({ path: `/tmp/d-find.png` });
  await open.send({ kind: 'focus-layer', id: '/encoder/layers.9999/attention/MatMul' });
  console.log(await rows(), await open.page.evaluate(() => document.activeElement?.textContent));
  await open.page.keyboard.press('Home');
  console.log(await rows(), await open.page.evaluate(() => document.activeElement?.textContent));
  await open.page.keyboard.press('PageDown');
  console.log(await rows(), await open.page.evaluate(() => document.activeElement?.textContent));
  console.log((await open.posted()).filter((m) => m.kind !== 'ready'));
  await harness.close();
}, 60000);
