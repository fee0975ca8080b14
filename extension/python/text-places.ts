import type { DiagnosticDocument, PythonDocument, TextRange } from '../../solver-core/protocol/index.ts';

/** A place of the joined text as one of the cell, or null when it lies in a cell before it. One-based, as ranges of documents are. */
export function toCellRange(range: TextRange, linesBefore: number): TextRange | null {
  if (range.line <= linesBefore) return null;
  return { ...range, line: range.line - linesBefore, endLine: range.endLine - linesBefore };
}

/** What an analysis of joined cells says about the last of them alone. Layers, annotations and findings of earlier cells are left out. */
export function ofLastCell(document: PythonDocument, linesBefore: number): PythonDocument {
  if (linesBefore === 0) return document;
  const layers = document.layers.flatMap((layer) => {
    const range = toCellRange(layer.range, linesBefore);
    if (range === null) return [];
    const place = layer.annotation && toCellRange(layer.annotation.range, linesBefore);
    return [{ ...layer, range, annotation: layer.annotation && place ? { ...layer.annotation, range: place } : null }];
  });
  const diagnostics = document.diagnostics.flatMap((finding): DiagnosticDocument[] => {
    const range = finding.where.range && toCellRange(finding.where.range, linesBefore);
    return range ? [{ ...finding, where: { ...finding.where, range } }] : [];
  });
  return { ...document, layers, diagnostics };
}
