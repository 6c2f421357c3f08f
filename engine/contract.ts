/**
 * The contract: every datum that crosses a seam of Sallyport. Imports nothing.
 * Generated from schema/contract.v1.schema.json by `npm run contract`; edit the schema, not this file.
 */

/**
 * What a command does, whatever its first keyword is.
 */
export type Effect =
  | 'read'
  | 'write'
  | 'delete'
  | 'truncate'
  | 'create'
  | 'alter'
  | 'drop'
  | 'grant'
  | 'execute'
  | 'admin'
  | 'session'
  | 'transaction'
  | 'bulk_export'
  | 'bulk_load'
  | 'unsafe_io'
  | 'lock'
  | 'procedural'
  | 'unknown';
/**
 * How a command touches a target.
 */
export type Access =
  'read' | 'write' | 'delete' | 'truncate' | 'create' | 'alter' | 'drop' | 'grant' | 'execute' | 'lock' | 'use';
export type DecisionEffect = 'allow' | 'deny' | 'review';
export type StartEvent = EventBase & {
  type: 'start';
  subject: Subject;
  resource: Resource;
  client: Client;
  gateway: {
    version: string;
    revision: string;
  };
};
export type CommandEvent = EventBase & {
  type: 'command';
  /**
   * The whole engine input, its secrets redacted: replay needs nothing else.
   */
  input: Input;
};
export type DecisionEvent = EventBase & {
  type: 'decision';
  /**
   * seq of the command event; 0, the start event's, where a session that opens was judged.
   */
  command: number;
  decision: Decision;
  /**
   * What was judged, where no command event holds it: a session that opens.
   */
  input?: Input;
};
export type ResultEvent = EventBase & {
  type: 'result';
  /**
   * seq of the command events that this answers.
   */
  commands: number[];
  status: 'ok' | 'error' | 'cancelled';
  /**
   * The target's own completion tag or status.
   */
  tag?: string;
  /**
   * That went to the client, or that the target says it touched.
   */
  rows?: number;
  /**
   * Of rows and copied data, either way.
   */
  bytes?: number;
  /**
   * The target's error code (SQLSTATE, …); or SP_LIMIT_*, where a limit of the policy's was reached.
   */
  code?: string;
  /**
   * The target's error message, its secrets redacted.
   */
  message?: string;
  duration_ms?: number;
  /**
   * What of the rows was masked; never a value.
   */
  masked?: {
    /**
     * In order, as the target named them.
     */
    columns: {
      name: string;
      with: 'partial' | 'fake' | 'hash' | 'redact' | 'null';
    }[];
    /**
     * How many values each detector has found and masked.
     */
    detected: {
      [k: string]: number;
    };
  };
};
/**
 * What became of a request for approval. The first one (`waiting`) stands behind the commands that it holds.
 */
export type ApprovalEvent = EventBase & {
  type: 'approval';
  /**
   * seq of the command events that are held together.
   */
  commands: number[];
  /**
   * The request's id.
   */
  request: string;
  /**
   * waiting; approved: released; covered: released by a grant; rejected, withdrawn, expired, superseded, unavailable: refused.
   */
  state: 'waiting' | 'approved' | 'covered' | 'rejected' | 'withdrawn' | 'expired' | 'superseded' | 'unavailable';
  /**
   * SHA-256, in hex, of exactly what is approved: subject, resource, commands, parameters, session state, revision.
   */
  digest?: string;
  /**
   * Ids of those who decided.
   */
  reviewers?: string[];
  /**
   * The reviewers' words.
   */
  comment?: string;
  expires?: string;
};
export type ErrorEvent = EventBase & {
  type: 'error';
  code: string;
  message: string;
};
export type EndEvent = EventBase & {
  type: 'end';
  reason: string;
  commands: number;
  denied: number;
};
/**
 * One line of a recording.
 */
export type RecordingEvent =
  StartEvent | CommandEvent | DecisionEvent | ResultEvent | ApprovalEvent | ErrorEvent | EndEvent;

/**
 * Any JSON object.
 */
export interface JsonObject {
  [k: string]: unknown;
}
/**
 * A half-open range of a text, in UTF-16 code units from its start, as String.prototype.slice takes them.
 */
export interface Span {
  start: number;
  end: number;
}
/**
 * An object that a command touches.
 */
export interface Target {
  /**
   * table, view, column, function, schema, database, role, sequence, type, index, file, program, path, host, setting, …
   */
  kind: string;
  /**
   * The name's parts from the outermost in, as the target itself folds them: ["public", "customers"].
   */
  path: string[];
  access: Access;
  /**
   * exact: the text names the object in full. search_path: the target's session settings complete the name. local: defined inside the statement (a CTE, a temporary name). dynamic: known only at run time.
   */
  resolution: 'exact' | 'search_path' | 'local' | 'dynamic';
}
/**
 * A function that a command calls.
 */
export interface FunctionUse {
  path: string[];
  /**
   * pure, read, sequence, session, settings, admin, file, network, large_object, lock, procedural, replication, dynamic_sql, unknown, …
   */
  category: string;
  /**
   * false: not in the dialect's catalogue, so its effects are not vouched for.
   */
  known: boolean;
  volatility?: 'immutable' | 'stable' | 'volatile';
}
/**
 * The normalized object that policies see. A statement yields one or more.
 */
