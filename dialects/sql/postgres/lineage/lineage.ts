import type { ParseResult as ParseTree } from '@pgsql/types';
import type { Command } from '../../../../engine/contract.ts';
import type { CommandLineage, FollowLineage, LineageContext, StatementLineage } from '../../../../engine/lineage.ts';
import type { ParseResult, Statement } from '../../../define.ts';
import { createBoundedMap } from '../bounded-map.ts';
import { deepFreeze } from '../freeze.ts';
import type { Services } from '../mapping/services.ts';
import { readSettings } from '../settings.ts';
import { followText, type FollowedText } from './follow.ts';
import { createRelationMemo, type RelationMemo } from './memo.ts';

export interface LineageOptions {
  readonly services: Services;
  readonly parse: (statement: Statement) => ParseResult;
  /** The tree of a text, at hand where it was parsed last; undefined where it does not parse. */
  readonly treeOf: (text: string) => ParseTree | undefined;
}

/** What is remembered under one version of a catalogue and one search_path. */
interface Memory {
  readonly relations: RelationMemo;
  /** By the attributes of a result's commands, which all texts of a template share; see template-cache.ts. */
  readonly byAttributes: WeakMap<object, Entry[]>;
}

interface Entry {
  readonly followed: FollowedText;
  readonly attributes: readonly object[];
  readonly labelled: readonly Command['attributes'][];
  readonly lineages: readonly CommandLineage[];
  /** The text that it holds for; undefined where it holds for every text of the template. */
  readonly text: string | undefined;
  /** As it was given for a result. */
  readonly given: WeakMap<ParseResult, StatementLineage>;
}

/** Catalogues and search paths that are remembered at a time: some sessions have paths of their own. */
const MEMORIES = 64;
/** States of temporary relations and cursors that are told apart for one text. */
const STATES = 8;

/**
 * Follows values through statements, and remembers what it found: by what parsing gave, which texts share that differ in
 * literals only, under the catalogue's version and the search_path. What a result asked of the session's temporary
 * relations and cursors must still be so.
 */
export function createLineage({ services, parse, treeOf }: LineageOptions): FollowLineage {
  const memories = createBoundedMap<Memory>({ entries: MEMORIES, cost: MEMORIES });

  function memoryOf(context: LineageContext): Memory {
    const { catalogue } = context;
    const key = JSON.stringify([catalogue.version, context.searchPath ?? catalogue.searchPath]);
    let memory = memories.get(key);
    if (memory === undefined) {
      memory = { relations: createRelationMemo(), byAttributes: new WeakMap() };
      memories.set(key, memory, 1);
    }
    return memory;
  }

  return (statement, context) => {
    const parsed = parse(statement);
    const memory = memoryOf(context);
    const [first] = parsed.commands;
    if (first === undefined) return { parsed, commands: [] };
    const known = memory.byAttributes.get(first.attributes) ?? [];
    const fitting = known.find((entry) => fits(entry, statement.text, parsed, context));
    if (fitting !== undefined) return given(fitting, parsed);
    const { settings } = readSettings(statement.settings);
    const tree = parsed.commands.every((command) => command.reasons.includes('syntax_error'))
      ? undefined
      : treeOf(statement.text);
    const followed = followText(tree, parsed.commands, services, settings, memory.relations, context);
    const entry = entryOf(followed, statement.text, parsed);
    memory.byAttributes.set(first.attributes, [entry, ...known].slice(0, STATES));
    return given(entry, parsed);
  };
}

function entryOf(followed: FollowedText, text: string, parsed: ParseResult): Entry {
  const attributes = parsed.commands.map((command) => command.attributes);
  const labelled = attributes.map((each, index): Command['attributes'] => {
    const columns = followed.commands[index]?.columns;
    return columns === undefined ? each : deepFreeze({ ...each, columns: { ...columns } });
  });
  return {
    followed,
    attributes,
    labelled,
    lineages: deepFreeze(followed.commands.map(({ lineage }) => lineage)),
    text: followed.readsLiterals ? text : undefined,
    given: new WeakMap(),
  };
}

function fits(entry: Entry, text: string, parsed: ParseResult, context: LineageContext): boolean {
  if (entry.text !== undefined && entry.text !== text) return false;
  if (entry.attributes.length !== parsed.commands.length) return false;
  if (parsed.commands.some((command, index) => command.attributes !== entry.attributes[index])) return false;
  for (const [key, value] of entry.followed.asked) {
    const name = key.slice(2);
    if (stateOf(context, key.slice(0, 2), name) !== value) return false;
  }
  return true;
}

/** What an entry of `asked` stands for now: one temporary relation, all of them, or a cursor. */
function stateOf(context: LineageContext, kind: string, name: string): unknown {
  if (kind === 'm:') return context.temporary;
  return kind === 't:' ? context.temporary.get(name) : context.cursors.get(name);
}

function given(entry: Entry, parsed: ParseResult): StatementLineage {
  const known = entry.given.get(parsed);
  if (known !== undefined) return known;
  const commands = parsed.commands.map((command, index): Command => {
    const attributes = entry.labelled[index];
    return attributes === undefined || attributes === command.attributes
      ? command
      : Object.freeze({ ...command, attributes });
  });
  const result: StatementLineage = Object.freeze({
    parsed: Object.freeze({ ...parsed, commands: Object.freeze(commands) }),
    commands: entry.lineages,
  });
  entry.given.set(parsed, result);
  return result;
}
