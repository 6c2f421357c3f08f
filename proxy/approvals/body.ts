import type { Client, Command, Parameter, Reason, Target } from '../../engine/contract.ts';
import type { SessionState } from '../protocol.ts';
import { redactCommand, redactParameters, Scrubber } from '../recorder/redact.ts';
import type { ApprovalAsk, AskedCommand } from './ask.ts';
import type { ReviewTerms } from './terms.ts';

/** What the store keeps of a request: what a reviewer is shown, and what a decision about it needs. */
export interface ApprovalBody {
  readonly terms: ReviewTerms;
  readonly environment: string;
  readonly client: Client;
  readonly commands: readonly ShownCommand[];
  /** What a reviewer must know before trusting what is shown. */
  readonly cautions: readonly Caution[];
}

export interface ShownCommand {
  /** All of it, but for secrets. */
  readonly text: string;
  readonly dialect: string;
  readonly verb: string;
  readonly effects: readonly string[];
  readonly targets: readonly Target[];
  readonly complete: boolean;
  readonly incompleteReasons: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly state: SessionState;
  /** Why it is to be approved; empty for one that only stands beside another. */
  readonly reasons: readonly Reason[];
}

/**
 * - `incomplete`: the dialect does not vouch for what it found.
 * - `secrets_cut`: what runs holds a secret that is not shown.
 * - `long`: more than a person reads on a screen.
 * - `hidden_characters`: control or direction characters, shown as escapes.
 */
export interface Caution {
  readonly code: 'incomplete' | 'secrets_cut' | 'long' | 'hidden_characters';
  readonly message: string;
  /** To approve, the reviewer must say that this was seen. */
  readonly acknowledge: boolean;
}

/** Characters from which a command counts as long. */
export const LONG_CHARACTERS = 10_000;

/** Control and format characters, but for white space that every statement has. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;
const ORDINARY = /[\t\n\r]/g;

export function bodyOf({ terms, resource, client, commands }: ApprovalAsk): ApprovalBody {
  // A rule may quote a command in its words.
  const scrubber = new Scrubber();
  for (const { command, parameters } of commands) scrubber.learn(command, parameters);
  return {
    terms,
    environment: resource.environment,
    client,
    commands: commands.map((command) => shown(command, scrubber)),
    cautions: cautionsOf(commands),
  };
}

function shown({ command, parameters, state, reasons }: AskedCommand, scrubber: Scrubber): ShownCommand {
  const { text, dialect, verb, effects, targets, complete } = redactCommand(command);
  return {
    text,
    dialect,
    verb,
    effects,
    targets,
    complete,
    incompleteReasons: command.reasons,
    ...(parameters === undefined ? {} : { parameters: shownParameters(command, parameters) }),
    state,
    reasons: reasons.map((reason) => ({ ...reason, message: scrubber.scrub(reason.message) })),
  };
}

function shownParameters(command: Command, parameters: readonly Parameter[]): readonly Parameter[] {
  return command.secrets.length === 0 ? parameters : redactParameters(parameters);
}

function cautionsOf(commands: readonly AskedCommand[]): Caution[] {
  const cautions: Caution[] = [];
  const incomplete = commands.flatMap(({ command }) => (command.complete ? [] : command.reasons));
  if (commands.some(({ command }) => !command.complete)) {
    const why = [...new Set(incomplete)].join(', ') || 'unknown';
    cautions.push({
      code: 'incomplete',
      message: `Sallyport does not vouch that what it shows is all that would happen (${why}).`,
      acknowledge: true,
    });
  }
  const secrets = commands.reduce((sum, { command }) => sum + command.secrets.length, 0);
  if (secrets > 0) {
    cautions.push({
      code: 'secrets_cut',
      message: `${secrets === 1 ? 'A secret is' : `${secrets} secrets are`} cut out of what is shown.`,
      acknowledge: true,
    });
  }
  const texts = commands.flatMap(textsOf);
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  if (length > LONG_CHARACTERS) {
    const what = commands.some(({ parameters = [] }) => parameters.length > 0)
      ? 'commands and their parameters'
      : 'commands';
    cautions.push({ code: 'long', message: `The ${what} are ${length} characters long.`, acknowledge: true });
  }
  if (texts.some((text) => HIDDEN.test(text.replace(ORDINARY, ' ')))) {
    cautions.push({
      code: 'hidden_characters',
      message: 'The text holds control or direction characters; they are shown as escapes.',
      acknowledge: false,
    });
  }
  return cautions;
}

/** All that a reviewer is to read of a command. */
function textsOf({ command, parameters = [] }: AskedCommand): string[] {
  return [command.text, ...parameters.map(({ text, base64 }) => text ?? base64 ?? '')];
}