export interface Command {
  /**
   * Name of the dialect that parsed it.
   */
  dialect: string;
  /**
   * The strongest effect's verb, in lower case, not the first keyword: a CTE that deletes is a delete.
   */
  verb: string;
  effects: Effect[];
  targets: Target[];
  functions: FunctionUse[];
  /**
   * false: the parser does not vouch that the lists above are all there is.
   */
  complete: boolean;
  /**
   * Why the command is not complete: dynamic_sql, unknown_function, syntax_error, too_deep, …
   */
  reasons: string[];
  /**
   * The same for commands that differ only in literals.
   */
  fingerprint: string;
  /**
   * The command's own text, cut from its statement.
   */
  text: string;
  span: Span;
  /**
   * Ranges of `text` (from its own start) that hold a secret: never written to a recording, a log or an error.
   */
  secrets: Span[];
  attributes: CommandAttributes;
}
/**
 * What only this dialect knows, typed by the dialect's own schema. Where schemas are composed for a gateway, this is their union.
 */
export interface CommandAttributes {
  [k: string]: unknown;
}
/**
 * Who asks (AuthZEN's term).
 */
export interface Subject {
  id: string;
  kind: 'human' | 'agent' | 'ci' | 'service';
  groups: string[];
  claims: JsonObject;
  /**
   * Id of the person who answers for an agent, a job or a service.
   */
  owner?: string;
}
/**
 * A configured connection to a target.
 */
export interface Resource {
  name: string;
  protocol: string;
  /**
   * production, staging, …; "" where the configuration names none.
   */
  environment: string;
  labels: {
    [k: string]: string;
  };
}
/**
 * Where the session comes from.
 */
export interface Client {
  /**
   * IP address; an IPv4-mapped IPv6 address is given as IPv4.
   */
  address: string;
  tls: boolean;
  /**
   * The name that the client gives itself; not to be trusted.
   */
  application?: string;
}
/**
 * State of the session that changes what a command means or may do.
 */
export interface Session {
  id: string;
  database?: string;
  /**
   * The target's user that the gateway logged in as.
   */
  user?: string;
  /**
   * The role in force after SET ROLE or SET SESSION AUTHORIZATION; equal to user at the start.
   */
  role?: string;
  search_path?: string[];
  transaction: 'idle' | 'active' | 'failed';
  /**
   * Settings that the client changed, or that the policy gave the session, by name, with the values in force.
   */
  settings: {
    [k: string]: string;
  };
  /**
   * Effects of the commands released earlier in this session.
   */
  effects: Effect[];
  counters: {
    /**
     * Commands judged before this one.
     */
    commands: number;
    denied: number;
  };
}
/**
 * A value bound to a placeholder, in the order of the placeholders.
 */
export interface Parameter {
  format: 'text' | 'binary';
  is_null: boolean;
  /**
   * The value, where the format is text and it is not null.
   */
  text?: string;
  /**
   * The value, where the format is binary and it is not null.
   */
  base64?: string;
}
/**
 * A column of the rows that the command would return, found from the command and the target's catalogue before anything runs.
 */
export interface ResultColumn {
  /**
   * As the target will name it (an alias, not the column behind it); "" where the command does not tell.
   */
  name: string;
  /**
   * The type's name; "" where only the target knows.
   */
  type: string;
  /**
   * Labels of all columns that its values depend on, sorted, each once. Where the provenance is unknown there may be more.
   */
  labels: string[];
  /**
   * clean: no labelled column can be in it. direct: it is a labelled column as it is. derived: it is computed from a labelled column. unknown: nobody can tell, so it counts as sensitive.
   */
  provenance: 'clean' | 'direct' | 'derived' | 'unknown';
}
/**
 * What the command would return. Known before it runs, so that it can be denied, reviewed or masked by label; absent where nothing follows lineage.
 */
export interface Result {
  /**
   * In order. Empty: no rows come back. Where not even their number is known, one without a name whose provenance is unknown.
   */
  columns: ResultColumn[];
}
/**
 * What a policy reads as `input`.
 */
export interface Input {
  /**
   * Version of this schema.
   */
  schema: 1;
  stage: 'session' | 'command';
  /**
   * The moment of the decision, RFC 3339 in UTC. The only clock that a policy has.
   */
  now: string;
  subject: Subject;
  resource: Resource;
  client: Client;
  session: Session;
  command?: Command;
  /**
   * Bound values, once they are known.
   */
  parameters?: Parameter[];
  result?: Result;
}
/**
 * One rule's word on the decision.
 */
export interface Reason {
  /**
   * The rule's id from its METADATA (custom.id), or "<package>.<effect>"; "sallyport.*" for the engine's own.
   */
  rule: string;
  message: string;
  severity?: string;
  /**
   * What to do next.
   */
  remediation?: string;
  package?: string;
}
/**
 * What the gate must fulfil or else deny. `kind` names who fulfils it; the rest is that kind's own.
 */
export interface Obligation {
  /**
   * mask, limit, notify, record, review, terminate, quarantine, settings
   */
  kind: string;
  [k: string]: unknown;
}
/**
 * The engine's whole answer.
 */
export interface Decision {
  id: string;
  /**
   * Id of the bundle that decided.
   */
  revision: string;
  effect: DecisionEffect;
  reasons: Reason[];
  obligations: Obligation[];
}
/**
 * What every recorded event carries. `hash` is SHA-256, in hex, of `prev` and the event's line without its hash; the first event's `prev` is 64 zeros.
 */
export interface EventBase {
  schema: 1;
  /**
   * 0, 1, 2, … within the recording.
   */
  seq: number;
  time: string;
  session: string;
  prev: string;
  hash: string;
}
/**
 * A finding with a stable code and a position.
 */
export interface Diagnostic {
  severity: 'error' | 'warning' | 'info';
  code: string;
  message: string;
  /**
   * A way out.
   */
  help?: string;
  file?: string;
  /**
   * From 1.
   */
  row?: number;
  /**
   * From 1.
   */
  col?: number;
  end_row?: number;
  end_col?: number;
  span?: Span;
}
