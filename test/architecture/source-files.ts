import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The repository's root. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The file it leads to, relative to the root; absent for a package. */
  readonly file?: string;
  /** `import type …`: gone at run time. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly imports: readonly Import[];
}

/** Every TypeScript and JavaScript module below the folders, with what it imports. */
export function readSources(folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) => modulesBelow(join(root, folder))).map(readSource);
}

function modulesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : modulesBelow(path);
    return /\.[cm]?[jt]s$/.test(entry.name) ? [path] : [];
  });
}

function readSource(file: string): SourceFile {
  const path = relative(root, file).split(sep).join('/');
  return { path, imports: importsOf(path, readFileSync(file, 'utf8')) };
}

/** Static imports, re-exports, `import()` of a literal, and `import('…')` types. */
export function importsOf(path: string, text: string): Import[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, typeOnly: boolean): void => {
    if (node === undefined || !ts.isStringLiteralLike(node)) return;
    const specifier = node.text;
    found.push(
      specifier.startsWith('.')
        ? { specifier, typeOnly, file: posix.normalize(posix.join(posix.dirname(path), specifier)) }
        : { specifier, typeOnly },
    );
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnlyImport(node));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, isTypeOnlyExport(node));
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isTypeOnlyImport({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = importClause;
  return (
    name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.length > 0 &&
    namedBindings.elements.every((element) => element.isTypeOnly)
  );
}

function isTypeOnlyExport({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return true;
  return (
    exportClause !== undefined &&
    ts.isNamedExports(exportClause) &&
    exportClause.elements.length > 0 &&
    exportClause.elements.every((element) => element.isTypeOnly)
  );
}

/** The folder of a file, relative to the root. */
export function folderOf(path: string): string {
  return dirname(path).split(sep).join('/');
}
