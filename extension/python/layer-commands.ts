import * as vscode from 'vscode';
import type { LayerPlace, PythonLayer, TextRange } from '../../solver-core/protocol/index.ts';
import { activeModel } from '../commands/create-plan.ts';
import type { TierwiseContext } from '../context.ts';
import { inert } from '../inert.ts';
import { modelEditorType } from '../panels/model-editor.ts';
import { baseName } from '../to-view.ts';
import { fileOf, isPython } from './python-text.ts';

/** The Python document that a command is about: the one named, else the one being edited. */
export function pythonDocument(target: unknown): vscode.TextDocument | undefined {
  const edited = vscode.window.activeTextEditor?.document;
  if (target instanceof vscode.Uri && target.toString() !== edited?.uri.toString())
    return vscode.workspace.textDocuments.find((document) => document.uri.toString() === target.toString() && isPython(document));
  return edited && isPython(edited) ? edited : undefined;
}

/** Says that a command needs Python in front. */
export function sayNoPython(): void {
  void vscode.window.showInformationMessage(vscode.l10n.t('Open a Python file or a notebook cell that builds layers first.'));
}

/** Asks which model belongs to a Python file, and remembers it in this workspace. */
export async function choosePythonModel(context: TierwiseContext, target?: unknown): Promise<void> {
  const document = pythonDocument(target);
  if (!document) return sayNoPython();
  const file = fileOf(document);
  const { models } = context.pythonAnalysis;
  const all = await models.all();
  if (all.length === 0) return sayNoModel();
  const chosen = models.chosen(file)?.toString();
  const matched = context.pythonAnalysis.latest(document)?.model ?? undefined;
  const automatic = {
    label: vscode.l10n.t('Find it by the names of the weights'),
    description: chosen === undefined && matched !== undefined ? vscode.l10n.t('now {0}', inert(baseName(matched))) : '',
    uri: undefined as vscode.Uri | undefined,
  };
  const items = all.map((uri) => ({
    label: inert(baseName(uri.path)),
    description: [
      inert(vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..'))),
      ...(uri.toString() === chosen ? [vscode.l10n.t('chosen')] : []),
    ].join(' \u00b7 '),
    uri: uri as vscode.Uri | undefined,
  }));
  items.sort((a, b) => a.label.localeCompare(b.label));
  const placeHolder = vscode.l10n.t('Which exported model do the layers of {0} belong to?', baseName(file.path));
  const pick = await vscode.window.showQuickPick([automatic, ...items], { placeHolder, matchOnDescription: true });
  if (pick) await models.choose(file, pick.uri);
}

/** Says that a model has to be exported first. */
export function sayNoModel(): void {
  void vscode.window.showInformationMessage(
    vscode.l10n.t('There is no ONNX model in this workspace. Export the model first, for example with torch.onnx.export.'),
  );
}

/** Opens the model at the layer that a line of Python builds or annotates: the line given (zero-based), else that of the cursor. */
export async function showLayerInModel(context: TierwiseContext, target?: unknown, at?: unknown): Promise<void> {
  const document = pythonDocument(target);
  if (!document) return sayNoPython();
  const analysis = await context.pythonAnalysis.fresh(document);
  const line = typeof at === 'number' ? at : vscode.window.activeTextEditor?.selection.active.line;
  const covers = ({ line: first, endLine: last }: TextRange): boolean => line === undefined || (first - 1 <= line && line <= last - 1);
  const layers = (analysis?.layers ?? []).filter(
    ({ range, annotation }) => covers(range) || (annotation !== null && covers(annotation.range)),
  );
  const known = layers.filter((layer) => layer.layerId !== null);
  if (analysis?.model && known.length > 0) {
    const layer = known.length === 1 ? known[0] : await pickLayer(known);
    if (layer?.layerId) await openModelAt(vscode.Uri.file(analysis.model), layer.layerId);
    return;
  }
  const why =
    layers.length === 0
      ? vscode.l10n.t('No layer is built on this line.')
      : vscode.l10n.t('No exported model holds the layer {0}. Layers are matched by the names of their weights.', layers[0]?.name ?? '');
  const choose = vscode.l10n.t('Choose the model');
  const choice = await vscode.window.showInformationMessage(why, ...(layers.length === 0 ? [] : [choose]));
  if (choice === choose) await choosePythonModel(context, document.uri);
}

async function pickLayer(layers: readonly PythonLayer[]): Promise<PythonLayer | undefined> {
  const items = layers.map((layer) => ({ label: inert(layer.name), description: inert(layer.layerId ?? ''), layer }));
  return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Which of the layers on this line?') }))?.layer;
}

async function openModelAt(model: vscode.Uri, layerId: string): Promise<void> {
  const commands = await vscode.commands.getCommands(true);
  if (commands.includes('tierwise.openModelAtLayer')) await vscode.commands.executeCommand('tierwise.openModelAtLayer', model, layerId);
  else await vscode.commands.executeCommand('vscode.openWith', model, modelEditorType);
}

/** Opens the line of Python that builds a layer of a model. Without arguments asks for the layer of the model in front or of the active plan. */
export async function showLayerInSource(context: TierwiseContext, givenModel?: unknown, givenId?: unknown): Promise<void> {
  const isGiven = givenModel instanceof vscode.Uri && /\.onnx$/i.test(givenModel.path);
  const named = isGiven ? undefined : await layerAtCursor(context);
  const model = isGiven ? givenModel : (named?.model ?? activeModel() ?? planModel(context));
  if (!model) return sayNoModel();
  const { layers, searched } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Looking for the layer in Python files') },
    () => context.python.layersOf(model),
  );
  const ids = [...new Set(layers.map((layer) => layer.layerId))];
  const wanted = isGiven && typeof givenId === 'string' ? givenId : named?.id;
  const id = wanted ?? (ids.length > 0 ? await pickId(ids) : '');
  if (id === undefined) return;
  const places = layers.filter((layer) => layer.layerId === id).map((layer) => layer.location);
  if (places.length === 0) {
    const shown = id === '' ? vscode.l10n.t('no layer') : vscode.l10n.t('not the layer {0}', id.slice(0, 80));
    return void vscode.window.showInformationMessage(
      vscode.l10n.t(
        'Of {0}, {1} was found in Python. {2} files were searched, {3} of them use torch or keras. A layer is found by the names of its weights: fc1.weight belongs to self.fc1, so export the model with the names of its parameters.',
        baseName(model.path),
        shown,
        searched.files,
        searched.analysed,
      ),
    );
  }
  const place = places.length === 1 ? places[0] : await pickPlace(places);
  if (place) await reveal(place);
}

