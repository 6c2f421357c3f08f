import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Effect, Input, JsonObject } from '../../engine/contract.ts';
import type { Dialect, ParseResult } from '../../engine/dialect.ts';
import { SallyportError } from '../../engine/errors.ts';
import type { CommandLineage } from '../../engine/lineage.ts';
import { contractSchema } from '../../engine/schema/input-schema.ts';
import { withEffects } from '../../engine/statement-decision.ts';
import { resultOf } from '../../proxy/masking/result-columns.ts';

/**
 * Makes a check of values that came from outside.
 *
 * @returns a function that gives the value as an Input, or throws SallyportError SP_EVAL_INPUT_INVALID with the JSON
 *   Pointer (RFC 6901) of each place that is wrong
 */
export function createInputCheck(dialects: readonly Dialect[]): (value: unknown) => Input {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv, ['date-time']);
  const validate = ajv.compile<Input>(contractSchema('Input', dialects));
  return (value) => {
    if (validate(value)) return value;
    throw new SallyportError('SP_EVAL_INPUT_INVALID', explain(validate.errors ?? []));
  };
}

/** Errors of the branches of an anyOf say what was tried; five are enough to find the place. */
function explain(errors: readonly ErrorObject[]): string {
  const lines = errors.map(({ instancePath, keyword, message = 'is not valid', params }) => {
    const place = instancePath === '' ? 'the input' : instancePath;
    if (keyword === 'additionalProperties')
      return `${place} has an unknown key ${JSON.stringify(params['additionalProperty'])}`;
    if (keyword === 'enum') return `${place} must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
    return `${place} ${message}`;
  });
  return `The input does not follow the schema: ${[...new Set(lines)].slice(0, 5).join('; ')}.`;
}

/** Everything of an input but the command. */
export type InputContext = Omit<Input, 'command'>;

export interface ContextOptions {
  readonly dialect: string;
  readonly subject: JsonObject;
  readonly resource?: JsonObject;
  readonly session?: JsonObject;
  readonly client?: JsonObject;
  /** RFC 3339. */
  readonly now: string;
}

/**
 * What surrounds a text that is judged outside of any session. Defaults: no groups and no claims; a resource with the
 * dialect's name and no environment; a client on this machine with TLS; a new session, outside of a transaction, without
 * settings or a past.
 */
export function inputContext(options: ContextOptions): JsonObject {
  const { dialect, subject, resource, session, client, now } = options;
  return {
    schema: 1,
    stage: 'command',
    now,
    subject: { groups: [], claims: {}, ...subject },
    resource: { name: dialect, protocol: dialect, environment: '', labels: {}, ...resource },
    client: { address: '127.0.0.1', tls: true, ...client },
    session: {
      id: 'eval',
      transaction: 'idle',
      settings: {},
      effects: [],
      counters: { commands: 0, denied: 0 },
      ...session,
    },
  };
}

/**
 * One input per command of a statement. As in a session, a command knows the effects of those before it.
 *
 * @param lineage of the commands, where their values were followed
 */
export function inputsOf(
  context: InputContext,
  { commands }: ParseResult,
  lineage?: readonly CommandLineage[],
): Input[] {
  const { session } = context;
  let effects: readonly Effect[] = session.effects;
  return commands.map((command, index) => {
    const input: Input = {
      ...context,
      session: {
        ...session,
        effects: [...effects],
        counters: { ...session.counters, commands: session.counters.commands + index },
      },
      command,
    };
    const values = lineage?.[index];
    if (values !== undefined) input.result = resultOf(values);
    effects = withEffects(effects, command.effects);
    return input;
  });
}
