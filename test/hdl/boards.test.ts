import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderSizes } from '../../.ci/board-sizes.mjs';
import type { SizeRecords } from '../../.ci/board-sizes.mjs';
import { designSources, readBoards } from '../../.ci/board-sources.mjs';
import { projectRoot } from '../shared.ts';

const text = (path: string): Promise<string> => readFile(join(projectRoot, path), 'utf8');
const boards = await readBoards();

test('there is a folder of facts for each board', () => {
  expect(Object.keys(boards)).toEqual(['arty-a7', 'icebreaker', 'ulx3s']);
});

describe.each(Object.entries(boards))('%s', (id, board) => {
  test('its top has the parameters, the clock and the baud rate of its facts', async () => {
    const top = await text(`hdl/boards/${id}/top.sv`);
    const defaults = [...top.matchAll(/parameter int (\w+) = (\d+)/g)].map((m) => [m[1], Number(m[2])]);
    expect(Object.fromEntries(defaults)).toEqual(board.parameters);
    expect(top).toContain(`.CLOCK_HZ(${board.clockHz}), .BAUD(${board.baud}),`);
  });

  test('its constraints place every port of its top and no other', async () => {
    const top = await text(`hdl/boards/${id}/top.sv`);
    const header = top.slice(top.indexOf(') ('), top.indexOf(');'));
    const ports = [...header.matchAll(/(\w+_(?:n_)?[io])\b/g)].map((m) => m[1]).sort();
    const constraints = await text(`hdl/boards/${id}/${board.constraints ?? board.place?.constraints}`);
    const placed = [...constraints.matchAll(/^set_io (\w+)|^LOCATE COMP "(\w+)"|PACKAGE_PIN.*get_ports \{ (\w+) \}/gm)];
    expect(placed.map((m) => m[1] ?? m[2] ?? m[3]).sort()).toEqual(ports);
  });

  test('its facts say that nothing ran on hardware, and where its pins come from', () => {
    expect(board.status['board']).toBe('not run on hardware');
    expect(board.pinsFrom).toMatch(/^https:\/\/github\.com\/.* commit [0-9a-f]{40}$/);
    expect(board.usb.vid + board.usb.pid).toMatch(/^[0-9a-f]{8}$/);
  });

  test('its words fit the multipliers of its family, whose cell it takes', async () => {
    expect(board.parameters.DW).toBeLessThanOrEqual(board.family === 'ice40' ? 16 : 18);
    const paths = (await designSources('hdl/boards/probe/engine_probe.sv', board.family)).map(({ path }) => path);
    expect(paths.filter((path) => path.endsWith('/mac_dsp.sv'))).toEqual([`hdl/rtl/tech/${board.family}/mac_dsp.sv`]);
    expect(paths.at(-2)).toBe('hdl/rtl/tierwise_engine.sv');
  });
});

// Whether the rows are current is not asked here, or every change of the RTL would need place-and-route first:
// `node .ci/build-boards.mjs --check` tells.
test('hdl/SIZES.md is what the records say, and every row names its sources and tools', async () => {
  const records = JSON.parse(await text('hdl/boards/sizes.json')) as SizeRecords;
  const table = await text('hdl/SIZES.md');
  expect(table).toBe(renderSizes(boards, records));
  for (const [id, designs] of Object.entries(records)) {
    for (const [kind, record] of Object.entries(designs)) {
      expect(record.sourceSha256, `${id} ${kind}`).toMatch(/^[0-9a-f]{64}$/);
      expect(table).toContain(`| ${record.sourceSha256.slice(0, 12)} |`);
      for (const [tool, version] of Object.entries(record.tools)) expect(table).toContain(`${tool} ${version}`);
    }
  }
});
