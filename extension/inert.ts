/** A text of a file as part of a label: labels show `$(name)` as an icon, which a file must not. */
export const inert = (text: string): string => text.replace(/\$\(/g, '$ (');
