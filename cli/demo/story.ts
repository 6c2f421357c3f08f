import { relative } from 'node:path';
import type { RecordingEvent } from '../../engine/contract.ts';
import { findRecordings, readEvents, summarize } from '../recordings.ts';
import { printable, type Paint } from '../reporters/terminal.ts';
import type { Ending, Held, Played, Step } from './script.ts';
import type { DemoSubject } from './subjects.ts';

/** One step of the script: who asked what, and how it ended. */
export function tellStep({ step, outcome, expected }: Played, paint: Paint): string {
  const surprise = expected ? [] : [paint('red', `expected: ${expectation(step)}`)];
  return [
    `  ${paint('dim', `${step.who}>`)} ${printable(step.text)}`,
    ...tellOutcome(outcome, paint),
    ...surprise.map(indent),
    '',
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function expectation({ denied, held }: Step): string {
  if (held === true) return 'held for approval';
  return denied.length === 0 ? 'allowed' : `denied by ${denied.join(', ')}`;
}

function tellOutcome(outcome: Ending | Held, paint: Paint): string[] {
  if (outcome.kind === 'failed') return [indent(`${paint('red', 'failed')}   ${printable(outcome.message)}`)];
  if (outcome.kind === 'denied') {
    const { message, detail, hint } = outcome;
    return [
      indent(`${paint('red', 'denied')}   ${printable(message)}`),
      ...[hint, paint('dim', printable(detail))]
        .filter((line) => line !== '')
        .map((line) => indent(`         ${line}`)),
    ];
  }
  if (outcome.kind === 'held') {
    return [
      indent(`${paint('yellow', 'held')}     ${printable(outcome.detail)}`),
      indent(`         request ${outcome.request}`),
    ];
  }
  const rows = outcome.rows.slice(0, 3).map((row) => indent(`         ${printable(row.map(String).join(' | '))}`));
  return [indent(`${paint('green', 'allowed')}  ${outcome.tag}`), ...rows];
}

/** How a statement ended that was held. */
export function tellEnding({ who, text }: Step, ending: Ending, paint: Paint): string {
  const lines = [`  ${paint('dim', `${who}>`)} ${printable(text)}`, ...tellOutcome(ending, paint), ''];
  return lines.map((line) => `${line}\n`).join('');
}

function indent(line: string): string {
  return `  ${line}`;
}

/** Where the newest recording of a subject is, and its lines for the first command allowed and the first one denied. */
export async function tellRecording(directory: string, subject: DemoSubject, paint: Paint): Promise<string> {
  const file = await newestOf(directory, subject);
  if (file === undefined) return '';
  const lines: string[] = [];
  const told = new Set<string>();
  let command: Extract<RecordingEvent, { type: 'command' }> | undefined;
  for await (const event of readEvents(file)) {
    if (event.type === 'command') command = event;
    if (event.type !== 'decision' || command === undefined) continue;
    const { effect, reasons, id } = event.decision;
    if (told.has(effect)) continue;
    told.add(effect);
    const rules = reasons.map(({ rule }) => rule).join(', ');
    lines.push(
      `    ${String(command.seq).padStart(3)} command   ${printable(command.input.command?.text ?? '')}`,
      `    ${String(event.seq).padStart(3)} decision  ${paint(effect === 'allow' ? 'green' : 'red', effect)} ${rules} (${id})`,
    );
  }
  return `  ${relative(process.cwd(), file)}\n${lines.map((line) => `${line}\n`).join('')}`;
}

async function newestOf(directory: string, subject: DemoSubject): Promise<string | undefined> {
  const summaries = await Promise.all((await findRecordings(directory)).map(summarize));
  return summaries
    .flatMap((summary) => (summary?.subject === subject ? [summary] : []))
    .sort((a, b) => (a.started < b.started ? 1 : -1))
    .at(0)?.file;
}

/** How a person goes on from here. */
export function tellConnections(port: number, tokens: Readonly<Record<DemoSubject, string>>, paint: Paint): string {
  const line = (who: DemoSubject): string =>
    `  ${paint('dim', who.padEnd(7))} psql "postgresql://${who}:${tokens[who]}@127.0.0.1:${port}/shop"\n`;
  return `${line('agent')}${line('person')}${line('dba')}`;
}
