import type { CopyStmt, ParseResult as ParseTree, RawStmt } from '@pgsql/types';
import type { Command } from '../../../../engine/contract.ts';
import type { CommandLineage, CopyFormat, LineageContext } from '../../../../engine/lineage.ts';
import type { Services, Settings } from '../mapping/services.ts';
import { Analysis, TooDeep, type Walk } from './analysis.ts';
import { labelledColumns } from './attributes.ts';
import { changeRows } from './changes.ts';
import { copyFormat } from './copy-format.ts';
import { evaluate } from './expressions.ts';
import { outputColumns, sourcesOf } from './flows.ts';
import type { RelationMemo } from './memo.ts';
import { queryRows } from './query.ts';
import { Resolver } from './resolver.ts';
import { statementRows } from './statements.ts';
import { contentOf, union, unionAll, unknownTaint, type Taint } from './taint.ts';

const walk: Walk = { evaluate, queryRows, changeRows };

/** What following one command gave. */
export interface Followed {
  readonly lineage: CommandLineage;
  /** `attributes.columns` by the catalogue; undefined where the command reads no column. */
  readonly columns: object | undefined;
}

export interface FollowedText {
  /** One for each command. */
  readonly commands: readonly Followed[];
  /** What the result depends on besides the text and the catalogue: entries of the session's own state. */
  readonly asked: ReadonlyMap<string, unknown>;
  /** It holds for this text only, not for others that differ in literals. */
  readonly readsLiterals: boolean;
}

/** Follows the values of each statement of a text. Never throws: what cannot be followed is unknown. */
export function followText(
  tree: ParseTree | undefined,
  commands: readonly Command[],
  services: Services,
  settings: Settings,
  memo: RelationMemo,
  context: LineageContext,
): FollowedText {
  const asked = new Map<string, unknown>();
  let readsLiterals = false;
  const statements = tree?.stmts ?? [];
  const followed = commands.map((command, index): Followed => {
    const raw = statements.length === commands.length ? statements[index] : undefined;
    if (raw === undefined) return unfollowed('not_parsed');
    const analysis = new Analysis(walk, services, memo, new Resolver(context, undefined, asked), settings.prepared);
    try {
      return followStatement(raw, command, analysis);
    } catch (error) {
      memo.open.clear();
      // A mistake in here hides values, and never shows them.
      return unfollowed(error instanceof RangeError || error instanceof TooDeep ? 'too_deep' : 'lineage_failure');
    } finally {
      readsLiterals ||= analysis.readsLiterals;
    }
  });
  return { commands: followed, asked, readsLiterals };
}

function unfollowed(reason: string): Followed {
  return {
    lineage: {
      columns: { unknown: reason },
      flows: [{ into: 'server', path: [], columns: [unknownColumn(reason)], creates: false }],
      exposed: { unknown: reason },
    },
    columns: undefined,
  };
}

function unknownColumn(reason: string): { name: string; kind: 'unknown'; sources: []; type: string; reason: string } {
  return { name: '', kind: 'unknown', sources: [], type: '', reason };
}

function followStatement(raw: RawStmt, command: Command, analysis: Analysis): Followed {
  const node = raw.stmt;
  const rows = statementRows(node, command, analysis);
  // The session reads its texts in another way than the parser: nothing of them is known.
  if (command.reasons.includes('unsupported_setting')) return unfollowed('unsupported_setting');
  const { cursor, flows } = analysis;
  const content = contentOf(rows);
  const exposed = unionAll([analysis.reads, analysis.written, content, rows.control]);
  const copy: CopyFormat | undefined =
    node !== undefined && 'CopyStmt' in node && isToClient(node.CopyStmt) ? copyFormat(node.CopyStmt) : undefined;
  const lineage: CommandLineage = {
    columns: outputColumns(rows),
    ...(copy === undefined ? {} : { copy }),
    flows,
    exposed: exposed.unknown === undefined ? sourcesOf(exposed) : { unknown: exposed.unknown },
    ...(cursor === undefined ? {} : { cursor }),
  };
  const projected = union(content, carried(analysis));
  const read = { projected, predicates: analysis.predicates, elsewhere: analysis.elsewhere };
  return { lineage, columns: labelledColumns(command, read, analysis) };
}

/** What flows elsewhere and what a cursor will give is projected as well. */
function carried(analysis: Analysis): Taint {
  const columns = analysis.flows.flatMap((flow) => flow.columns);
  const given = analysis.cursor?.columns;
  const all = given === undefined ? columns : 'unknown' in given ? columns : [...columns, ...given];
  const sources = new Set(all.flatMap((column) => [...column.sources]));
  for (const source of analysis.elsewhere.sources) sources.delete(source);
  const unknown = all.some(({ kind }) => kind === 'unknown') || (given !== undefined && 'unknown' in given);
  return unknown ? { ...unknownTaint('unknown'), sources } : { sources };
}

function isToClient(copy: CopyStmt): boolean {
  return copy.is_from !== true && copy.is_program !== true && copy.filename === undefined;
}
