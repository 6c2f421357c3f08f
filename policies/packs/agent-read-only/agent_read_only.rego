# METADATA
# title: Agents read, and do nothing else
# description: |
#   The one pack that allows: it gives agents what they need for reading, and denies the rest in words that tell an agent
#   what to do instead. It says nothing of anybody else. Settings stand in `data.agent_read_only`; see README.md.
package policy.agent_read_only

import data.sallyport.settings
import data.sallyport.sql
import data.sallyport.subject

# Settings

shape := {
	"kinds": "names",
	"groups": "names",
	"production": "names",
	"schemas": "names",
	"hidden": "names",
	"max_denied": "number",
}

default kinds := {"agent"}

kinds := {kind | some kind in data.agent_read_only.kinds} if data.agent_read_only.kinds

default groups := set()

groups := {name | some name in data.agent_read_only.groups} if data.agent_read_only.groups

default production_names := {"production", "prod"}

production_names := {name | some name in data.agent_read_only.production} if data.agent_read_only.production

# What search_path may name.
default schemas := {"", "public", "$user", "pg_catalog"}

schemas := {name | some name in data.agent_read_only.schemas} | {"", "pg_catalog"} if data.agent_read_only.schemas

default max_denied := 50

max_denied := data.agent_read_only.max_denied

agent if input.subject.kind in kinds

agent if subject.in_any(groups)

production if input.resource.environment in production_names

# What agents may do

# METADATA
# title: Agents read
# description: By effects, not by keywords. What the parser does not vouch for is no read.
# custom: {id: SP-AR-100}
allow contains {"rule": rego.metadata.rule()} if {
	agent
	sql.read_only
}

# METADATA
# title: Agents keep their sessions
# description: Transactions, cursors, prepared statements, settings and what pools send between two clients.
# custom: {id: SP-AR-101}
allow contains {"rule": rego.metadata.rule()} if {
	agent
	sql.only_does({"read", "session", "transaction"})
	not sql.read_only
	not sql.takes_identity
	not leaves_schemas
}

# METADATA
# title: Agents give advisory locks back
# description: asyncpg and others release what they never took, each time that a connection goes back to its pool.
# custom: {id: SP-AR-102}
allow contains {"rule": rego.metadata.rule()} if {
	agent
	sql.only_does({"read", "lock"})
	releases_only
}

releases_only if {
	input.command.attributes.statement == "select"
	sql.calls({"lock"})
	every function in input.command.functions { releases(function) }
	every target in input.command.targets { target.access == "read" }
}

releases(function) if function.category != "lock"

releases(function) if startswith(sql.last(function.path), "pg_advisory_unlock")

leaves_schemas if {
	some setting in input.command.attributes.settings
	setting.name == "search_path"
	setting.action == "set"
	not stays(setting)
}

stays(setting) if {
	every name in split(setting.value, ",") { trim(name, " \"") in schemas }
}

# What agents may not do

# METADATA
# title: The settings of agent-read-only hold
# description: A setting that is misspelt or mistyped denies everything, so that no guard is lost unseen.
# custom: {id: SP-AR-000, severity: high, remediation: "Mend data.agent_read_only; the README of the pack lists its settings."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some message in settings.problems("agent_read_only", data.agent_read_only, shape)
}

# METADATA
# title: Agents change nothing
# description: Rows, schemas and rights, in a CTE, a cursor or EXPLAIN ANALYZE as well.
# custom: {id: SP-AR-001, severity: critical, remediation: "Ask the person who answers for this agent to run it."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	agent
	some effect in input.command.effects
	message := sprintf("agents only read, and this would %s", [changes[effect]])
}

changes := {
	"write": "write rows",
	"delete": "delete rows",
	"truncate": "truncate a table",
	"create": "create an object",
	"alter": "alter an object",
	"drop": "drop an object",
	"grant": "change rights",
	"bulk_load": "load rows",
}

# METADATA
# title: Agents run no procedural code
# description: DO, CALL, and what defines code for later.
# custom: {id: SP-AR-002, severity: high, remediation: "Send the statements themselves instead of a DO block or a CALL."}
deny contains {"rule": rego.metadata.rule(), "message": "DO blocks and procedures are not for agents"} if {
	agent
	"procedural" in input.command.effects
}

