import type { JsonSchema, Statement } from '../define.ts';

/** Describes `statement.settings` of this dialect. */
export const settingsSchema: JsonSchema = {
  type: 'object',
  description: 'The shell that reads the text, and what is in force there.',
  additionalProperties: false,
  properties: {
    shell: {
      type: 'string',
      enum: ['bash', 'sh'],
      description: 'bash (the default), or sh: any POSIX shell, so that what only bash knows is not vouched for.',
    },
    aliases: { type: 'array', items: { type: 'string' }, description: 'Names of aliases in force.' },
    terminal: {
      type: 'boolean',
      description: 'Output goes to a terminal, so that programs open pagers. Default false.',
    },
  },
};

export interface Settings {
  readonly posix: boolean;
  readonly aliases: ReadonlySet<string>;
  readonly terminal: boolean;
  /** There is a setting, or a value of one, that is not known. */
  readonly unsupported: boolean;
}

export function readSettings(given: Statement['settings']): Settings {
  const { shell, aliases, terminal, ...others } = given ?? {};
  const names = aliases === undefined ? [] : stringsOf(aliases);
  return {
    posix: shell === 'sh',
    aliases: new Set(names),
    terminal: terminal === true,
    unsupported:
      Object.keys(others).length > 0 ||
      (shell !== undefined && shell !== 'bash' && shell !== 'sh') ||
      names === undefined ||
      (terminal !== undefined && typeof terminal !== 'boolean'),
  };
}

function stringsOf(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}
