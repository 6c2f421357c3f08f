import { sql, type Kysely, type Migration } from 'kysely';

/**
 * Applied in order, each once, under a lock of the database. A migration that has been released never changes: a later
 * one mends it.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '001-index': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('sessions')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('gateway', 'text', notNull)
        .addColumn('subject', 'text', notNull)
        .addColumn('subject_kind', 'text', notNull)
        .addColumn('owner', 'text')
        .addColumn('resource', 'text', notNull)
        .addColumn('environment', 'text', notNull)
        .addColumn('protocol', 'text', notNull)
        .addColumn('client_address', 'text', notNull)
        .addColumn('application', 'text')
        .addColumn('revision', 'text', notNull)
        .addColumn('started', 'timestamptz', notNull)
        .addColumn('ended', 'timestamptz')
        .addColumn('end_reason', 'text')
        .addColumn('commands', 'integer', notNull)
        .addColumn('denied', 'integer', notNull)
        .addColumn('file', 'text', notNull)
        .execute();
      await db.schema
        .createTable('commands')
        .addColumn('session', 'text', notNull)
        .addColumn('seq', 'integer', notNull)
        .addColumn('time', 'timestamptz', notNull)
        .addColumn('gateway', 'text', notNull)
        .addColumn('subject', 'text', notNull)
        .addColumn('subject_kind', 'text', notNull)
        .addColumn('resource', 'text', notNull)
        .addColumn('environment', 'text', notNull)
        .addColumn('dialect', 'text', notNull)
        .addColumn('verb', 'text', notNull)
        .addColumn('effects', sql`text[]`, notNull)
        .addColumn('fingerprint', 'text', notNull)
        .addColumn('text', 'text', notNull)
        .addColumn('complete', 'boolean', notNull)
        .addColumn('decision', 'text', notNull)
        .addColumn('decision_id', 'text', notNull)
        .addColumn('rules', sql`text[]`, notNull)
        .addColumn('revision', 'text', notNull)
        .addColumn('status', 'text')
        .addColumn('tag', 'text')
        .addColumn('rows', 'bigint')
        .addColumn('bytes', 'bigint')
        .addColumn('error_code', 'text')
        .addColumn('duration_ms', 'double precision')
        .addPrimaryKeyConstraint('commands_pkey', ['session', 'seq'])
        .execute();
      // Each leads with what is asked for and ends with what is sorted by, so that the newest page is read off the index.
      for (const [name, columns] of [
        ['commands_time', ['time', 'session', 'seq']],
        ['commands_subject', ['subject', 'time', 'session', 'seq']],
        ['commands_resource', ['resource', 'time', 'session', 'seq']],
        ['commands_decision', ['decision', 'time', 'session', 'seq']],
        ['commands_fingerprint', ['fingerprint', 'time']],
      ] as const) {
        await db.schema
          .createIndex(name)
          .on('commands')
          .columns([...columns])
          .execute();
      }
      await db.schema.createIndex('commands_effects').on('commands').using('gin').column('effects').execute();
      await db.schema.createIndex('commands_rules').on('commands').using('gin').column('rules').execute();
      await db.schema.createIndex('sessions_started').on('sessions').columns(['started', 'id']).execute();
      await db.schema.createIndex('sessions_subject').on('sessions').columns(['subject', 'started']).execute();
      await db.schema.createIndex('sessions_resource').on('sessions').columns(['resource', 'started']).execute();
      await db.schema
        .createTable('indexed_files')
        .addColumn('gateway', 'text', notNull)
        .addColumn('file', 'text', notNull)
        .addColumn('session', 'text', notNull)
        .addColumn('position', 'bigint', notNull)
        .addColumn('next_seq', 'integer', notNull)
        .addColumn('ended', 'boolean', notNull)
        .addPrimaryKeyConstraint('indexed_files_pkey', ['gateway', 'file'])
        .execute();
    },
  },
  '002-approvals': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('approvals')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('digest', 'text', notNull)
        .addColumn('state', 'text', notNull)
        .addColumn('mode', 'text', notNull)
        .addColumn('gateway', 'text', notNull)
        .addColumn('session', 'text', notNull)
        .addColumn('subject', 'text', notNull)
        .addColumn('subject_kind', 'text', notNull)
        .addColumn('owner', 'text')
        .addColumn('resource', 'text', notNull)
        .addColumn('revision', 'text', notNull)
        .addColumn('body', 'text', notNull)
        .addColumn('created', 'timestamptz', notNull)
        .addColumn('expires', 'timestamptz', notNull)
        .addColumn('decided', 'timestamptz')
        .addColumn('used', 'timestamptz')
        .execute();
      await db.schema.createIndex('approvals_state').on('approvals').columns(['state', 'created']).execute();
      await db.schema.createIndex('approvals_digest').on('approvals').columns(['digest', 'subject']).execute();
      await db.schema
        .createTable('approval_votes')
        .addColumn('approval', 'text', (column) => column.notNull().references('approvals.id').onDelete('cascade'))
        .addColumn('reviewer', 'text', notNull)
        .addColumn('reviewer_groups', sql`text[]`, notNull)
        .addColumn('verdict', 'text', notNull)
        .addColumn('comment', 'text', notNull)
        .addColumn('acknowledged', 'boolean', notNull)
        .addColumn('time', 'timestamptz', notNull)
        .addPrimaryKeyConstraint('approval_votes_pkey', ['approval', 'reviewer'])
        .execute();
      await db.schema
        .createTable('grants')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('approval', 'text', notNull)
        .addColumn('subject', 'text', notNull)
        .addColumn('resource', 'text', notNull)
        .addColumn('effects', sql`text[]`, notNull)
        .addColumn('revision', 'text', notNull)
        .addColumn('granted_by', 'text', notNull)
        .addColumn('created', 'timestamptz', notNull)
        .addColumn('expires', 'timestamptz', notNull)
        .addColumn('revoked', 'timestamptz')
        .addColumn('revoked_by', 'text')
        .execute();
      await db.schema.createIndex('grants_subject').on('grants').columns(['subject', 'resource', 'expires']).execute();
    },
  },
  '003-subjects': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('subjects')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('kind', 'text', notNull)
        .addColumn('first_seen', 'timestamptz', notNull)
        .addColumn('last_seen', 'timestamptz', notNull)
        .execute();
    },
  },
  '004-outbox': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('outbox')
        .addColumn('id', 'bigserial', (column) => column.primaryKey())
        .addColumn('channel', 'text', notNull)
        .addColumn('source', 'text', notNull)
        .addColumn('time', 'timestamptz', notNull)
        .addColumn('data', 'text', notNull)
        .addColumn('left_out', 'integer', notNull)
        .addColumn('state', 'text', notNull)
        .addColumn('attempts', 'integer', notNull)
        .addColumn('next_attempt', 'timestamptz')
        .addColumn('finished', 'timestamptz')
        .addColumn('error', 'text')
        .addUniqueConstraint('outbox_source', ['channel', 'source'])
        .execute();
      // What waits is short even where much was sent.
      await sql`create index outbox_waiting on outbox (channel, id) where state = 'waiting'`.execute(db);
      await sql`create index outbox_finished on outbox (finished) where state <> 'waiting'`.execute(db);
      await db.schema
        .createTable('notification_channels')
        .addColumn('channel', 'text', (column) => column.primaryKey())
        .addColumn('minute', 'timestamptz')
        .addColumn('queued', 'integer', (column) => column.notNull().defaultTo(0))
        .addColumn('left_out', 'integer', (column) => column.notNull().defaultTo(0))
        .addColumn('sender', 'text')
        .addColumn('sender_until', 'timestamptz')
        .execute();
    },
  },
  '005-quarantine': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('quarantines')
        .addColumn('id', 'bigserial', (column) => column.primaryKey())
        .addColumn('subject', 'text', notNull)
        .addColumn('reason', 'text', notNull)
        .addColumn('imposed_by', 'text', notNull)
        .addColumn('decision', 'text', (column) => column.unique())
        .addColumn('since', 'timestamptz', notNull)
        .addColumn('released', 'timestamptz')
        .addColumn('released_by', 'text')
        .addColumn('release_comment', 'text')
        .execute();
      // Barred is barred: a second reason changes nothing until the first one is released.
      await sql`create unique index quarantines_in_force on quarantines (subject) where released is null`.execute(db);
      await db.schema.createIndex('quarantines_subject').on('quarantines').columns(['subject', 'id']).execute();
    },
  },
  '006-session-decisions': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable('sessions')
        .addColumn('decision', 'text')
        .addColumn('decision_id', 'text')
        .addColumn('rules', sql`text[]`)
        .execute();
      await db.schema.createIndex('sessions_decision').on('sessions').columns(['decision', 'started', 'id']).execute();
    },
  },
  '007-revision': {
    async up(db: Kysely<unknown>) {
      // A revision that decided little, or nothing, is asked for as well: that was a look at every command.
      await db.schema
        .createIndex('commands_revision')
        .on('commands')
        .columns(['revision', 'time', 'session', 'seq'])
        .execute();
    },
  },
};

function notNull<Column extends { notNull(): Column }>(column: Column): Column {
  return column.notNull();
}
