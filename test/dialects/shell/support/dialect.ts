import { createShellDialect } from '../../../../dialects/shell/index.ts';
import { createPostgresDialect } from '../../../../dialects/sql/postgres/index.ts';

export const postgres = await createPostgresDialect();
/** The shell's dialect as the gateway has it: SQL for psql is PostgreSQL's. */
export const shell = await createShellDialect({ dialects: { postgres } });
