import { parseArguments, type ParsedArguments } from './arguments.ts';
import { applyMeaning, effectOf } from './meanings.ts';
import type { Meaning, ProgramSpec } from './programs/spec.ts';
import { runInside } from './readers/nested.ts';
import { readers } from './readers/index.ts';
import type { Use } from './use.ts';
import type { Argument } from './words.ts';

/** What a known program does with its arguments. */
export function evaluate(use: Use): void {
  const { draft, spec, context, reading } = use;
  draft.effect(...spec.effects);
  if (spec.always !== undefined && spec.reader === undefined) {
    if (spec.builtin === true) reading.taint(draft, spec.always);
    else draft.incomplete(spec.always);
  }
  if (spec.pager === true && reading.surroundings.terminal && !context.redirected && !use.args.some(isNoPager)) {
    draft.incomplete('shell_escape');
  }
  if (spec.reader === undefined) standard(use);
  else readers[spec.reader](use, standard);
}

function isNoPager({ value }: Argument): boolean {
  return value === '--no-pager';
}

/** Options and operands by the table. */
function standard(use: Use): ParsedArguments {
  const { draft, spec } = use;
  if (spec.subcommands !== undefined) return subcommand(use, spec.subcommands);
  const parsed = parseArguments(spec, use.args);
  options(use, parsed);
  operands(use, parsed);
  if (parsed.doubtful && isSensitive(spec)) draft.incomplete('dynamic_argument');
  if (parsed.operands.length + parsed.command.length === 0 && spec.withoutOperands !== undefined)
    draft.incomplete(spec.withoutOperands);
  if (parsed.command.length > 0) runInside(use, parsed.command);
  return parsed;
}

function options(use: Use, { options: given }: ParsedArguments): void {
  const { draft, spec } = use;
  for (const { name, known, value } of given) {
    if (!known) draft.incomplete('unknown_option');
    const refused = own(spec.refuses, name);
    if (refused !== undefined) draft.incomplete(refused);
    draft.effect(...(own(spec.adds, name) ?? []));
    const meaning = own(spec.values, name) ?? own(spec.attached, name);
    if (meaning !== undefined && value !== undefined) applyMeaning(use, meaning, value);
  }
}

function operands(use: Use, { operands: given }: ParsedArguments): void {
  const { spec } = use;
  const unsure = given.some(({ single }) => !single);
  given.forEach((operand, index) => {
    for (const meaning of meaningsAt(spec, index, given.length, unsure)) applyMeaning(use, meaning, operand);
  });
}

/** Where the number of operands is not known, each may be any of them from there on. */
function meaningsAt(spec: ProgramSpec, index: number, count: number, unsure: boolean): Meaning[] {
  const list = (spec.operands ?? []).filter((meaning) => meaning !== 'command');
  const usual = list[Math.min(index, list.length - 1)];
  const found: (Meaning | undefined)[] = [usual];
  if (spec.last !== undefined && count > 1 && index === count - 1) found[0] = spec.last;
  if (unsure) found.push(...list, spec.last);
  return [...new Set(found.filter((meaning) => meaning !== undefined))];
}

function subcommand(use: Use, table: Readonly<Record<string, ProgramSpec>>): ParsedArguments {
  const { draft, spec } = use;
  const head = parseArguments(
    { ...spec, flags: `${commonFlags} ${spec.flags ?? ''}`, stopsAtOperand: true, operands: ['text', 'command'] },
    use.args,
  );
  const [name] = head.operands;
  const at = name === undefined ? use.args.length : use.args.indexOf(name);
  options(use, head);
  if (head.doubtful) draft.incomplete('dynamic_argument');
  const next = name === undefined ? own(table, '') : name.value === undefined ? undefined : own(table, name.value);
  if (next === undefined) {
    // Without a subcommand such programs print how they are used.
    if (name !== undefined) draft.incomplete(name.value === undefined ? 'dynamic_argument' : 'unknown_subcommand');
    return head;
  }
  if (name?.value !== undefined)
    draft.subcommand = draft.subcommand === undefined ? name.value : `${draft.subcommand} ${name.value}`;
  // Only reading is what the program does by itself; what it does more, the subcommand says.
  if (!next.effects.includes('read')) draft.effects.delete('read');
  const inherited = {
    ...next,
    values: { ...spec.values, ...next.values },
    refuses: { ...spec.refuses, ...next.refuses },
  };
  evaluate({ ...use, spec: inherited, args: use.args.slice(at + 1) });
  return head;
}

/** Options without values that programs with subcommands have in common. */
const commonFlags =
  '-y -q -v -a -f -h --yes --assume-yes -qq --quiet --verbose --debug --no-pager --user --system --help --version --all --full --force --no-legend --now -l --global -g -br -brief -4 -6 -s -d -j -p -color --no-color --no-install-recommends -V';

/** Whether an option that is not in the text could change what the program does. */
function isSensitive(spec: ProgramSpec): boolean {
  return (
    spec.flags !== undefined ||
    spec.refuses !== undefined ||
    Object.values(spec.adds ?? {}).some((effects) => effects.some((effect) => !spec.effects.includes(effect))) ||
    Object.values(spec.values ?? {}).some((meaning) => {
      const effect = effectOf(meaning);
      return effect === 'any' || (effect !== undefined && !spec.effects.includes(effect));
    })
  );
}

function own<Value>(table: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}
