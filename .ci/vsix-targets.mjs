// The platforms there is a package for: which compiled files of the dependencies each one needs, and how large it may become.

/**
 * The files of ONNX Runtime that a CPU session needs, by platform. The Windows package also holds DirectML and its shader
 * compiler (40 MB), which are loaded on demand only; there is no binary for darwin-x64 at all: models run in our own engine there.
 */
const RUNTIME_FILES = {
  'linux-x64': ['linux/x64/libonnxruntime.so.1', 'linux/x64/onnxruntime_binding.node'],
  'linux-arm64': ['linux/arm64/libonnxruntime.so.1', 'linux/arm64/onnxruntime_binding.node'],
  'win32-x64': ['win32/x64/onnxruntime.dll', 'win32/x64/onnxruntime_binding.node'],
  'win32-arm64': ['win32/arm64/onnxruntime.dll', 'win32/arm64/onnxruntime_binding.node'],
  'darwin-arm64': ['darwin/arm64/libonnxruntime.1.dylib', 'darwin/arm64/onnxruntime_binding.node'],
  'darwin-x64': [],
};

/** Folders of the serial bindings' binaries, by platform. */
const SERIAL_FOLDERS = { 'darwin-x64': 'darwin-x64+arm64', 'darwin-arm64': 'darwin-x64+arm64' };

/** Largest package per platform, in MiB: what it was when this was written and about a sixth more. */
const BUDGETS_MIB = {
  'linux-x64': 25,
  'linux-arm64': 18,
  'win32-x64': 18,
  'win32-arm64': 18,
  'darwin-arm64': 20,
  'darwin-x64': 6,
};

/** Every platform there is a package for, in VS Code's words. */
export const vsixTargets = Object.keys(RUNTIME_FILES);

/** Whether ONNX Runtime has a library for the platform. */
export const hasRuntime = (target) => (RUNTIME_FILES[target] ?? []).length > 0;

/** Largest size of a package in bytes. */
export const sizeBudgetBytes = (target) => (BUDGETS_MIB[target] ?? 0) * 2 ** 20;

/**
 * Globs of the compiled files that the package of a platform holds, below the root.
 * @param {string} target
 * @returns {string[]} a koffi package that is not installed matches nothing
 * @throws {Error} for a platform there is no package for
 */
export function nativeFiles(target) {
  const runtime = RUNTIME_FILES[target];
  if (runtime === undefined) throw new Error(`Unknown target ${target}; known: ${vsixTargets.join(', ')}.`);
  return [
    ...runtime.map((file) => `node_modules/onnxruntime-node/bin/napi-v6/${file}`),
    `node_modules/@serialport/bindings-cpp/prebuilds/${SERIAL_FOLDERS[target] ?? target}/*.node`,
    `node_modules/@koromix/koffi-${target}/package.json`,
    `node_modules/@koromix/koffi-${target}/index.js`,
    `node_modules/@koromix/koffi-${target}/${target.replace('-', '_')}/*.node`,
  ];
}

/** Platforms that a compiled file runs on, from its own header: ELF, PE or Mach-O (also several in one). Empty for anything else. */
export function platformsOf(bytes) {
  const magic = bytes.length < 64 ? 0 : bytes.readUInt32BE(0);
  // System V ABI, ELF header: byte order at 5, e_machine at 18.
  if (magic === 0x7f454c46) {
    const machine = bytes[5] === 2 ? bytes.readUInt16BE(18) : bytes.readUInt16LE(18);
    return [`linux-${{ 62: 'x64', 183: 'arm64' }[machine] ?? `machine-${machine}`}`];
  }
  // PE: "MZ", the offset of "PE\0\0" at 0x3c, then the machine.
  if (bytes[0] === 0x4d && bytes[1] === 0x5a) {
    const at = bytes.readUInt32LE(0x3c);
    const machine = at + 6 <= bytes.length ? bytes.readUInt16LE(at + 4) : 0;
    return [`win32-${{ 0x8664: 'x64', 0xaa64: 'arm64' }[machine] ?? `machine-${machine}`}`];
  }
  // Mach-O: 64 bits little-endian, or a "fat" file, which lists its parts in big-endian words.
  const cpu = (type) => `darwin-${{ 0x01000007: 'x64', 0x0100000c: 'arm64' }[type] ?? `cpu-${type}`}`;
  if (magic === 0xcffaedfe) return [cpu(bytes.readUInt32LE(4))];
  if (magic === 0xcafebabe)
    return Array.from({ length: Math.min(8, bytes.readUInt32BE(4)) }, (_, i) => cpu(bytes.readUInt32BE(8 + 20 * i)));
  return [];
}
