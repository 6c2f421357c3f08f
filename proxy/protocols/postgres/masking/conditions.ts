/** Errors that clients act on, and classes of all others (PostgreSQL manual, appendix A). */
const CONDITIONS: Readonly<Record<string, string>> = {
  '22001': 'value too long',
  '22003': 'number out of range',
  '22007': 'invalid date or time',
  '22012': 'division by zero',
  '22P02': 'invalid text for the type',
  '23502': 'not-null constraint violated',
  '23503': 'foreign key constraint violated',
  '23505': 'unique constraint violated',
  '23514': 'check constraint violated',
  '23P01': 'exclusion constraint violated',
  '40001': 'serialization failure',
  '40P01': 'deadlock',
  '42501': 'insufficient privilege',
  '42601': 'syntax error',
  '42703': 'undefined column',
  '42P01': 'undefined table',
  '42883': 'undefined function',
  '55P03': 'lock not available',
  '57014': 'cancelled',
  P0001: 'exception raised',
};

const CLASSES: Readonly<Record<string, string>> = {
  '00': 'completion',
  '01': 'warning',
  '02': 'no data',
  '08': 'connection exception',
  '0A': 'feature not supported',
  '21': 'cardinality violation',
  '22': 'data exception',
  '23': 'integrity constraint violated',
  '24': 'invalid cursor state',
  '25': 'invalid transaction state',
  '26': 'invalid statement name',
  '28': 'invalid authorization',
  '2F': 'function failed',
  '34': 'invalid cursor name',
  '38': 'function failed',
  '39': 'function called wrongly',
  '40': 'transaction rolled back',
  '42': 'syntax error or access rule violated',
  '44': 'check option violated',
  '53': 'insufficient resources',
  '54': 'program limit exceeded',
  '55': 'object not in the state that is needed',
  '57': 'operator intervention',
  '58': 'system error',
  HV: 'foreign data error',
  P0: 'PL/pgSQL error',
  XX: 'internal error',
};

/** What a SQLSTATE stands for, in a few words of ours. */
export function conditionName(code: string): string {
  return CONDITIONS[code] ?? CLASSES[code.slice(0, 2)] ?? 'error';
}