/** The layer that the plan being edited names at the cursor. */
async function layerAtCursor(context: TierwiseContext): Promise<{ readonly model: vscode.Uri; readonly id: string } | undefined> {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== 'tiers') return undefined;
  const { line, character } = editor.selection.active;
  try {
    const client = await context.language.start();
    const question = { uri: editor.document.uri.toString(), position: { line, character } };
    const place = await client.sendRequest<LayerPlace | null>('tierwise/layerAt', question);
    return place?.model ? { model: vscode.Uri.file(place.model), id: place.id } : undefined;
  } catch {
    return undefined;
  }
}

function planModel(context: TierwiseContext): vscode.Uri | undefined {
  const path = context.plans.activeSnapshot?.energy?.model;
  return path === undefined ? undefined : vscode.Uri.file(path);
}

async function pickId(ids: readonly string[]): Promise<string | undefined> {
  const items = ids.map((id) => ({ label: inert(id), id }));
  return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Which layer?') }))?.id;
}

async function pickPlace(places: readonly vscode.Location[]): Promise<vscode.Location | undefined> {
  const items = places.map((place) => ({
    label: inert(baseName(place.uri.path)),
    description: vscode.l10n.t('line {0}', place.range.start.line + 1),
    detail: inert(vscode.workspace.asRelativePath(place.uri)),
    place,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Several places build this layer') }))?.place;
}

/** Shows a place, in a notebook as a cell of it. */
async function reveal(place: vscode.Location): Promise<void> {
  const notebook = vscode.workspace.notebookDocuments.find((one) =>
    one.getCells().some((cell) => cell.document.uri.toString() === place.uri.toString()),
  );
  if (notebook) {
    const index = notebook.getCells().findIndex((cell) => cell.document.uri.toString() === place.uri.toString());
    await vscode.window.showNotebookDocument(notebook, { selections: [new vscode.NotebookRange(index, index + 1)] });
  }
  const open = vscode.window.visibleTextEditors.find((editor) => editor.document.uri.toString() === place.uri.toString());
  if (open && notebook) {
    open.selection = new vscode.Selection(place.range.start, place.range.start);
    open.revealRange(place.range, vscode.TextEditorRevealType.InCenter);
  } else if (!notebook) {
    await vscode.window.showTextDocument(place.uri, { selection: place.range, preview: false });
  }
}
