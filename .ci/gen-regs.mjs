// Generates constants for RTL (packages), TypeScript and documentation from the register and message maps in hdl/regs/.
// The results are committed; a test regenerates and compares them.
//
// A map is a JSON object; `note`, `title`, `intro` and `texts` (comment per key) are prose, every other key is one of
//   number, or string with a number in it    a constant; any other string is a constant of TypeScript alone
//   [{ name, value }]                         an enumeration; values 0, 1, 2 .. become a list of names in TypeScript
//   [{ name, sizeBytes, offset? }]            a little-endian layout; offsets follow each other where they are not given
//   [{ name, access, offset, fields? }]       registers; fields: { name, bit, width }
//   [{ name, kind, offset, sizeBytes, fields? }]  arguments of a kernel
//   [{ name, type, direction, fields }]       messages: a type and a layout each
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const prose = new Set(['note', 'title', 'intro', 'texts', 'name']);
const width = 140;

/** The maps and where their TypeScript goes. */
const maps = [
  { name: 'link', typescript: 'solver-core/backends/serial/generated/link.ts' },
  { name: 'kernel', typescript: 'solver-core/backends/xrt/generated/kernel.ts' },
];

const upper = (name) =>
  name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();
const pascal = (name) => name.replace(/(^|[-_])([a-z0-9])/g, (_, _gap, c) => c.toUpperCase());
const singular = (key) => (/[^su]s$/.test(key) ? key.slice(0, -1) : key);
const hex = (value, digits) => `0x${value.toString(16).padStart(digits, '0')}`;
const quoted = (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`);

/** What a key of a map is. */
function kindOf(value) {
  if (!Array.isArray(value)) return typeof value === 'number' || /^0x[0-9a-f]+$/.test(value) ? 'number' : 'string';
  const first = value[0];
  if ('value' in first) return 'enumeration';
  if ('type' in first) return 'messages';
  if ('access' in first) return 'registers';
  if ('kind' in first) return 'arguments';
  if ('sizeBytes' in first) return 'layout';
  throw new Error(`no known kind of entry: ${JSON.stringify(first)}`);
}

/** Fields of a layout with their offsets, and its size. */
function placed(fields) {
  let end = 0;
  const result = fields.map((f) => {
    const offset = f.offset ?? end;
    if (offset < end) throw new Error(`field ${f.name} lies on the one before it`);
    end = offset + f.sizeBytes;
    return { ...f, offset };
  });
  return { fields: result, sizeBytes: end };
}

/** Whether a key only repeats a layout's size, `statusBytes` of `status`; it must then be right. */
function isSizeOfLayout(map, key, value) {
  const layout = key.endsWith('Bytes') ? map[key.slice(0, -5)] : undefined;
  if (layout === undefined) return false;
  if (placed(layout).sizeBytes !== value) throw new Error(`${key} is ${value}, the layout has ${placed(layout).sizeBytes} bytes`);
  return true;
}

function entries(map) {
  return Object.entries(map)
    .filter(([key, value]) => !prose.has(key) && !isSizeOfLayout(map, key, value))
    .map(([key, value]) => ({ key, value, kind: kindOf(value), text: map.texts?.[key] }));
}

// ---- SystemVerilog

function svBits(value, bits) {
  return `${bits}'h${value.toString(16).padStart(Math.ceil(bits / 4), '0')}`;
}

function svEntry({ key, value, kind, text }) {
  const name = upper(singular(key));
  const int = (suffix, n) => `  localparam int ${name}${suffix} = ${n};`;
  const layout = (prefix, fields) => {
    const at = placed(fields);
    return [
      `  localparam int ${prefix}_BYTES = ${at.sizeBytes};`,
      ...at.fields.map((f) => `  localparam int ${prefix}_${upper(f.name)}_AT = ${f.offset};`),
    ];
  };
  const bitFields = (item) =>
    (item.fields ?? []).flatMap((f) => [
      int(`_${upper(item.name)}_${upper(f.name)}_LSB`, f.bit),
      int(`_${upper(item.name)}_${upper(f.name)}_WIDTH`, f.width),
    ]);
  const comment = text === undefined ? [] : [`  // ${text}`];
  if (kind === 'string') return [];
  if (kind === 'number') {
    const n = Number(value);
    return [
      ...comment,
      typeof value === 'string' ? `  localparam logic [31:0] ${upper(key)} = ${svBits(n, 32)};` : `  localparam int ${upper(key)} = ${n};`,
    ];
  }
  if (kind === 'enumeration')
    return [...comment, ...value.map((v) => `  localparam logic [7:0] ${name}_${upper(v.name)} = ${svBits(v.value, 8)};`)];
  if (kind === 'layout') return [...comment, ...layout(name, value)];
  if (kind === 'messages')
    return [
      ...comment,
      ...value.map((m) => `  localparam logic [7:0] TYPE_${upper(m.name)} = ${svBits(m.type, 8)};`),
      ...value.flatMap((m) => layout(upper(m.name), m.fields)),
    ];
  return [...comment, ...value.flatMap((v) => [int(`_${upper(v.name)}_AT`, v.offset), ...bitFields(v)])];
}

