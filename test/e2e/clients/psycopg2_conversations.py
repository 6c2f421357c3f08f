"""Conversations of psycopg2 (simple protocol) with a server; prints what it got as JSON, one line for each."""

import io
import json

import psycopg2
import psycopg2.extras


def error_of(work):
    try:
        work()
    except psycopg2.Error as error:
        diag = error.diag
        names = ("severity", "sqlstate", "message_primary", "message_detail", "message_hint", "constraint_name",
                 "table_name", "column_name", "schema_name", "statement_position", "source_function")
        return {"type": type(error).__name__, **{name: getattr(diag, name) for name in names}}
    return "no error"


def show(name, value):
    print(json.dumps([name, value], default=lambda v: bytes(v).hex() if isinstance(v, memoryview) else str(v)))


connection = psycopg2.connect("")  # from the environment
connection.autocommit = True
cursor = connection.cursor()

cursor.execute("SELECT * FROM kinds")
show("types", [[column.name, column.type_code] for column in cursor.description])
show("rows", cursor.fetchall())

cursor.execute("SELECT %s, %s, %s", (1, "it's; DROP TABLE orders --", [1, 2]))
show("parameters", cursor.fetchall())

out = io.StringIO()
cursor.copy_expert("COPY customers TO STDOUT WITH CSV HEADER", out)
show("copy out", out.getvalue())
cursor.execute("CREATE TEMP TABLE loaded (a int, b text)")
cursor.copy_expert("COPY loaded FROM STDIN", io.StringIO("1\tone\n2\ttwo\n"))
cursor.execute("SELECT * FROM loaded ORDER BY a")
show("copy in", cursor.fetchall())
show("bad copy", error_of(lambda: cursor.copy_expert("COPY loaded FROM STDIN", io.StringIO("x\n"))))

psycopg2.extras.execute_values(cursor, "INSERT INTO loaded VALUES %s", [(i, str(i)) for i in range(10, 20)])
psycopg2.extras.execute_batch(cursor, "INSERT INTO loaded VALUES (%s, %s)", [(i, str(i)) for i in range(20, 30)])
cursor.execute("SELECT count(*), sum(a) FROM loaded")
show("batches", cursor.fetchall())

show("error", error_of(lambda: cursor.execute("INSERT INTO customers (name, email) VALUES ('x', 'ada@example.com')")))
# What does not parse is refused by Sallyport, in the target's words and with the decision beside them.
syntax = error_of(lambda: cursor.execute("SELEC 1"))
show("syntax", [syntax[name] for name in ("sqlstate", "message_primary", "statement_position")])

connection.autocommit = False
with connection.cursor("server_side") as named:
    named.itersize = 2
    named.execute("SELECT id, name FROM customers ORDER BY id")
    show("named cursor", list(named))
connection.rollback()
show("failed", error_of(lambda: cursor.execute("SELECT 1/0")))
show("aborted", error_of(lambda: cursor.execute("SELECT 1")))
connection.rollback()
cursor.execute("SELECT 1")
show("again", cursor.fetchall())
show("notices", [notice.split(":")[0] for notice in connection.notices])
connection.commit()
connection.close()
