# METADATA
# title: Guardrails for PostgreSQL
# description: |
#   What nobody should do by accident and no agent should do at all. See README.md for the list, and for the groups and
#   labels that it goes by.
package policy.postgres_guardrails

import data.sallyport.sql

# Members may change schemas and rights.
dba if "dba" in input.subject.groups

agent if input.subject.kind == "agent"

production if input.resource.environment == "production"

# Who may do what at all

allow contains "everybody reads" if sql.read_only

allow contains "drivers keep their sessions" if sql.housekeeping

allow contains "people, jobs and services change data" if {
	not agent
	every effect in input.command.effects { effect in everyday_effects }
}

everyday_effects := {"read", "write", "delete", "bulk_load", "bulk_export", "lock", "session", "transaction"}

allow contains "database administrators administer" if {
	dba
	input.subject.kind == "human"
}

# METADATA
# title: Schema changes outside production are for everybody but agents
# custom: {id: SP-PG-100}
allow contains {"rule": rego.metadata.rule()} if {
	not agent
	not production
	sql.changes_schema
	every effect in input.command.effects { effect in {"read", "write", "create", "alter", "drop", "lock"} }
}

# METADATA
# title: Schema changes in production are reviewed
# custom: {id: SP-PG-101, severity: medium}
review contains {"rule": rego.metadata.rule(), "approvers": ["dba"], "ttl": "15m"} if {
	production
	not agent
	sql.changes_schema
}

# METADATA
# title: What nobody can vouch for is reviewed
# custom: {id: SP-PG-102, severity: medium}
review contains {"rule": rego.metadata.rule(), "accept": "incomplete", "approvers": ["dba"], "ttl": "15m"} if {
	not agent
	input.command.complete == false
}

# Agents

# METADATA
# title: Agents read
# custom: {id: SP-PG-001, severity: critical, remediation: "Ask the person who owns this agent to run it."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	agent
	some effect in input.command.effects
	effect in {"write", "delete", "truncate", "create", "alter", "drop", "bulk_load", "lock"}
	message := sprintf("agents only read, and this is a %s", [effect])
}

# METADATA
# title: Agents run no procedural code
# custom: {id: SP-PG-002, severity: high, remediation: "Send the statements themselves instead of a DO block or a CALL."}
deny contains {"rule": rego.metadata.rule(), "message": "DO blocks and procedures are not for agents"} if {
	agent
	"procedural" in input.command.effects
}

# METADATA
# title: Agents send what can be read
# custom: {id: SP-PG-003, severity: high, remediation: "Send plain SQL: no dynamic SQL and no functions of your own."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	agent
	input.command.complete == false
	message := sprintf("nobody can vouch for this statement: %s", [concat(", ", input.command.reasons)])
}

# METADATA
# title: Agents stay who they are
# custom: {id: SP-PG-004, severity: high, remediation: "Work with the rights that this connection has."}
deny contains {"rule": rego.metadata.rule(), "message": "agents do not take another role"} if {
	agent
	sql.changes_identity
}

# METADATA
# title: Agents take no tables away
# custom: {id: SP-PG-005, severity: high, remediation: "Select the rows that you need, with a LIMIT."}
deny contains {"rule": rego.metadata.rule(), "message": "COPY TO is not for agents"} if {
	agent
	"bulk_export" in input.command.effects
}

# METADATA
# title: Agents read production in portions
# custom: {id: SP-PG-006, severity: medium, remediation: "Name the columns that you need, or add a LIMIT."}
deny contains {"rule": rego.metadata.rule(), "message": "SELECT * without a LIMIT reads all of a production table"} if {
	agent
	production
	input.command.attributes.star == true
	not input.command.attributes.limit.present
	sql.touches_relations
	not only_catalogs
}

# METADATA
# title: Agents join on something
# custom: {id: SP-PG-007, severity: medium, remediation: "Give the join a condition."}
deny contains {"rule": rego.metadata.rule(), "message": "a join without a condition multiplies two tables"} if {
	agent
	input.command.attributes.cross_join == true
	not only_catalogs
}

# METADATA
# title: An agent that is refused again and again is stopped
# custom: {id: SP-PG-008, severity: high}
terminate contains {"rule": rego.metadata.rule(), "message": "too many refusals: this session ends"} if {
	agent
	input.session.counters.denied >= 50
}

# Everybody

# METADATA
# title: Nothing reaches the server's files or programs
# custom: {id: SP-PG-010, severity: critical, remediation: "Use COPY … FROM STDIN or TO STDOUT (\\copy in psql)."}
deny contains {"rule": rego.metadata.rule(), "message": "the server's files and programs are out of bounds"} if {
	"unsafe_io" in input.command.effects
}