function systemVerilog(name, map) {
  return [
    '// SPDX-License-Identifier: MIT',
    '`default_nettype none',
    `// Generated from hdl/regs/${name}.json by .ci/gen-regs.mjs; do not edit.`,
    '// _AT are byte offsets, _BYTES sizes in bytes, _LSB and _WIDTH bits of a field.',
    '/* verilator lint_off UNUSEDPARAM */',
    `package ${name}_pkg;`,
    ...entries(map).flatMap(svEntry),
    'endpackage',
    '/* verilator lint_on UNUSEDPARAM */',
    '`resetall',
    '',
  ].join('\n');
}

// ---- TypeScript

/** An object or list literal: on one line when it fits, else one entry per line. */
function literal(indent, head, open, items, close, tail) {
  const one = items.length === 0 ? `${open}${close}` : open === '{' ? `{ ${items.join(', ')} }` : `[${items.join(', ')}]`;
  const line = `${indent}${head}${one}${tail}`;
  if (!line.includes('\n') && line.length <= width) return line;
  return [`${indent}${head}${open}`, ...items.map((item) => `${indent}  ${item},`), `${indent}${close}${tail}`].join('\n');
}

/** Always one entry per line. */
function block(head, items) {
  return [`${head}{`, ...items.map((item) => `  ${item},`), '} as const;'].join('\n');
}

function tsLayout(fields) {
  return placed(fields).fields.map((f) => `${f.name}: [${f.offset}, ${f.sizeBytes}]`);
}

function tsArgument(v, index) {
  const fields = (v.fields ?? []).map((f) => `${f.name}: [${f.bit}, ${f.width}]`);
  const shown = fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  const items = [
    `name: '${v.name}'`,
    `index: ${index}`,
    `offset: ${hex(v.offset, 2)}`,
    `sizeBytes: ${v.sizeBytes}`,
    `kind: '${v.kind}'`,
    `fields: ${shown}`,
  ];
  return literal('  ', '', '{', items, '}', ',').trimStart().slice(0, -1);
}

function tsMessage(m) {
  const { sizeBytes } = placed(m.fields);
  const fields = literal('    ', 'fields: ', '{', tsLayout(m.fields), '}', ',').trimStart().slice(0, -1);
  const line = `${m.name}: { type: ${hex(m.type, 2)}, sizeBytes: ${sizeBytes}, ${fields} }`;
  if (!fields.includes('\n') && line.length + 3 <= width) return `/** ${m.text} */\n  ${line}`;
  return `/** ${m.text} */\n  ${m.name}: {\n    type: ${hex(m.type, 2)},\n    sizeBytes: ${sizeBytes},\n    ${fields},\n  }`;
}

const fallbackTexts = {
  version: 'Version of this map.',
  magic: 'First word of a block.',
  registers: 'Offsets of the control registers, bytes.',
  arguments: 'Arguments in the order of the XRT argument list; fields give the first bit and the width in a scalar.',
  status: 'Fields of a status block, little-endian: [offset, size] in bytes.',
  states: 'Names of the states of a call; the number is the position.',
};

function tsEntry(name, { key, value, kind, text }) {
  const id = `${name}${pascal(key.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase())}`;
  const words = text ?? fallbackTexts[key];
  const comment = words === undefined ? `/** ${pascal(key)} of hdl/regs/${name}.json. */` : `/** ${words} */`;
  const constant = (shown) => `${comment}\nexport const ${id} = ${shown};`;
  if (kind === 'string') return constant(`'${value}'`);
  if (kind === 'number') return constant(String(value));
  if (kind === 'enumeration') {
    if (value.every((v, i) => v.value === i)) {
      return `${comment}\n${literal(
        '',
        `export const ${id} = `,
        '[',
        value.map((v) => `'${v.name}'`),
        ']',
        ' as const;',
      )}`;
    }
    return `${comment}\n${block(
      `export const ${id} = `,
      value.map((v) => `/** ${v.text} */\n  ${quoted(v.name)}: ${v.value}`),
    )}`;
  }
  if (kind === 'layout') {
    return `${comment}\n${block(`export const ${id} = `, tsLayout(value))}\n\n/** Its size, bytes. */\nexport const ${id}Bytes = ${placed(value).sizeBytes};`;
  }
  if (kind === 'registers')
    return `${comment}\n${block(
      `export const ${id} = `,
      value.map((v) => `${v.name}: ${hex(v.offset, 2)}`),
    )}`;
  if (kind === 'messages') return `${comment} \n${block(`export const ${id} = `, value.map(tsMessage))}`.replace(' \n', '\n');
  return [`${comment}`, `export const ${id} = [`, ...value.map((v, i) => `  ${tsArgument(v, i)},`), '] as const;'].join('\n');
}

