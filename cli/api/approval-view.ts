import type { Paint } from '../reporters/terminal.ts';
import { printable } from '../reporters/terminal.ts';
import { describeDuration } from '../../proxy/approvals/duration.ts';

/** GET /v1/approvals/:id */
export interface ApprovalView {
  readonly id: string;
  readonly digest: string;
  readonly state: string;
  readonly mode: string;
  readonly subject: string;
  readonly subject_kind: string;
  readonly owner: string | null;
  readonly resource: string;
  readonly environment: string;
  readonly session: string;
  readonly revision: string;
  readonly created: string;
  readonly expires: string;
  readonly summary: string;
  readonly reasons: readonly string[];
  readonly approvers: readonly string[];
  readonly yours: boolean;
}

export interface ApprovalDetails extends ApprovalView {
  readonly client: { readonly address?: string; readonly application?: string };
  readonly requirements: readonly { readonly approvers: readonly string[]; readonly minimum: number }[];
  readonly window: { readonly durationMs: number; readonly effects: readonly string[] } | null;
  readonly commands: readonly {
    readonly text: string;
    readonly verb: string;
    readonly effects: readonly string[];
    readonly targets: readonly { readonly kind: string; readonly path: readonly string[]; readonly access: string }[];
    readonly complete: boolean;
    readonly incompleteReasons: readonly string[];
    readonly parameters?: readonly unknown[];
    readonly state: Readonly<Record<string, unknown>>;
    readonly reasons: readonly { readonly rule: string; readonly message: string }[];
  }[];
  readonly cautions: readonly { readonly code: string; readonly message: string; readonly acknowledge: boolean }[];
  readonly votes: readonly { readonly reviewer: string; readonly verdict: string; readonly comment: string }[];
}

/** Characters of a command that are shown unless all are asked for. */
const SHOWN_CHARACTERS = 4_000;

/** All that a reviewer should know, with nothing in it that could move a cursor or turn text around. */
export function renderApproval(request: ApprovalDetails, paint: Paint, full: boolean, now: Date): string {
  const left = describeDuration(Date.parse(request.expires) - now.getTime());
  const owner = request.owner === null ? '' : `, owned by ${request.owner}`;
  const facts: [string, string][] = [
    ['who', `${request.subject} (${request.subject_kind}${owner})`],
    ['on', [request.resource, request.environment].filter((part) => part !== '').join(', ')],
    ['from', [request.client.address, request.client.application].filter((part) => part !== undefined).join(', ')],
    ['why', request.reasons.join('; ')],
    [
      'needs',
      request.requirements.map(({ approvers, minimum }) => `${minimum} of ${approvers.join(', ')}`).join(' and '),
    ],
    ...(request.window === null
      ? []
      : [
          ['grants', `${request.window.effects.join(', ')} for ${describeDuration(request.window.durationMs)}`] as [
            string,
            string,
          ],
        ]),
    ['state', request.state === 'waiting' ? `waiting, ${left} left` : request.state],
    ['policy', `revision ${request.revision}`],
  ];
  const lines = facts.map(([name, value]) => `  ${paint('dim', name.padEnd(7))} ${printable(value)}\n`);
  const cautions = request.cautions.map(
    ({ message, acknowledge }) => `  ${paint(acknowledge ? 'red' : 'yellow', 'caution')} ${printable(message)}\n`,
  );
  const commands = request.commands.map((command, index) => renderCommand(command, index, request, paint, full));
  const votes = request.votes.map(
    ({ reviewer, verdict, comment }) =>
      `  ${printable(reviewer)}: ${verdict}${comment === '' ? '' : ` – ${printable(comment)}`}\n`,
  );
  return [
    `${paint('bold', request.id)}\n`,
    ...lines,
    ...cautions,
    ...commands,
    ...(votes.length > 0 ? ['\n', ...votes] : []),
  ].join('');
}

function renderCommand(
  command: ApprovalDetails['commands'][number],
  index: number,
  { commands }: ApprovalDetails,
  paint: Paint,
  full: boolean,
): string {
  const number = commands.length === 1 ? '' : ` ${index + 1} of ${commands.length}`;
  const beside = command.reasons.length === 0 ? ', needs no approval by itself' : '';
  const [body, rest] = shortened(command.text, full);
  const [parameters, more] = shortened(JSON.stringify(command.parameters ?? []), full);
  const lines = body.split('\n').map((line) => `    ${printable(line.replaceAll('\t', '    '))}\n`);
  const state = describeState(command.state);
  const targets = command.targets.map(({ access, kind, path }) => `${access} ${kind} ${path.join('.')}`);
  return [
    `\n  ${paint('bold', `command${number}`)}: ${printable(command.verb)} [${command.effects.join(', ')}]${beside}\n`,
    ...lines,
    ...missing(rest, paint),
    ...(command.parameters === undefined ? [] : [`    with ${printable(parameters)}\n`, ...missing(more, paint)]),
    ...(state === '' ? [] : [`  ${paint('dim', 'in')} ${printable(state)}\n`]),
    ...(targets.length === 0 ? [] : [`  ${paint('dim', 'touches')} ${printable(targets.join(', '))}\n`]),
    ...(command.complete
      ? []
      : [`  ${paint('red', 'incomplete')} ${printable(command.incompleteReasons.join(', '))}\n`]),
  ].join('');
}

/** @returns the text or its beginning, and how many characters are left out */
function shortened(text: string, full: boolean): readonly [string, number] {
  const shown = full ? text : text.slice(0, SHOWN_CHARACTERS);
  return [shown, text.length - shown.length];
}

function missing(characters: number, paint: Paint): string[] {
  return characters === 0 ? [] : [`    ${paint('red', `… and ${characters} more characters: --full shows them`)}\n`];
}

/** What of the session's state changes the meaning of a command: the same text may mean another table. */
function describeState(state: Readonly<Record<string, unknown>>): string {
  return Object.entries(state)
    .filter(([, value]) => !isEmpty(value))
    .map(([name, value]) => `${name} ${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}`)
    .join(', ');
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}
