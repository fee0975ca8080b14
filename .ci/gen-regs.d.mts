/** Generated text by path from the project root: packages, TypeScript and documentation of the maps in hdl/regs/. */
export function generateRegs(from?: string): Record<string, string>;
