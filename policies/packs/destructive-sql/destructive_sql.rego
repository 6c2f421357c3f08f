# METADATA
# title: Destructive SQL
# description: |
#   Guards against losing rows and objects. It only denies and notifies: what it lets through needs an `allow` of another
#   policy. Settings stand in `data.destructive_sql`; see README.md.
package policy.destructive_sql

import data.sallyport.settings
import data.sallyport.sql
import data.sallyport.subject

# Settings

shape := {"production": "names", "administrators": "names", "never": "names", "protected": "names", "channel": "text"}

default production_names := {"production", "prod"}

production_names := {name | some name in data.destructive_sql.production} if data.destructive_sql.production

default administrator_groups := {"dba"}

administrator_groups := {name | some name in data.destructive_sql.administrators} if data.destructive_sql.administrators

# Kinds of subject that drop and truncate nowhere.
default never_kinds := {"agent"}

never_kinds := {kind | some kind in data.destructive_sql.never} if data.destructive_sql.never

default channel := "security"

channel := data.destructive_sql.channel

production if input.resource.environment in production_names

administrator if {
	input.subject.kind != "agent"
	subject.in_any(administrator_groups)
}

# METADATA
# title: The settings of destructive-sql hold
# description: A setting that is misspelt or mistyped denies everything, so that no guard is lost unseen.
# custom: {id: SP-DS-000, severity: high, remediation: "Mend data.destructive_sql; the README of the pack lists its settings."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some message in settings.problems("destructive_sql", data.destructive_sql, shape)
}

# METADATA
# title: Nothing is dropped or truncated in production
# description: Tables, columns, indexes and all else, but by administrators.
# custom: {id: SP-DS-001, severity: critical, remediation: "Ask for a reviewed migration."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some effect in input.command.effects
	effect in losses
	production
	not administrator
	message := sprintf("%s is not for production", [effect])
}

losses := {"drop", "truncate"}

# METADATA
# title: Agents drop and truncate nowhere
# description: In no environment, whatever their groups.
# custom: {id: SP-DS-002, severity: critical, remediation: "Ask the person who answers for you to do it."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some effect in input.command.effects
	effect in losses
	input.subject.kind in never_kinds
	message := sprintf("%s is not for a subject of kind %s", [effect, input.subject.kind])
}

# METADATA
# title: No change of every row
# description: UPDATE, DELETE or MERGE without a condition, or with one that holds for every row.
# custom: {id: SP-DS-003, severity: high, remediation: "Add a WHERE that names the rows."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	sql.every_row
	message := sprintf("%s without a condition touches every row", [upper(input.command.verb)])
}

# METADATA
# title: Schemas, databases and what a role owns stay in production
# description: One statement takes all that is inside; so it is for nobody, administrators included.
# custom: {id: SP-DS-004, severity: critical, remediation: "Drop the tables one by one, in a reviewed migration."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	"drop" in input.command.effects
	production
	some kind in dropped_containers
	message := sprintf("dropping a whole %s is not for production", [kind])
}

dropped_containers contains target.kind if {
	some target in input.command.targets
	target.access == "drop"
	target.kind in {"schema", "database", "tablespace"}
}

dropped_containers contains "role's belongings" if input.command.attributes.statement == "drop_owned"

dropped_containers contains "role's belongings" if "drop_owned" in input.command.attributes.nested

# METADATA
# title: No CASCADE in production
# description: What CASCADE takes along, neither the text nor a reviewer can tell.
# custom: {id: SP-DS-005, severity: high, remediation: "Name every object that is to go, without CASCADE."}
deny contains {"rule": rego.metadata.rule(), "message": "CASCADE takes along what nobody named"} if {
	input.command.attributes.cascade == true
	sql.does_any(losses)
	production
}

# METADATA
# title: No rewriting of tables in production
# description: VACUUM FULL, CLUSTER and REINDEX lock a table for as long as they take; administrators may.
# custom: {id: SP-DS-006, severity: high, remediation: "Use VACUUM, or REINDEX CONCURRENTLY, or ask an administrator."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	"lock" in input.command.effects
	statement := input.command.attributes.statement
	statement in {"vacuum", "cluster", "reindex"}
	not input.command.attributes.concurrently
	production
	not administrator
	message := sprintf("%s locks whole tables", [upper(statement)])
}

# METADATA
# title: Tables stay whole and durable in production
# description: DETACH PARTITION takes rows out of a table, SET UNLOGGED gives them up at a crash; administrators may.
# custom: {id: SP-DS-007, severity: high, remediation: "Ask for a reviewed migration."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some action in input.command.attributes.actions
	action in {"detach_partition", "set_un_logged"}
	production
	not administrator
	message := sprintf("%s is not for production", [action])
}

# METADATA
# title: Protected tables keep their rows
# description: The tables of the setting `protected` only grow; for everybody, everywhere.
# custom: {id: SP-DS-008, severity: critical, remediation: "Write a new row instead of changing an old one."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some name in data.destructive_sql.protected
	path := split(name, ".")
	some access in taken
	sql.touches_for({access}, path)
	message := sprintf("%s is protected: no %s", [name, access])
}

taken contains access if some access in ["delete", "truncate", "drop", "alter"]

# INSERT writes, too, and is what a protected table is for.
taken contains "write" if input.command.attributes.statement in {"update", "merge"}

taken contains "write" if {
	some statement in input.command.attributes.nested
	statement in {"update", "merge"}
}

# METADATA
# title: Security hears of losses in production
# description: Of what administrators drop and truncate, and of what others try.
# custom: {id: SP-DS-009, severity: medium}
notify contains {"rule": rego.metadata.rule(), "channel": channel, "message": message} if {
	sql.does_any(losses)
	production
	message := sprintf("%s in production", [input.command.verb])
}