# METADATA
# title: COPY runs no program
# custom: {id: SP-PG-011, severity: critical, remediation: "Pipe through a program on your own machine."}
deny contains {"rule": rego.metadata.rule(), "message": "COPY … PROGRAM runs a shell command on the database server"} if {
	input.command.attributes.copy.endpoint == "program"
}

# METADATA
# title: No functions that read files or open connections
# custom: {id: SP-PG-012, severity: critical, remediation: "Fetch the data with a client of its own."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some function in input.command.functions
	function.category in {"file", "network"}
	message := sprintf("%s reaches out of the database", [concat(".", function.path)])
}

# METADATA
# title: No large objects
# custom: {id: SP-PG-013, severity: medium, remediation: "Keep the data in a bytea column."}
deny contains {"rule": rego.metadata.rule(), "message": "large objects stand outside the rights of tables"} if {
	sql.calls({"large_object"})
}

# METADATA
# title: Nothing is dropped or truncated in production
# custom: {id: SP-PG-014, severity: critical, remediation: "Ask for a reviewed migration."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	production
	not dba
	some effect in input.command.effects
	effect in {"drop", "truncate"}
	message := sprintf("%s is not for production", [effect])
}

# METADATA
# title: No UPDATE or DELETE of every row
# custom: {id: SP-PG-015, severity: high, remediation: "Add a WHERE that names the rows."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	sql.every_row
	message := sprintf("%s without a WHERE touches every row", [upper(input.command.verb)])
}

# METADATA
# title: Rights are given by administrators
# custom: {id: SP-PG-016, severity: critical, remediation: "Ask a database administrator."}
deny contains {"rule": rego.metadata.rule(), "message": "only database administrators change rights and roles"} if {
	not dba
	sql.changes_access
}

# METADATA
# title: Nobody becomes a superuser
# custom: {id: SP-PG-017, severity: critical, remediation: "Grant the rights that are needed, one by one."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some option in input.command.attributes.role_options
	option in {"superuser", "bypassrls", "replication"}
	message := sprintf("no role gets %s through this gateway", [upper(option)])
}

# METADATA
# title: Row security stays on
# custom: {id: SP-PG-018, severity: critical, remediation: "Ask a database administrator for a policy that fits."}
deny contains {"rule": rego.metadata.rule(), "message": "row security and triggers stay on"} if {
	not dba
	some setting in input.command.attributes.settings
	setting.name in {"row_security", "session_replication_role"}
}

# METADATA
# title: The server is administered elsewhere
# custom: {id: SP-PG-019, severity: high, remediation: "Change the server's own configuration."}
deny contains {"rule": rego.metadata.rule(), "message": "ALTER SYSTEM and defaults of databases and roles are not set here"} if {
	some setting in input.command.attributes.settings
	setting.scope in {"system", "database", "role"}
}

# METADATA
# title: Sessions of others are left alone
# custom: {id: SP-PG-020, severity: high, remediation: "Ask a database administrator."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	not dba
	some function in input.command.functions
	function.category in {"admin", "replication"}
	message := sprintf("%s is for database administrators", [concat(".", function.path)])
}

# METADATA
# title: Password hashes and column statistics are not read
# custom: {id: SP-PG-021, severity: critical, remediation: "pg_roles shows roles, EXPLAIN shows estimates."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	not dba
	some name in sensitive_catalogs
	sql.touches([name])
	message := sprintf("%s holds what its readers must not see", [name])
}

# METADATA
# title: Functions run with their caller's rights
# custom: {id: SP-PG-022, severity: high, remediation: "Leave SECURITY DEFINER out, or ask a database administrator."}
deny contains {"rule": rego.metadata.rule(), "message": "a SECURITY DEFINER function lends its owner's rights"} if {
	not dba
	input.command.attributes.security_definer == true
}

# METADATA
# title: Security hears of attempts
# custom: {id: SP-PG-023}
notify contains {"rule": rego.metadata.rule(), "channel": "security", "message": "a command reached for files, programs or rights"} if {
	some effect in input.command.effects
	effect in {"unsafe_io", "grant"}
}

# What pg_statistic and its views keep are values of the columns themselves.
sensitive_catalogs := {
	"pg_authid", "pg_shadow", "pg_user_mapping", "pg_user_mappings", "pg_subscription",
	"pg_statistic", "pg_stats", "pg_statistic_ext_data", "pg_stats_ext", "pg_stats_ext_exprs",
	"pg_hba_file_rules", "pg_ident_file_mappings", "pg_file_settings", "pg_largeobject",
}

only_catalogs if {
	every target in input.command.targets { catalog(target) }
}

catalog(target) if target.path[0] in {"pg_catalog", "information_schema"}

catalog(target) if not target.kind in {"table", "view", "materialized_view", "foreign_table"}

catalog(target) if {
	count(target.path) == 1
	startswith(target.path[0], "pg_")
}
