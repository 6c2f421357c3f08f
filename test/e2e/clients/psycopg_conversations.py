"""Conversations of psycopg 3 (extended protocol, binary, pipeline mode) with a server, printed as JSON lines."""

import json
import logging

import psycopg

# It logs what a broken pipeline leaves behind, with addresses that differ.
logging.disable(logging.CRITICAL)


def error_of(work):
    try:
        work()
    except psycopg.Error as error:
        diag = error.diag
        names = ("severity", "sqlstate", "message_primary", "message_detail", "message_hint", "constraint_name",
                 "table_name", "column_name", "schema_name", "statement_position", "source_function")
        return {"type": type(error).__name__, **{name: getattr(diag, name) for name in names}}
    return "no error"


def show(name, value):
    print(json.dumps([name, value], default=str))


with psycopg.connect("", autocommit=True) as connection:
    cursor = connection.cursor(binary=True)
    cursor.execute("SELECT i2, i4, i8, f8, t, by, d, u FROM kinds WHERE i4 = %s", [2])
    show("binary", cursor.fetchall())
    cursor = connection.cursor()
    cursor.execute("SELECT * FROM kinds")
    show("types", [[column.name, column.type_code] for column in cursor.description])
    show("rows", cursor.fetchall())

    for number in range(12):  # prepared by itself from the fifth time on
        cursor.execute("SELECT name FROM customers WHERE id = %s", [number % 5])
        show("prepared", cursor.fetchall())

    with connection.cursor().copy("COPY customers TO STDOUT (FORMAT binary)") as copy:
        show("binary copy", sum(len(block) for block in copy))
    cursor.execute("CREATE TEMP TABLE loaded (a int, b text)")
    with cursor.copy("COPY loaded FROM STDIN") as copy:
        for number in range(100):
            copy.write_row((number, str(number)))
    cursor.execute("SELECT count(*), sum(a) FROM loaded")
    show("copy in", cursor.fetchall())

    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::int + 1", [number]) for number in range(20)]
        show("pipeline", [each.fetchone() for each in cursors])

    def broken_pipeline():
        with connection.pipeline():
            connection.execute("SELECT 1")
            connection.execute("SELECT 1/0")
            connection.execute("SELECT 3")

    show("pipeline with an error", error_of(broken_pipeline))
    cursor.executemany("INSERT INTO loaded VALUES (%s, %s)", [(number, "x") for number in range(30)])
    cursor.execute("SELECT count(*) FROM loaded")
    show("executemany", cursor.fetchall())
    show("stream", list(connection.cursor().stream("SELECT id, name FROM customers ORDER BY id")))
    show("error", error_of(lambda: cursor.execute("INSERT INTO customers (name, email) VALUES (%s, %s)", ["x", "no"])))
    with connection.transaction():
        show("nested", error_of(lambda: connection.transaction().__enter__() and connection.execute("SELECT 1/0")))
