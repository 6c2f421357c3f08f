import type { ParsedScript, SyntaxNode } from 'unbash';
import { forEachChild } from 'unbash';
import treeSitter, { type Node, type Parser } from '@vscode/tree-sitter-wasm';

/** Reads texts with another parser, so that both must find the same commands. */
export interface SecondReader {
  /** Whether tree-sitter finds the same commands, with as many words, in the same places. */
  agrees(text: string, script: ParsedScript): boolean;
}

/** How often tree-sitter may report its progress before it is stopped: time without a clock. */
const PROGRESS_LIMIT = 2_000;

/** Makes a reader: tree-sitter-bash, compiled to WASM. */
export async function createSecondReader(): Promise<SecondReader> {
  await treeSitter.Parser.init();
  const grammar = import.meta.resolve('@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm');
  const language = await treeSitter.Language.load(decodeURIComponent(new URL(grammar).pathname));
  const parser = new treeSitter.Parser();
  parser.setLanguage(language);
  return { agrees: (text, script) => agrees(parser, text, script) };
}

function agrees(parser: Parser, text: string, script: ParsedScript): boolean {
  let progress = 0;
  const tree = parser.parse(text, null, { progressCallback: () => ++progress > PROGRESS_LIMIT });
  if (tree === null) {
    parser.reset();
    return false;
  }
  try {
    if (tree.rootNode.hasError) return false;
    const first = firstReading(script);
    const second = secondReading(tree.rootNode, first.skipped);
    return first.commands.size === second.size && [...first.commands].every(([at, end]) => second.get(at) === end);
  } finally {
    tree.delete();
  }
}

interface Found {
  /** Where names of commands begin and end. */
  readonly commands: ReadonlyMap<number, number>;
  /** Ranges that are read in another form, with places of their own. */
  readonly skipped: readonly (readonly [number, number])[];
}

function firstReading(script: ParsedScript): Found {
  const commands = new Map<number, number>();
  const skipped: [number, number][] = [];
  const timed = new Set<SyntaxNode>();
  const visit = (node: SyntaxNode): void => {
    if (node.type === 'CommandExpansion' && node.script?.source !== undefined) {
      skipped.push([node.pos, node.end]);
      return;
    }
    // tree-sitter takes `time` for a command, whose first argument is the one that is timed.
    if (node.type === 'Pipeline' && node.prefixes.some(({ type }) => type === 'Time')) {
      for (const prefix of node.prefixes) if (prefix.type === 'Time') commands.set(prefix.pos, prefix.keywordEnd);
      const [first] = node.commands;
      if (first?.type === 'Command') timed.add(first);
    }
    if (node.type === 'Command' && node.name !== undefined && !timed.has(node))
      commands.set(node.name.pos, node.name.end);
    forEachChild(node, visit);
  };
  visit(script);
  return { commands, skipped };
}

/** Nodes that are commands or their names; the last three are commands of which tree-sitter has nodes of their own. */
const types = ['command_name', 'declaration_command', 'unset_command', 'test_command'];

function secondReading(root: Node, skipped: Found['skipped']): Map<number, number> {
  const commands = new Map<number, number>();
  const isSkipped = (at: number): boolean => skipped.some(([start, end]) => at > start && at < end);
  for (const node of root.descendantsOfType(types)) {
    const named = node?.type === 'command_name' ? node : (node?.firstChild ?? null);
    if (named === null || (node?.type === 'test_command' && named.type !== '[')) continue;
    if (!isSkipped(named.startIndex)) commands.set(named.startIndex, named.endIndex);
  }
  return commands;
}
