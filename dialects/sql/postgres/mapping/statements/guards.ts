import type {
  AlterPolicyStmt,
  CreateCastStmt,
  CreatePolicyStmt,
  CreateTransformStmt,
  CreateTrigStmt,
  RuleStmt,
} from '@pgsql/types';
import type { Mapping } from '../mapping.ts';
import { stringsOf } from '../names.ts';
import { Scope } from '../scope.ts';
import { noteNested } from '../with.ts';
import { typePath } from './definitions.ts';
import { define, roles } from './objects.ts';
import { inTable } from './tables.ts';

export function visitPolicy(
  change: 'create' | 'alter',
): (policy: CreatePolicyStmt & AlterPolicyStmt, mapping: Mapping) => void {
  return (policy, mapping) => {
    define(mapping, change, 'policy');
    mapping.effect('admin');
    const path = mapping.relation(policy.table, 'alter');
    mapping.object('policy', [...path, policy.policy_name ?? ''], change);
    roles(policy.roles, 'use', mapping);
    inTable(policy.table?.relname ?? '', path, mapping, () => {
      mapping.visit(policy.qual);
      mapping.visit(policy.with_check);
    });
  };
}

/** A trigger calls its function whenever the table changes; what that does is not in the text. */
export function visitTrigger(trigger: CreateTrigStmt, mapping: Mapping): void {
  define(mapping, 'create', 'trigger');
  mapping.effect('procedural');
  if (trigger.replace === true) mapping.command.attributes.or_replace = true;
  const path = mapping.relation(trigger.relation, 'alter');
  mapping.object('trigger', [...path, trigger.trigname ?? ''], 'create');
  mapping.object('function', stringsOf(trigger.funcname), 'use');
  if (trigger.constrrel !== undefined) mapping.relation(trigger.constrrel, 'use');
  const scope = new Scope(undefined);
  scope.items.push({ name: 'old', table: path }, { name: 'new', table: path });
  mapping.within({ scope, mode: 'define', primary: false }, () => {
    mapping.visitChildren('CreateTrigStmt', trigger, 'relation', 'constrrel', 'funcname', 'args', 'columns');
  });
  for (const column of stringsOf(trigger.columns)) mapping.object('column', [...path, column], 'use');
}

/** A rule's actions run in place of, or besides, what is done to its table: they count as what they do. */
export function visitRule(rule: RuleStmt, mapping: Mapping): void {
  define(mapping, 'create', 'rule');
  mapping.effect('procedural');
  if (rule.replace === true) mapping.command.attributes.or_replace = true;
  const path = mapping.relation(rule.relation, 'alter');
  mapping.object('rule', [...path, rule.rulename ?? ''], 'create');
  const scope = new Scope(undefined);
  scope.items.push({ name: 'old', table: path }, { name: 'new', table: path });
  mapping.within({ scope, mode: 'define', primary: false }, () => {
    mapping.visit(rule.whereClause);
    for (const action of rule.actions ?? []) {
      noteNested(action, mapping);
      mapping.visit(action);
    }
  });
}

/** From now on the cast calls the function wherever the types meet. */
export function visitCast(cast: CreateCastStmt, mapping: Mapping): void {
  define(mapping, 'create', 'cast');
  mapping.object('cast', [...typePath(cast.sourcetype), ...typePath(cast.targettype)], 'create');
  const path = stringsOf(cast.func?.objname);
  if (path.length > 0) mapping.object('function', path, 'use');
}

export function visitTransform(transform: CreateTransformStmt, mapping: Mapping): void {
  define(mapping, 'create', 'transform');
  mapping.effect('admin');
  mapping.object('transform', [...typePath(transform.type_name), transform.lang ?? ''], 'create');
  for (const used of [transform.fromsql, transform.tosql]) {
    const path = stringsOf(used?.objname);
    if (path.length > 0) mapping.object('function', path, 'use');
  }
}
