/** Board shell by dependency level, packages and leaves first; paths from the project root. The engine comes before it. */
export const shellSources: readonly string[];
export const shellTop: string;
