-- The database that the end-to-end suite protects: small, and with one of everything that clients like to look at.
CREATE TYPE order_status AS ENUM ('open', 'paid', 'sent');
CREATE DOMAIN email_address AS text CHECK (VALUE LIKE '%@%');

CREATE TABLE customers (
  id serial PRIMARY KEY,
  name text NOT NULL,
  email email_address NOT NULL UNIQUE,
  card_number text,
  notes jsonb DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT '2025-01-01 00:00:00+00'
);
COMMENT ON TABLE customers IS 'People who bought something';
COMMENT ON COLUMN customers.card_number IS 'PII';

CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id int NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  status order_status NOT NULL DEFAULT 'open',
  total numeric(10, 2) NOT NULL CHECK (total >= 0),
  tags text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX orders_by_customer ON orders (customer_id) WHERE status <> 'sent';

CREATE VIEW open_orders AS SELECT o.id, c.name, o.total FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status = 'open';
CREATE MATERIALIZED VIEW revenue AS SELECT status, sum(total) AS total FROM orders GROUP BY status;

CREATE FUNCTION order_count(customer int) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM orders WHERE customer_id = customer $$;
CREATE FUNCTION wipe_orders() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM orders; END $$;
CREATE PROCEDURE close_orders() LANGUAGE sql AS $$ UPDATE orders SET status = 'sent' $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.notes = NEW.notes || '{"touched": true}'; RETURN NEW; END $$;
CREATE TRIGGER customers_touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch();

CREATE TABLE kinds (
  b bool, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, n numeric, t text, v varchar(10), c char(3), by bytea,
  d date, ti time, ts timestamp, tz timestamptz, iv interval, u uuid, j json, jb jsonb, ip inet, a int[], r int4range
);

-- Nobody may touch these but the harness: what they hold tells whether something slipped through.
CREATE TABLE canary (id int PRIMARY KEY, note text NOT NULL);
CREATE SCHEMA vault;
CREATE TABLE vault.secrets (id int PRIMARY KEY, secret text NOT NULL);
CREATE SEQUENCE canary_sequence;

INSERT INTO customers (name, email, card_number) VALUES
  ('Ada Lovelace', 'ada@example.com', '4111111111111111'),
  ('Grace Hopper', 'grace@example.com', '5500000000000004'),
  ('Alan Turing', 'alan@example.com', NULL),
  ('Zoë 東京 😀', 'zoe@example.com', '340000000000009');
INSERT INTO orders (customer_id, status, total, tags) VALUES
  (1, 'open', 10.50, '{new,gift}'), (1, 'paid', 99.99, '{}'), (2, 'sent', 5.00, '{"a b"}'), (4, 'open', 0.01, '{}');
REFRESH MATERIALIZED VIEW revenue;
INSERT INTO kinds VALUES
  (true, 1, 2, 9007199254740993, 1.5, 2.5, 12345.678901234567890, 'text "quoted"', 'varchar', 'abc', '\x00ff10',
   '2025-02-28', '12:34:56', '2025-02-28 12:34:56.789', '2025-02-28 12:34:56+00', '1 day 2 hours',
   '00000000-0000-4000-8000-000000000001', '{"a": 1}', '{"b": [1, 2]}', '10.0.0.1/8', '{1,NULL,3}', '[1,5)'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO canary VALUES (1, 'sings'), (2, 'sings too');
INSERT INTO vault.secrets VALUES (1, 'the crown jewels');
