import type { ClosePortalStmt, DeclareCursorStmt, FetchStmt } from '@pgsql/types';
import type { Mapping } from '../mapping.ts';
import { noteNested } from '../with.ts';

/** CURSOR_OPT_HOLD of PostgreSQL's parsenodes.h. */
const HOLD = 0x0020;

export function visitDeclareCursor(declare: DeclareCursorStmt, mapping: Mapping): void {
  mapping.act('declare');
  mapping.effect('session');
  const hold = ((declare.options ?? 0) & HOLD) !== 0;
  mapping.command.attributes.cursor = { action: 'declare', name: declare.portalname ?? '', ...(hold ? { hold } : {}) };
  noteNested(declare.query, mapping);
  mapping.visit(declare.query);
}

/** FETCH gives what the cursor's query reads, which was judged when the cursor was declared. */
export function visitFetch(fetch: FetchStmt, mapping: Mapping): void {
  mapping.act(fetch.ismove === true ? 'move' : 'fetch');
  mapping.effect('read');
  mapping.command.attributes.cursor = {
    action: fetch.ismove === true ? 'move' : 'fetch',
    name: fetch.portalname ?? '',
  };
  mapping.target('cursor', [fetch.portalname ?? ''], 'read');
}

export function visitClose(close: ClosePortalStmt, mapping: Mapping): void {
  mapping.act('close');
  mapping.effect('session');
  mapping.command.attributes.cursor =
    close.portalname === undefined ? { action: 'close_all', name: '' } : { action: 'close', name: close.portalname };
}
