import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { CompilerSources, InspectedRule } from '../../engine/compiler/protocol.ts';
import { isObject } from '../../engine/is-object.ts';
import { headsOf, membersOf, namesIn, textsOf, wholeNumberOf, type Term } from './rego-terms.ts';

/** Whom a `review` rule asks, as far as its text tells. */
export interface KnownRequirement {
  readonly approvers: readonly string[];
  /** How many of them; 1 where that is not written out. */
  readonly minimum: number;
  /** METADATA custom.id, or package and name. */
  readonly rule: string;
  /** Name of the module. */
  readonly file: string;
  readonly row: number;
}

/**
 * Finds the approvers that `review` rules name: those that are written out as strings, and those that a rule of the same
 * package names without looking at the input (a pack's setting, with the data that it was given). What depends on the
 * input is not known before a command is there, and is left to the gateway.
 *
 * @throws SallyportError SP_COMPILER_*
 */
export async function knownRequirements(
  sources: CompilerSources,
  compiler: PolicyCompiler,
): Promise<readonly KnownRequirement[]> {
  const { result } = await compiler.inspect({ modules: sources.modules, entrypoints: [] });
  const rules = (result?.rules ?? []).filter(isReview);
  if (rules.length === 0) return [];
  const constants = new Constants(sources, compiler);
  const found: KnownRequirement[] = [];
  for (const [file, heads] of await parse(sources, [...new Set(rules.map((rule) => rule.file))], compiler)) {
    const here = rules.filter((rule) => rule.file === file);
    for (const [index, head] of heads.entries()) {
      const rule = here[index];
      if (rule === undefined) continue;
      for (const members of membersOf(head.term, 'approvers')) {
        const approvers = await namedBy(members.get('approvers'), head.names, rule, constants);
        if (approvers === undefined) continue;
        const minimum = wholeNumberOf(members.get('minimum')) ?? 1;
        found.push({ approvers, minimum, rule: nameOf(rule), file, row: rule.row });
      }
    }
  }
  return found;
}

function isReview({ effect, kind, library, file }: InspectedRule): boolean {
  return effect === 'review' && kind === 'set' && library !== true && !file.endsWith('_test.rego');
}

function nameOf({ custom, package: name }: InspectedRule): string {
  const id = custom?.['id'];
  return typeof id === 'string' ? id : `${name}.review`;
}

interface Head {
  /** The rule, from its head to the end of its body. */
  readonly term: Term;
  /** Variables of its body: one of them may stand for something else than the package's rule of that name. */
  readonly names: ReadonlySet<string>;
}

/** The `review` rules of modules, in their order there, which is that of InspectResult as well. */
async function parse(
  { modules }: CompilerSources,
  files: readonly string[],
  compiler: PolicyCompiler,
): Promise<readonly (readonly [file: string, heads: readonly Head[]])[]> {
  const input = Object.fromEntries(files.map((file) => [file, modules[file] ?? '']));
  const query = '{file: rego.parse_module(file, text) | some file, text in input}';
  const { result } = await compiler.evaluate({ modules: {}, query, input });
  const parsed = isObject(result?.value) ? result.value : {};
  return files.map((file) => [
    file,
    headsOf(parsed[file], 'review').map((rule) => ({ term: rule, names: namesIn(rule['body']) })),
  ]);
}

async function namedBy(
  term: Term | undefined,
  names: ReadonlySet<string>,
  rule: InspectedRule,
  constants: Constants,
): Promise<readonly string[] | undefined> {
  const written = textsOf(term);
  if (written !== undefined) return written;
  const name = term?.['value'];
  if (term?.['type'] !== 'var' || typeof name !== 'string' || names.has(name)) return undefined;
  return constants.texts(`${rule.package}.${name}`);
}

/** Rules that are the same for every input. */
class Constants {
  readonly #sources: CompilerSources;
  readonly #compiler: PolicyCompiler;
  readonly #known = new Map<string, Promise<readonly string[] | undefined>>();

  constructor(sources: CompilerSources, compiler: PolicyCompiler) {
    this.#sources = sources;
    this.#compiler = compiler;
  }

  /** @returns undefined for a rule that looks at the input or the clock, or that is no list of strings */
  texts(path: string): Promise<readonly string[] | undefined> {
    const known = this.#known.get(path) ?? this.#evaluate(path);
    this.#known.set(path, known);
    return known;
  }

  async #evaluate(path: string): Promise<readonly string[] | undefined> {
    const { modules, data } = this.#sources;
    const inspected = await this.#compiler.inspect({ modules, entrypoints: [path.replaceAll('.', '/')] });
    const reads = inspected.result?.reads;
    if (reads === undefined || reads.paths.length > 0 || reads.clock) return undefined;
    const { result } = await this.#compiler.evaluate({ modules, data, query: `data.${path}` });
    const value = result?.value;
    return Array.isArray(value) && value.every((name) => typeof name === 'string') ? value : undefined;
  }
}
