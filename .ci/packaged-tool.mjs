// Runs the tools that come as WebAssembly in npm packages (Yosys, clang, nextpnr): files in memory, messages kept back.

function sink() {
  const parts = [];
  const decoder = new TextDecoder();
  return { write: (bytes) => bytes && parts.push(decoder.decode(bytes, { stream: true })), text: () => parts.join('') };
}

/**
 * Runs a packaged tool on files in memory: what it wrote, and its messages.
 * @throws {Error & { log: string }} with the last of its messages; the tool's own error would carry its whole file system
 */
export async function runTool(run, args, files) {
  const log = sink();
  try {
    return { files: await run(args, files, { stdout: log.write, stderr: log.write, fetchProgress: () => {} }), log: log.text() };
  } catch (error) {
    const text = log.text();
    throw Object.assign(new Error(`${args.join(' ')}: ${error.message}\n${text.slice(-4000)}`), { log: text });
  }
}
