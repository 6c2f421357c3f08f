import type { ConstraintsSetStmt, LockStmt, Node, TransactionStmt } from '@pgsql/types';
import type { TransactionAttribute } from '../../attributes.ts';
import type { Mapping } from '../mapping.ts';
import { definitions, isOn } from './objects.ts';

interface Kind {
  readonly verb: string;
  readonly action: TransactionAttribute['action'];
}

const kinds: Readonly<Record<string, Kind>> = {
  TRANS_STMT_BEGIN: { verb: 'begin', action: 'begin' },
  TRANS_STMT_START: { verb: 'begin', action: 'begin' },
  TRANS_STMT_COMMIT: { verb: 'commit', action: 'commit' },
  TRANS_STMT_ROLLBACK: { verb: 'rollback', action: 'rollback' },
  TRANS_STMT_SAVEPOINT: { verb: 'savepoint', action: 'savepoint' },
  TRANS_STMT_RELEASE: { verb: 'release', action: 'release' },
  TRANS_STMT_ROLLBACK_TO: { verb: 'rollback', action: 'rollback_to' },
  TRANS_STMT_PREPARE: { verb: 'prepare', action: 'prepare' },
  TRANS_STMT_COMMIT_PREPARED: { verb: 'commit', action: 'commit_prepared' },
  TRANS_STMT_ROLLBACK_PREPARED: { verb: 'rollback', action: 'rollback_prepared' },
};

export function visitTransaction(statement: TransactionStmt, mapping: Mapping): void {
  const kind = kinds[statement.kind ?? ''];
  mapping.effect('transaction');
  if (kind === undefined) {
    mapping.incomplete('unknown_node');
    return;
  }
  mapping.act(kind.verb);
  const transaction: TransactionAttribute = { action: kind.action };
  if (statement.savepoint_name !== undefined) transaction.savepoint = statement.savepoint_name;
  if (statement.gid !== undefined) {
    transaction.gid = statement.gid;
    // A prepared transaction outlives its session, holds its locks, and any session may end it.
    mapping.effect('admin');
    mapping.dependsOnText = true;
  }
  if (statement.chain === true) transaction.chain = true;
  noteModes(statement.options, transaction, mapping);
  mapping.command.attributes.transaction = transaction;
}

/** ISOLATION LEVEL, READ ONLY and DEFERRABLE. */
export function noteModes(
  options: readonly Node[] | undefined,
  transaction: TransactionAttribute,
  mapping: Mapping,
): void {
  for (const mode of definitions(options)) {
    if (mode.defname === 'transaction_isolation') {
      const level = mapping.literalText(mode.arg);
      if (level !== undefined) transaction.isolation = level;
    } else if (mode.defname === 'transaction_read_only') {
      transaction.read_only = isOn(mode, mapping);
    } else if (mode.defname === 'transaction_deferrable') {
      transaction.deferrable = isOn(mode, mapping);
    } else mapping.incomplete('unknown_node');
  }
}

export function visitSetConstraints(statement: ConstraintsSetStmt, mapping: Mapping): void {
  mapping.act('set');
  mapping.effect('transaction');
  for (const node of statement.constraints ?? []) {
    if ('RangeVar' in node) mapping.relation(node.RangeVar, 'use', 'constraint');
  }
}

export function visitLock(lock: LockStmt, mapping: Mapping): void {
  mapping.act('lock');
  mapping.effect('lock');
  for (const node of lock.relations ?? []) if ('RangeVar' in node) mapping.relation(node.RangeVar, 'lock');
}