function typeScript(name, map) {
  const title = `// Generated from hdl/regs/${name}.json by .ci/gen-regs.mjs; do not edit.`;
  const named = map.name === undefined ? [] : [`/** Name. */\nexport const ${name}Name = '${map.name}';`];
  return [title, ...named, ...entries(map).map((e) => tsEntry(name, e))].join('\n\n') + '\n';
}

// ---- documentation

const cell = (text) => (text ?? '').replaceAll('|', '\\|');

function mdFields(fields) {
  return [
    '| offset | bytes | field | meaning |',
    '|---|---|---|---|',
    ...placed(fields).fields.map((f) => `| ${f.offset} | ${f.sizeBytes} | ${f.name} | ${cell(f.text)} |`),
  ];
}

function mdBits(fields) {
  return (fields ?? [])
    .map((f) => `${f.width === 1 ? f.bit : `${f.bit + f.width - 1}:${f.bit}`} ${f.name}${f.text === undefined ? '' : ` (${f.text})`}`)
    .join(', ');
}

function mdEntry({ key, value, kind, text }) {
  const words = text === undefined ? [] : [text, ''];
  const title = [`## ${key.replaceAll('_', ' ')}`, '', ...words];
  if (kind === 'number' || kind === 'string') return [];
  if (kind === 'enumeration')
    return [
      ...title,
      '| value | name | meaning |',
      '|---|---|---|',
      ...value.map((v) => `| ${v.value} | ${v.name} | ${cell(v.text)} |`),
      '',
    ];
  if (kind === 'layout') return [...title, ...mdFields(value), ''];
  if (kind === 'messages') {
    return value.flatMap((m) => [
      `## ${hex(m.type, 2)} ${m.name} (from the ${m.direction})`,
      '',
      m.text,
      '',
      ...(m.fields.length === 0 ? [] : [...mdFields(m.fields), '']),
    ]);
  }
  if (kind === 'registers') {
    return [
      ...title,
      '| offset | access | register | meaning | bits |',
      '|---|---|---|---|---|',
      ...value.map((v) => `| ${hex(v.offset, 2)} | ${v.access} | ${v.name} | ${cell(v.text)} | ${cell(mdBits(v.fields))} |`),
      '',
    ];
  }
  return [
    ...title,
    '| offset | bytes | argument | meaning | bits |',
    '|---|---|---|---|---|',
    ...value.map((v) => `| ${hex(v.offset, 2)} | ${v.sizeBytes} | ${v.name} | ${cell(v.text)} | ${cell(mdBits(v.fields))} |`),
    '',
  ];
}

function markdown(name, map) {
  const constants = entries(map).filter((e) => e.kind === 'number' || e.kind === 'string');
  const lines = [
    `# ${map.title ?? map.name}`,
    '',
    `Generated from \`hdl/regs/${name}.json\` by \`.ci/gen-regs.mjs\`; do not edit.`,
    '',
    ...(map.intro ?? []).flatMap((p) => [p, '']),
    '| constant | value |',
    '|---|---|',
    ...constants.map((e) => `| ${e.key} | ${e.value} |`),
    '',
    ...entries(map).flatMap(mdEntry),
  ];
  return lines.join('\n').replace(/\n+$/, '\n');
}

/**
 * Generated text by path from the project root.
 * @param {string} [from] root of the project
 * @returns {Record<string, string>}
 */
export function generateRegs(from = root) {
  const files = {};
  for (const { name, typescript } of maps) {
    const map = JSON.parse(readFileSync(join(from, 'hdl/regs', `${name}.json`), 'utf8'));
    files[`hdl/sys/generated/${name}_pkg.sv`] = systemVerilog(name, map);
    files[typescript] = typeScript(name, map);
    files[`docs/${name}.md`] = markdown(name, map);
  }
  return files;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(generateRegs())) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`generated ${path}`);
  }
}
