/**
 * Scripts for psql whose outcome (output, errors, exit code) must be the same through the gateway as without it.
 * All of them are allowed for a person, so each is also a check that Sallyport understands what psql sends.
 */
export interface PsqlCase {
  readonly name: string;
  readonly script: string;
  readonly args?: readonly string[];
}

/** Meta-commands that list something; psql asks the catalogs with long statements of its own. */
export const describeCommands = [
  '\\d', '\\d customers', '\\d+ customers', '\\d orders', '\\d+ open_orders', '\\d+ revenue', '\\dS+ pg_class',
  '\\d customers_id_seq', '\\d orders_by_customer', '\\dt', '\\dt+', '\\dt vault.*', '\\di+', '\\dv+', '\\dm+', '\\ds+',
  '\\df', '\\df+', '\\dfp', '\\dft', '\\df order_c*', '\\sf order_count', '\\sv open_orders', '\\dn', '\\dn+', '\\du+',
  '\\dg', '\\dT+', '\\dD+', '\\dp', '\\z customers', '\\ddp', '\\dx', '\\dx+', '\\db+', '\\dy', '\\dew+', '\\des+', '\\det+',
  '\\deu+', '\\drds', '\\dRp+', '\\dRs+', '\\dF+', '\\dFd+', '\\dFp+', '\\dFt+', '\\dL+', '\\dc+', '\\dC+', '\\dO', '\\dP+',
  '\\dA+', '\\dAc', '\\dAf', '\\dAo', '\\dAp', '\\da', '\\do', '\\dX', '\\dd', '\\dl', '\\dconfig work*', '\\encoding',
] as const; // prettier-ignore

export const scripts: readonly PsqlCase[] = [
  { name: 'types of every kind', script: 'SELECT * FROM kinds;' },
  { name: '\\gdesc', script: 'SELECT id, name, email, 1.5::numeric(4,1) AS n FROM customers \\gdesc' },
  { name: '\\gset', script: "SELECT count(*) AS n, max(name) AS m FROM customers \\gset\n\\echo :n :m\nSELECT :'m' AS back;" },
  { name: '\\gx', script: 'SELECT * FROM orders ORDER BY id LIMIT 1 \\gx' },
  { name: '\\gexec', script: "SELECT format('SELECT %s AS n', i) FROM generate_series(1, 3) AS i \\gexec" },
  { name: '\\crosstabview', script: 'SELECT customer_id, status, sum(total) FROM orders GROUP BY 1, 2 ORDER BY 1, 2 \\crosstabview' },
  { name: '\\errverbose', script: 'SELECT 1 / 0;\n\\errverbose' },
  { name: '\\timing off, \\if and \\set', script: '\\set a 1\n\\if :a\nSELECT :a + 1 AS two;\n\\endif' },
  { name: 'several statements in one message', script: 'SELECT 1 AS a\\; SELECT 2 AS b\\; SELECT 3 AS c;' },
  { name: 'an error in the middle of a message', script: 'SELECT 1 AS a\\; SELECT 1 / 0\\; SELECT 3 AS c;\nSELECT 4 AS d;' },
  { name: 'FETCH_COUNT (cursors)', script: '\\set FETCH_COUNT 2\nSELECT * FROM customers ORDER BY id;' },
  { name: 'AUTOCOMMIT off', script: "\\set AUTOCOMMIT off\nUPDATE orders SET total = 1;\nROLLBACK;\nSELECT sum(total) FROM orders;" },
  {
    name: 'ON_ERROR_ROLLBACK',
    script: '\\set ON_ERROR_ROLLBACK on\nBEGIN;\nUPDATE orders SET total = 2 WHERE id = 1;\nSELECT 1 / 0;\nSELECT total FROM orders WHERE id = 1;\nCOMMIT;',
  },
  { name: 'ON_ERROR_STOP', script: '\\set ON_ERROR_STOP on\nSELECT 1 / 0;\nSELECT 2;' },
  { name: 'a script with -1', script: 'CREATE TABLE one (a int);\nINSERT INTO one VALUES (1);\nSELECT * FROM one;', args: ['-1'] },
  { name: 'an error of the target with all its fields', script: "\\set VERBOSITY verbose\nINSERT INTO customers (name, email) VALUES ('x', 'ada@example.com');" },
  { name: 'notices', script: "CREATE TABLE IF NOT EXISTS customers (id int);\nALTER TABLE IF EXISTS nowhere ADD COLUMN a int;" },
  { name: 'server-side prepared statements', script: "PREPARE p (int) AS SELECT name FROM customers WHERE id = $1;\nEXECUTE p (1);\nEXECUTE p (2);\nDEALLOCATE p;" },
  { name: 'cursors', script: 'BEGIN;\nDECLARE c SCROLL CURSOR FOR SELECT id FROM customers ORDER BY id;\nFETCH 2 FROM c;\nMOVE BACKWARD 1 FROM c;\nFETCH ALL FROM c;\nCLOSE c;\nCOMMIT;' },
  { name: 'COPY to standard output', script: 'COPY customers TO STDOUT;\nCOPY (SELECT id, name FROM customers ORDER BY id) TO STDOUT (FORMAT csv, HEADER);' },
  { name: 'COPY from standard input', script: 'COPY orders (customer_id, total) FROM STDIN;\n1\t5.5\n2\t6.5\n\\.\nSELECT customer_id, total FROM orders ORDER BY id DESC LIMIT 2;' },
  { name: 'COPY from standard input with a bad line', script: "COPY orders (customer_id, total) FROM STDIN;\n1\tmany\n\\.\nSELECT 'still here' AS state;" },
  { name: 'LISTEN and NOTIFY', script: "LISTEN news;\nNOTIFY news, 'hello';\nSELECT 1;\nUNLISTEN news;" },
  { name: 'savepoints', script: 'BEGIN;\nSAVEPOINT s;\nDELETE FROM orders;\nROLLBACK TO SAVEPOINT s;\nRELEASE SAVEPOINT s;\nCOMMIT;\nSELECT count(*) FROM orders;' },
  { name: 'EXPLAIN', script: 'EXPLAIN (COSTS off) SELECT * FROM orders WHERE id = 1;\nEXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off, BUFFERS off) SELECT 1;' },
  { name: 'the server works in UTF-8 on what looks odd', script: "SELECT 'Zoë 東京 😀' AS s, E'\\u0041\\n' AS e, $tag$ a;b $tag$ AS d, U&'d\\0061t\\+000061' AS u;" },
  { name: 'comments and an empty statement', script: '-- nothing\n;\n/* SELECT 1; /* nested */ */ SELECT 2 AS two;' },
  { name: 'settings and transactions of other kinds', script: "SET statement_timeout = '1min';\nSHOW statement_timeout;\nBEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY;\nSHOW transaction_read_only;\nCOMMIT;\nRESET ALL;\nDISCARD ALL;" },
  { name: 'DDL of every day', script: "CREATE TABLE t (a int PRIMARY KEY, b text);\nALTER TABLE t ADD COLUMN c date;\nCREATE INDEX ON t (b);\nCOMMENT ON TABLE t IS 'x';\nCREATE VIEW v AS SELECT a FROM t;\nGRANT SELECT ON t TO reader;\nINSERT INTO t VALUES (1, 'x') ON CONFLICT (a) DO UPDATE SET b = excluded.b RETURNING *;\nMERGE INTO t USING (VALUES (1)) AS s (a) ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = 'm';\nANALYZE t;\nVACUUM t;\nREINDEX TABLE t;\n\\d+ t" },
]; // prettier-ignore
