-- The schema of the masking corpus. Every value of a labelled column is one of a kind, so that it is found wherever it
-- turns up: texts hold `zq7`, numbers and dates are in ranges that nothing else uses. The labels stand in labels.ts.

CREATE TYPE address AS (street text, city text);
CREATE DOMAIN phone_number AS text CHECK (VALUE ~ '^[+0-9]');
CREATE TYPE mood AS ENUM ('calm', 'cross');

CREATE TABLE customers (
  id int PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL UNIQUE,
  card_number text NOT NULL,
  phone phone_number,
  ssn varchar(20),
  birth_date date,
  salary int,
  profile jsonb,
  tags text[],
  home address,
  city text NOT NULL,
  mood mood NOT NULL DEFAULT 'calm',
  email_domain text GENERATED ALWAYS AS (upper(email)) STORED
);
INSERT INTO customers (id, name, email, card_number, phone, ssn, birth_date, salary, profile, tags, home, city)
SELECT n, 'customer ' || n, 'zq7mail' || n || '@secret.example', 'zq7card-' || n || '-4111', '+1555zq7' || n, 'zq7ssn-' || n,
  date '1911-01-01' + n, 91170000 + n, jsonb_build_object('token', 'zq7token' || n, 'level', 9117500 + n),
  ARRAY['zq7tag' || n, 'zq7more' || n], ROW('zq7street ' || n, 'zq7town ' || n)::address, (ARRAY['Oslo', 'Rome', 'Lima'])[n % 3 + 1]
FROM generate_series(1, 6) AS n;

CREATE TABLE orders (
  id int PRIMARY KEY,
  customer_id int NOT NULL REFERENCES customers,
  product text NOT NULL,
  amount numeric(10, 2) NOT NULL,
  placed date NOT NULL DEFAULT '2024-05-01',
  note text NOT NULL DEFAULT ''
);
INSERT INTO orders SELECT n, n % 6 + 1, 'product ' || n % 4, n * 10, date '2024-05-01' + n FROM generate_series(1, 12) AS n;

-- As many plain tables: nothing in them is labelled.
CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, price numeric(10, 2), data jsonb, words text[], made date, home address);
INSERT INTO products SELECT n, 'product ' || n, n * 3, jsonb_build_object('size', n, 'kinds', jsonb_build_array('a', n)), ARRAY['w' || n, 'x'], date '2020-02-02' + n, ROW('Main ' || n, 'Oslo')::address FROM generate_series(0, 5) AS n;
CREATE TABLE cities (name text PRIMARY KEY, country text NOT NULL, people int NOT NULL, email text);
INSERT INTO cities VALUES ('Oslo', 'Norway', 700, 'hall@oslo.example'), ('Rome', 'Italy', 2800, 'hall@rome.example'), ('Lima', 'Peru', 9700, NULL);
CREATE TABLE notes (id serial PRIMARY KEY, body text, written timestamptz NOT NULL DEFAULT '2024-01-01 00:00+00');
INSERT INTO notes (body) VALUES ('first'), ('second');
CREATE TABLE tree (id int PRIMARY KEY, parent int, label text);
INSERT INTO tree VALUES (1, NULL, 'root'), (2, 1, 'left'), (3, 1, 'right'), (4, 2, 'leaf');

CREATE VIEW contacts AS SELECT id, name AS who, email AS mail, city FROM customers;
CREATE VIEW oslo_contacts AS SELECT c.who, lower(c.mail) AS mail FROM contacts c WHERE c.city = 'Oslo';
CREATE VIEW wide AS SELECT c.*, o.product FROM customers c JOIN orders o ON o.customer_id = c.id;
CREATE VIEW totals AS SELECT c.city, count(*) AS customers, max(c.salary) AS top FROM customers c GROUP BY c.city;
CREATE VIEW product_prices AS SELECT id, name, price FROM products;
CREATE VIEW rows_of AS SELECT c AS customer, c.id FROM customers c;
CREATE MATERIALIZED VIEW mail_list AS SELECT id, email, name FROM customers;
CREATE MATERIALIZED VIEW price_list AS SELECT name, price * 2 AS double FROM products;

CREATE TABLE events (id int, kind text, payload text, happened date NOT NULL) PARTITION BY RANGE (happened);
CREATE TABLE events_2023 PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO events SELECT n, 'kind ' || n % 2, 'zq7payload' || n, date '2023-06-01' + n * 100 FROM generate_series(1, 5) AS n;
CREATE TABLE people (id int, nick text);
CREATE TABLE staff (badge text) INHERITS (people);
INSERT INTO people VALUES (1, 'nobody');
INSERT INTO staff VALUES (2, 'zq7nick2', 'zq7badge2'), (3, 'zq7nick3', 'zq7badge3');

CREATE FUNCTION mail_of(customer int) RETURNS text LANGUAGE sql STABLE AS 'SELECT email FROM customers WHERE id = customer';
CREATE FUNCTION mails() RETURNS TABLE (who text, mail text) LANGUAGE sql STABLE AS 'SELECT name, email FROM customers';
CREATE FUNCTION all_customers() RETURNS SETOF customers LANGUAGE sql STABLE AS 'SELECT * FROM customers';
CREATE FUNCTION shout(what text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT upper(what) || '!'$$;
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE RETURN n * 2;
CREATE FUNCTION standard_mail(n int) RETURNS text LANGUAGE sql STABLE BEGIN ATOMIC SELECT email FROM customers WHERE id = n; END;
CREATE FUNCTION mail_plpgsql(n int) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE found text;
BEGIN
  SELECT email INTO found FROM customers WHERE id = n;
  RETURN found;
END $$;
CREATE FUNCTION dynamic_mail(n int) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE found text;
BEGIN
  EXECUTE 'SELECT email FROM customers WHERE id = $1' INTO found USING n;
  RETURN found;
END $$;
CREATE FUNCTION shout_plpgsql(what text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN upper(what) || '!'; END $$;
CREATE FUNCTION speak(n int) RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN
  RAISE NOTICE 'the address is %', (SELECT email FROM customers WHERE id = n);
  RETURN n;
END $$;
CREATE FUNCTION cursor_of() RETURNS refcursor LANGUAGE plpgsql AS $$
DECLARE c refcursor := 'of_customers';
BEGIN
  OPEN c FOR SELECT email FROM customers ORDER BY id;
  RETURN c;
END $$;
CREATE FUNCTION same_mail(a text, b text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = same_mail);
CREATE FUNCTION mail_for(n int, plus int) RETURNS text LANGUAGE sql STABLE AS 'SELECT email FROM customers WHERE id = $1';
CREATE OPERATOR @@@ (LEFTARG = int, RIGHTARG = int, FUNCTION = mail_for);
CREATE FUNCTION row_mail(c customers) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT c.email';
CREATE FUNCTION two(n int, OUT a int, OUT b text) LANGUAGE sql IMMUTABLE AS $$SELECT n, 'b' || n$$;
CREATE FUNCTION a_record(n int) RETURNS record LANGUAGE sql STABLE AS 'SELECT id, email FROM customers WHERE id = n';

CREATE TABLE logged (id int, what text);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'changed to %', NEW.email; RETURN NEW; END $$;
CREATE TRIGGER told BEFORE UPDATE OF email ON customers FOR EACH ROW EXECUTE FUNCTION tell();
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no salary for %', NEW.ssn; END $$;
CREATE TRIGGER refused BEFORE UPDATE OF salary ON customers FOR EACH ROW EXECUTE FUNCTION refuse();
ANALYZE customers;
