// Makes a CXXRTL simulation about twice as fast without changing what it computes. Yosys writes C++ for designs in general; ours have
// one clock, no observer, and memories that are written rarely:
//   - a memory gets a write request only when some bit of it is enabled (the request goes through a queue on the heap),
//   - registers that Yosys makes of address, data and enable of a write and that nobody reads are dropped,
//   - when one evaluation settles the design, registers are copied without asking whether they changed (a branch nobody can predict).

/** Part of manifests: raise it when the rules change. */
export const quickenVersion = 1;

/** Every register that comes from a write port of a memory. */
const writePortRegister = /^\t+(i_\w*memwr\w*__(?:EN|DATA|ADDR))\.next = .*\n/gm;

function guardWrites(cpp) {
  return cpp.replace(/^(\t+)(\w+)\.update\((.+), (\w+), 0\);$/gm, (whole, indent, memory, before, mask) =>
    memory.startsWith('memory_') ? `${indent}if (!${mask}.is_zero()) ${memory}.update(${before}, ${mask}, 0);` : whole,
  );
}

function dropWritePortRegisters(cpp) {
  const names = new Set([...cpp.matchAll(writePortRegister)].map((m) => m[1]));
  const reads = [...cpp.matchAll(/\b(i_\w*memwr\w*__(?:EN|DATA|ADDR))\.curr\b/g)].map((m) => m[1]);
  // A read of the coming value would see a stale one.
  const nextReads = [...cpp.replace(writePortRegister, '').matchAll(/\b(i_\w*memwr\w*__(?:EN|DATA|ADDR))\.next\b/g)].map((m) => m[1]);
  if ([...reads, ...nextReads].some((name) => names.has(name))) return cpp;
  return cpp
    .replace(writePortRegister, '')
    .replace(/^\t+if \((\w+)\.commit\(observer\)\) changed = true;\n/gm, (line, name) => (names.has(name) ? '' : line));
}

function copyRegisters(cpp) {
  if (cpp.includes('bool converged = false')) return cpp;
  return cpp.replace(/if \((\w+)\.commit\(observer\)\) changed = true;/g, (_, name) =>
    name.startsWith('memory_') ? `if (!${name}.write_queue.empty()) ${name}.commit(observer);` : `${name}.curr = ${name}.next;`,
  );
}

/** The C++ that Yosys wrote (`write_cxxrtl -g0 -O6`, flattened), quicker. */
export function quickenSimulation(cpp) {
  const text = typeof cpp === 'string' ? cpp : new TextDecoder().decode(cpp);
  return copyRegisters(dropWritePortRegisters(guardWrites(text)));
}
