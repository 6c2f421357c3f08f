import type { JsonSchema } from '../define.ts';

const text: JsonSchema = { type: 'string' };
const flag: JsonSchema = { type: 'boolean' };
const count: JsonSchema = { type: 'integer' };
const texts: JsonSchema = { type: 'array', items: text };

/** A closed object: a typo in a policy is a compile error. */
function closed(description: string, properties: Record<string, JsonSchema>, required: readonly string[]): JsonSchema {
  return { type: 'object', description, additionalProperties: false, properties, required };
}

function described(description: string, schema: JsonSchema): JsonSchema {
  return { ...schema, description };
}

/** Describes `command.attributes` of this dialect. Absent means: not so, or not known. */
export const attributesSchema: JsonSchema = closed(
  'What a command of a shell says beyond the contract.',
  {
    kind: {
      type: 'string',
      enum: [
        'program',
        'builtin',
        'function',
        'definition',
        'assignment',
        'redirection',
        'arithmetic',
        'test',
        'words',
      ],
      description:
        'What the command is. redirection: of a group of commands. words: of for and case, which are expanded.',
    },
    program: described('Its name, without a directory of the system’s. A definition’s is the function’s.', text),
    subcommand: described('Of programs that have them: `restart` of systemctl, `compose up` of docker.', text),
    argv: described('The words, the program’s own name first.', {
      type: 'array',
      items: closed(
        'value: after quote removal; where only the running shell knows it (static is false), as it is written. Secrets are ***.',
        { value: text, static: flag },
        ['value', 'static'],
      ),
    }),
    redirections: {
      type: 'array',
      items: closed(
        'A redirection; path is absent for here-documents.',
        { operator: text, descriptor: count, path: text, static: flag },
        ['operator', 'static'],
      ),
    },
    assignments: described('Before the command, or by themselves, or as arguments of export, env and their like.', {
      type: 'array',
      items: closed(
        'value is absent where it is secret or only the running shell knows it.',
        { name: text, value: text, static: flag },
        ['name', 'static'],
      ),
    }),
    wrappers: described('Programs that run it, from the outermost: sudo, xargs, ssh, …', texts),
    within: described(
      'Where it stands, from the outermost: subshell, substitution, condition, loop, function, script, …',
      texts,
    ),
    parent: described('Index, among the statement’s commands, of the one that it is part of.', count),
    pipeline: closed('Its place in a pipeline, from 0.', { position: count, length: count }, ['position', 'length']),
    background: flag,
    interpreter: described('Who reads the text that it is given: sh, ssh, postgres, …', text),
    error: closed(
      'Why the text was refused; position in UTF-16 code units.',
      { code: text, message: text, position: count },
      ['code', 'message'],
    ),
  },
  [],
);
