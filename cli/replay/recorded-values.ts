import type { Command, Result } from '../../engine/contract.ts';
import { isObject } from '../../engine/is-object.ts';
import type { CommandInput } from './event-reader.ts';

/**
 * Commands that were parsed again, with the columns that were recorded. A gateway that follows values has looked their
 * names and labels up in the target's catalogue, which nobody has here: what it found holds for a replay, too.
 */
export class RecordedColumns {
  readonly #known = new WeakMap<object, WeakMap<object, Command['attributes']>>();

  /** @returns the same commands where nothing was followed, or the text means several commands now */
  placed(recorded: CommandInput, commands: readonly Command[]): readonly Command[] {
    const [command] = commands;
    const columns = recorded.command.attributes['columns'];
    if (recorded.result === undefined || command === undefined || commands.length > 1) return commands;
    if (!isObject(columns) || command.attributes['columns'] === undefined) return commands;
    return [{ ...command, attributes: this.#attributes(command.attributes, columns) }];
  }

  /** The same object for the same parts, which the engine's memo knows by identity. */
  #attributes(parsed: Command['attributes'], columns: object): Command['attributes'] {
    let byColumns = this.#known.get(parsed);
    if (byColumns === undefined) this.#known.set(parsed, (byColumns = new WeakMap()));
    let attributes = byColumns.get(columns);
    if (attributes === undefined) byColumns.set(columns, (attributes = Object.freeze({ ...parsed, columns })));
    return attributes;
  }
}

/**
 * Tells which masks can have met a value of a recorded command: rules ask for masks whatever the command is, and most
 * commands have nothing to mask. By what was recorded before the command ran; without that, all masks count.
 */
export class MetMasks {
  readonly #known = new WeakMap<Result, Met>();

  /** @param what as outcomes name it: `mask column email`, `mask label pii`, `mask detect card` */
  canMeet(what: string, { result, command }: CommandInput): boolean {
    if (result === undefined) return true;
    const [, source, ...rest] = what.split(' ');
    const name = rest.join(' ');
    const met = this.#met(result, command);
    if (met.anything) return true;
    if (source === 'detect') return result.columns.length > 0;
    return source === 'label' ? met.labels.has(name) : met.names.some((path) => isEndOf(name.toLowerCase(), path));
  }

  #met(result: Result, { attributes }: Command): Met {
    let met = this.#known.get(result);
    if (met?.attributes !== attributes) this.#known.set(result, (met = metBy(result, attributes)));
    return met;
  }
}

interface Met {
  readonly attributes: Command['attributes'];
  /** Something in it is not known, so any mask on columns or labels is put on. */
  readonly anything: boolean;
  readonly labels: ReadonlySet<string>;
  /** In lower case, with dots. */
  readonly names: readonly string[];
}

function metBy({ columns }: Result, attributes: Command['attributes']): Met {
  const read = readColumns(attributes['columns']);
  return {
    attributes,
    anything: columns.some(({ provenance }) => provenance === 'unknown'),
    labels: new Set([...columns, ...read].flatMap(({ labels }) => labels)),
    names: [...columns.map(({ name }) => name), ...read.map(({ path }) => path.join('.'))].map((name) =>
      name.toLowerCase(),
    ),
  };
}

function readColumns(columns: unknown): { readonly path: readonly string[]; readonly labels: readonly string[] }[] {
  const read: readonly unknown[] = isObject(columns) && Array.isArray(columns['read']) ? columns['read'] : [];
  return read.filter(isColumn);
}

function isColumn(value: unknown): value is { readonly path: readonly string[]; readonly labels: readonly string[] } {
  return isObject(value) && Array.isArray(value['path']) && Array.isArray(value['labels']);
}

/** As masks are matched (proxy/masking/cover.ts); a bare `*` in the place of a column is any of its relation. */
function isEndOf(entry: string, path: string): boolean {
  if (path === entry || path.endsWith(`.${entry}`)) return true;
  return path.endsWith('*');
}
