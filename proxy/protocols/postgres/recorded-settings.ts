import type { Command, JsonObject, Session } from '../../../engine/contract.ts';
import { readAttributes } from './attributes.ts';
import { parseIdentifierList } from './identifier-list.ts';

/** What a recording holds of a command that this protocol judged. */
export interface RecordedCommand {
  readonly session: Session;
  readonly command: Command;
}

const CATALOG = 'pg_catalog';

/**
 * The settings under which the gateway parsed a message of which a recording holds the commands, in their order: see
 * Judge.parse, of which this is the other side.
 *
 * @returns undefined for the dialect's defaults
 */
export function recordedSettings(message: readonly RecordedCommand[]): JsonObject | undefined {
  const path = message[0]?.session.search_path;
  if (path !== undefined && path.indexOf(CATALOG) > 0) return { search_path: path };
  if (message.length < 2) return undefined;
  const shadowing = message
    .flatMap(({ command }) => readAttributes(command).settings)
    .flatMap(({ name, action, value, scope }) =>
      name === 'search_path' && action === 'set' && (scope === 'session' || scope === 'local') ? [value ?? ''] : [],
    )
    .map(parseIdentifierList)
    .find((names) => names !== undefined && names.indexOf(CATALOG) > 0);
  return shadowing === undefined ? undefined : { search_path: shadowing };
}

/** Whether the gateway knew more of a command than is recorded: what a name stood for that the session had prepared. */
export function isBeyondRecording({ attributes }: Command): boolean {
  const { prepared } = attributes;
  return typeof prepared === 'object' && prepared !== null && 'action' in prepared && prepared.action === 'execute';
}
