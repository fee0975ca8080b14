/** Folder of the committed generated files. */
export const generatedDir: string;
/** The generated files by name, as text with LF line ends; throws when the grammar has errors. */
export function generateTiers(): Record<string, string>;