# METADATA
# title: Agents send what can be read
# description: Dynamic SQL, functions that nobody vouches for, and text that does not parse.
# custom: {id: SP-AR-003, severity: high, remediation: "Send plain SQL: no dynamic SQL and no functions of your own."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	agent
	input.command.complete == false
	message := sprintf("nobody can vouch for this statement: %s", [concat(", ", input.command.reasons)])
}

# METADATA
# title: Agents stay who they are
# description: SET ROLE, SET SESSION AUTHORIZATION and set_config on them. Going back to the session's own role is allowed.
# custom: {id: SP-AR-004, severity: high, remediation: "Work with the rights that this connection has."}
deny contains {"rule": rego.metadata.rule(), "message": "agents do not take another role"} if {
	agent
	sql.takes_identity
}

# METADATA
# title: Agents take no locks
# description: FOR UPDATE and FOR SHARE, LOCK TABLE, advisory locks.
# custom: {id: SP-AR-005, severity: high, remediation: "Read without FOR UPDATE and without locks."}
deny contains {"rule": rego.metadata.rule(), "message": "a lock makes others wait for an agent"} if {
	agent
	"lock" in input.command.effects
	not releases_only
}

# METADATA
# title: Agents read production in portions
# description: Every column of a table without LIMIT and without a condition is the whole table.
# custom: {id: SP-AR-006, severity: medium, remediation: "Name the columns or the rows that you need, or add a LIMIT."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	agent
	production
	not input.command.attributes.limit.present
	not restricted
	not only_plans
	some column in input.command.attributes.columns.projected
	sql.last(column.path) == "*"
	not sql.catalog(column.path)
	message := sprintf("all columns of all rows of %s", [concat(".", array.slice(column.path, 0, count(column.path) - 1))])
}

restricted if {
	input.command.attributes.where.present == true
	input.command.attributes.where.trivial == false
}

only_plans if input.command.attributes.explain.analyze == false

# METADATA
# title: Agents join on something
# description: Catalogs are small, and clients do it there.
# custom: {id: SP-AR-007, severity: medium, remediation: "Give the join a condition."}
deny contains {"rule": rego.metadata.rule(), "message": "a join without a condition multiplies two tables"} if {
	input.command.attributes.cross_join == true
	agent
	not sql.only_catalogs
	not only_plans
}

# METADATA
# title: Agents keep the schemas that names are looked for in
# description: Another search_path makes names mean other tables. The setting `schemas` tells which it may name.
# custom: {id: SP-AR-008, severity: medium, remediation: "Write the schema before the table's name."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	agent
	leaves_schemas
	message := sprintf("search_path may name %s", [concat(", ", [name | some name in sort(schemas); name != ""])])
}

# METADATA
# title: Agents do not hold a session up
# description: pg_sleep and its kin.
# custom: {id: SP-AR-009, severity: medium, remediation: "Wait on your own side."}
deny contains {"rule": rego.metadata.rule(), "message": "sleeping in the database keeps a connection from others"} if {
	agent
	sql.calls({"sleep"})
}

# METADATA
# title: Agents do not administer
# description: VACUUM, other sessions, the server, its guards.
# custom: {id: SP-AR-010, severity: high, remediation: "Ask a database administrator."}
deny contains {"rule": rego.metadata.rule(), "message": "administration is not for agents"} if {
	agent
	"admin" in input.command.effects
	not sql.takes_identity
}

# METADATA
# title: Hidden tables stay hidden
# description: The setting `hidden` names tables (`vault.secrets`) and schemas (`vault.*`) that agents do not touch.
# custom: {id: SP-AR-011, severity: critical, remediation: "Ask the owners of this data."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some name in data.agent_read_only.hidden
	agent
	hides(split(name, "."))
	message := sprintf("%s is not for agents", [name])
}

hides(path) if {
	sql.last(path) != "*"
	sql.touches(path)
}

hides(path) if {
	path[1] == "*"
	some target in input.command.targets
	path[0] in target.path
}

# METADATA
# title: An agent that is refused again and again is stopped
# description: After `max_denied` refusals in one session, which is then probing rather than working.
# custom: {id: SP-AR-012, severity: high}
terminate contains {"rule": rego.metadata.rule(), "message": "too many refusals: this session ends"} if {
	agent
	input.session.counters.denied >= max_denied
}
