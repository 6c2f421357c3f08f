"""An agent's denied statements with psycopg 3, alone and inside a pipeline; prints SQLSTATEs as a JSON list."""

import json
import logging

import psycopg

# It logs what a broken pipeline leaves behind, with addresses that differ.
logging.disable(logging.CRITICAL)

seen = []


def attempt(work):
    try:
        work()
        seen.append("ok")
    except psycopg.Error as error:
        seen.append(error.sqlstate)


with psycopg.connect("", autocommit=True) as connection:
    attempt(lambda: connection.execute("DELETE FROM orders"))
    attempt(lambda: connection.execute("DELETE FROM orders WHERE id = %s", [1]))
    attempt(lambda: connection.execute("SELECT 1"))

    def pipeline():
        with connection.pipeline():
            connection.execute("SELECT 1")
            connection.execute("DROP TABLE orders")
            connection.execute("SELECT 2")

    attempt(pipeline)
    attempt(lambda: connection.execute("SELECT count(*) FROM orders"))
print(json.dumps(seen))
