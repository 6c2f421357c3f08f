import type {
  ClusterStmt,
  ListenStmt,
  LoadStmt,
  NotifyStmt,
  RefreshMatViewStmt,
  ReindexStmt,
  TruncateStmt,
  UnlistenStmt,
  VacuumStmt,
} from '@pgsql/types';
import type { Mapping } from '../mapping.ts';
import { stringsOf } from '../names.ts';
import { noteBehavior, option } from './objects.ts';

export function visitTruncate(truncate: TruncateStmt, mapping: Mapping): void {
  mapping.act('truncate');
  mapping.effect('truncate');
  noteBehavior(truncate.behavior, mapping);
  for (const node of truncate.relations ?? []) if ('RangeVar' in node) mapping.relation(node.RangeVar, 'truncate');
}

/** VACUUM and ANALYZE. Without tables they work on every one of the database. */
export function visitVacuum(vacuum: VacuumStmt, mapping: Mapping): void {
  mapping.act(vacuum.is_vacuumcmd === true ? 'vacuum' : 'analyze');
  mapping.effect('admin');
  if (vacuum.is_vacuumcmd === true && option(vacuum.options, 'full') !== undefined) mapping.effect('lock');
  if (vacuum.rels === undefined) mapping.target('table', ['*'], 'use', 'dynamic');
  for (const node of vacuum.rels ?? []) {
    if (!('VacuumRelation' in node)) continue;
    const table = mapping.relation(node.VacuumRelation.relation, 'use');
    for (const column of stringsOf(node.VacuumRelation.va_cols)) mapping.object('column', [...table, column], 'use');
  }
  mapping.visitAll(vacuum.options);
}

export function visitCluster(cluster: ClusterStmt, mapping: Mapping): void {
  mapping.act('cluster');
  mapping.effect('admin');
  mapping.effect('lock');
  if (cluster.relation === undefined) mapping.target('table', ['*'], 'use', 'dynamic');
  else mapping.relation(cluster.relation, 'use');
  if (cluster.indexname !== undefined) mapping.object('index', [cluster.indexname], 'use');
  mapping.visitAll(cluster.params);
}

export function visitReindex(reindex: ReindexStmt, mapping: Mapping): void {
  mapping.act('reindex');
  mapping.effect('admin');
  mapping.effect('lock');
  const kind = (reindex.kind ?? '').replace('REINDEX_OBJECT_', '').toLowerCase();
  mapping.command.attributes.object = kind;
  if (reindex.relation !== undefined) mapping.relation(reindex.relation, 'use', kind);
  else mapping.target(kind, [reindex.name ?? '*'], 'use', reindex.name === undefined ? 'dynamic' : 'exact');
  if (option(reindex.params, 'concurrently') !== undefined) mapping.command.attributes.concurrently = true;
  mapping.visitAll(reindex.params);
}

export function visitCheckpoint(_: unknown, mapping: Mapping): void {
  mapping.act('checkpoint');
  mapping.effect('admin');
}

/** LOAD runs a library of the server's file system. */
export function visitLoad(load: LoadStmt, mapping: Mapping): void {
  mapping.act('load');
  mapping.effect('admin');
  mapping.effect('execute');
  mapping.effect('unsafe_io');
  mapping.dependsOnText = true;
  mapping.target('file', [load.filename ?? ''], 'execute');
}

/** REFRESH runs the query of the view, whose text is not here. */
export function visitRefresh(refresh: RefreshMatViewStmt, mapping: Mapping): void {
  mapping.act('refresh');
  mapping.effect('write');
  mapping.command.attributes.object = 'materialized_view';
  if (refresh.concurrent === true) mapping.command.attributes.concurrently = true;
  mapping.relation(refresh.relation, 'write', 'materialized_view');
}

export function visitListen(listen: ListenStmt, mapping: Mapping): void {
  mapping.act('listen');
  mapping.effect('session');
  channel(listen.conditionname, mapping);
  mapping.target('channel', [listen.conditionname ?? ''], 'read');
}

/** NOTIFY carries its payload to other sessions. */
export function visitNotify(notify: NotifyStmt, mapping: Mapping): void {
  mapping.act('notify');
  mapping.effect('write');
  channel(notify.conditionname, mapping);
  mapping.target('channel', [notify.conditionname ?? ''], 'write');
}

export function visitUnlisten(unlisten: UnlistenStmt, mapping: Mapping): void {
  mapping.act('unlisten');
  mapping.effect('session');
  channel(unlisten.conditionname, mapping);
}

function channel(name: string | undefined, mapping: Mapping): void {
  if (name !== undefined) mapping.command.attributes.channel = name;
}
