// hdl/SIZES.md from the records of .ci/build-boards.mjs.

/** What counts as which resource, by family; anything else of a netlist is not shown. */
const resources = {
  ice40: { LUT: /^SB_LUT4$/, FF: /^SB_DFF/, carry: /^SB_CARRY$/, DSP: /^SB_MAC16$/, BRAM: /^SB_RAM40/, SPRAM: /^SB_SPRAM/ },
  ecp5: { LUT: /^LUT4$/, FF: /^TRELLIS_FF$/, carry: /^CCU2C$/, DSP: /^MULT18X18D$/, BRAM: /^DP16KD$/, LUTRAM: /^TRELLIS_DPR/ },
  xc7: { LUT: /^LUT[1-6]$/, FF: /^FD[RSCP]E/, carry: /^CARRY4$/, DSP: /^DSP48E1$/, BRAM: /^RAMB(18|36)E1$/, LUTRAM: /^RAM(32|64|128)/ },
};

/** Cells by resource: { LUT: 2061, ... }; a RAMB36 counts as two of 18 kbit. */
export function countResources(family, cells) {
  const weigh = (type) => (type === 'RAMB36E1' ? 2 : 1);
  return Object.fromEntries(
    Object.entries(resources[family]).map(([name, pattern]) => [
      name,
      Object.entries(cells).reduce((sum, [type, n]) => sum + (pattern.test(type) ? n * weigh(type) : 0), 0),
    ]),
  );
}

const megahertz = (hz) => (hz / 1e6).toFixed(2);
const used = (placed, kind) => (placed.use[kind] ? `${placed.use[kind].used}/${placed.use[kind].available}` : '0');

function synthesisRow(id, board, kind, record) {
  const counts = countResources(board.family, record.cells);
  const parameters = Object.values(record.parameters).join(' ');
  const cells = Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([name, n]) => `${n} ${name}`)
    .join(', ');
  return `| ${id} | ${kind} | ${board.part} | ${parameters} | ${cells} | ${record.sourceSha256.slice(0, 12)} |`;
}

function placedRow(id, board, kind, record) {
  const { placed } = record;
  if (placed.failed) return `| ${id} | ${kind} | does not fit or route: ${placed.failed} | | | | | |`;
  const rates = `${megahertz(placed.fmaxMinHz)} / ${megahertz(placed.fmaxMedianHz)} MHz (${placed.seeds === 1 ? '1 seed' : `${placed.seeds} seeds`})`;
  const cells = [used(placed, 'ICESTORM_LC'), used(placed, 'ICESTORM_RAM'), used(placed, 'ICESTORM_DSP'), used(placed, 'ICESTORM_SPRAM')];
  return `| ${id} | ${kind} | ${rates} | ${cells.join(' | ')} | ${placed.bitstreamBytes ?? ''} |`;
}

/** The text of hdl/SIZES.md: rows in the order of the boards, designs that were never built are left out. */
export function renderSizes(boards, records) {
  const rows = Object.entries(boards).flatMap(([id, board]) =>
    ['engine', 'board'].filter((kind) => records[id]?.[kind]).map((kind) => ({ id, board, kind, record: records[id][kind] })),
  );
  const tools = new Map(rows.flatMap(({ record }) => Object.entries(record.tools)));
  const names = Object.keys(rows[0]?.record.parameters ?? {}).join(' ');
  return [
    '# Sizes and clock rates',
    '',
    'Written by `npm run build:boards` from `hdl/boards/sizes.json`; do not edit. `node .ci/build-boards.mjs --check` tells which rows are older than',
    'their sources: a row belongs to the sources with the hash beside it. No board has run any of this.',
    '',
    `Tools: ${[...tools].map(([name, version]) => `${name} ${version}`).join(', ')}.`,
    '`engine` is the engine alone behind a shift register (`hdl/boards/probe`, about 300 flip-flops more), `board` the whole top with its link.',
    '',
    '## After synthesis',
    '',
    `Cells of the netlist; a block RAM of Xilinx is 18 kbit. Parameters: ${names}.`,
    '',
    '| board | design | part | parameters | cells | sources |',
    '|---|---|---|---|---|---|',
    ...rows.map(({ id, board, kind, record }) => synthesisRow(id, board, kind, record)),
    '',
    '## After place-and-route',
    '',
    'Only iCE40 can be placed and routed with packages from npm. For ECP5 and Xilinx there is no clock rate: none is claimed.',
    "Rates are the tool's timing analysis: minimum and median over the seeds. The bitstream is that of the best seed.",
    '',
    '| board | design | clock rate | logic cells | block RAM | DSP | SPRAM | bitstream, bytes |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.filter(({ record }) => record.placed).map(({ id, board, kind, record }) => placedRow(id, board, kind, record)),
    '',
  ].join('\n');
}
