# METADATA
# title: Exfiltration
# description: |
#   Guards the ways by which data leaves a database other than as the rows of a query: files and programs of the server,
#   connections to elsewhere, COPY, replication, statistics that hold values. It only denies, limits and notifies: what it
#   lets through needs an `allow` of another policy. Settings stand in `data.exfiltration`; see README.md.
package policy.exfiltration

import data.sallyport.settings
import data.sallyport.sql
import data.sallyport.subject

# Settings

shape := {
	"production": "names",
	"administrators": "names",
	"no_copy": "names",
	"exporters": "names",
	"sensitive": "names",
	"limited": "names",
	"rows": "number",
	"bytes": "number",
	"channel": "text",
}

default production_names := {"production", "prod"}

production_names := {name | some name in data.exfiltration.production} if data.exfiltration.production

default administrator_groups := {"dba"}

administrator_groups := {name | some name in data.exfiltration.administrators} if data.exfiltration.administrators

# Kinds of subject that copy no tables out.
default no_copy_kinds := {"agent"}

no_copy_kinds := {kind | some kind in data.exfiltration.no_copy} if data.exfiltration.no_copy

# Groups that do, whatever their kind.
default exporter_groups := set()

exporter_groups := {name | some name in data.exfiltration.exporters} if data.exfiltration.exporters

# Kinds whose results are limited, where the settings `rows` or `bytes` name a limit.
default limited_kinds := {"agent"}

limited_kinds := {kind | some kind in data.exfiltration.limited} if data.exfiltration.limited

default channel := "security"

channel := data.exfiltration.channel

production if input.resource.environment in production_names

administrator if {
	input.subject.kind != "agent"
	subject.in_any(administrator_groups)
}

# METADATA
# title: The settings of exfiltration hold
# description: A setting that is misspelt or mistyped denies everything, so that no guard is lost unseen.
# custom: {id: SP-EX-000, severity: high, remediation: "Mend data.exfiltration; the README of the pack lists its settings."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some message in settings.problems("exfiltration", data.exfiltration, shape)
}

# METADATA
# title: Nothing reaches the server's files or programs
# description: By COPY, functions, tablespaces, foreign tables, LOAD, or in the body of a function that is defined.
# custom: {id: SP-EX-001, severity: critical, remediation: "Use COPY … FROM STDIN or TO STDOUT (\\copy in psql)."}
deny contains {"rule": rego.metadata.rule(), "message": "the server's files and programs are out of bounds"} if {
	reaches_out
}

reaches_out if "unsafe_io" in input.command.effects

reaches_out if "unsafe_io" in input.command.attributes.body.effects

# METADATA
# title: COPY runs no program
# description: COPY … PROGRAM runs a shell command as the server's own user.
# custom: {id: SP-EX-002, severity: critical, remediation: "Pipe through a program on your own machine."}
deny contains {"rule": rego.metadata.rule(), "message": "COPY … PROGRAM runs a shell command on the database server"} if {
	input.command.attributes.copy.endpoint == "program"
}

# METADATA
# title: No functions that read files or open connections
# description: pg_read_file, pg_ls_dir, lo_import, dblink and their kin, whoever calls them.
# custom: {id: SP-EX-003, severity: critical, remediation: "Fetch the data with a client of its own."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some function in input.command.functions
	function.category in {"file", "network"}
	message := sprintf("%s reaches out of the database", [concat(".", function.path)])
}

# METADATA
# title: No large objects
# description: They stand outside the rights of tables, and lo_export writes them to files.
# custom: {id: SP-EX-004, severity: medium, remediation: "Keep the data in a bytea column."}
deny contains {"rule": rego.metadata.rule(), "message": "large objects stand outside the rights of tables"} if {
	sql.calls({"large_object"})
}

# METADATA
# title: Agents take no tables away
# description: COPY … TO STDOUT (\copy in psql, pg_dump), of a table or a query. `exporters` names groups that may.
# custom: {id: SP-EX-005, severity: high, remediation: "Select the rows that you need, with a LIMIT."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	"bulk_export" in input.command.effects
	input.subject.kind in no_copy_kinds
	not subject.in_any(exporter_groups)
	message := sprintf("COPY … TO is not for a subject of kind %s", [input.subject.kind])
}

# METADATA
# title: Statistics show no values of columns
# description: |
#   What the planner keeps of a column are values of it. Its columns that hold none (n_distinct, null_frac) may be read,
#   and administrators read all.
# custom: {id: SP-EX-006, severity: critical, remediation: "EXPLAIN shows the planner's estimates."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some relation in touched_names
	some column in value_holders[relation]
	sql.touches_column(["pg_catalog", relation], column)
	not administrator
	message := sprintf("%s.%s holds values of the columns that it describes", [relation, column])
}

# Large objects' pages are data as well.
value_holders := {
	"pg_stats": ["most_common_vals", "histogram_bounds", "most_common_elems", "range_bounds_histogram"],
	"pg_stats_ext": ["most_common_vals"],
	"pg_stats_ext_exprs": ["most_common_vals", "histogram_bounds", "most_common_elems", "range_bounds_histogram"],
	"pg_statistic": ["stavalues1", "stavalues2", "stavalues3", "stavalues4", "stavalues5"],
	"pg_statistic_ext_data": ["stxdmcv", "stxdexpr"],
	"pg_largeobject": ["data"],
}

touched_names contains sql.last(target.path) if {
	some target in input.command.targets
	target.kind != "column"
	could_be_catalog(target.path)
}

# A bare name is a catalog's, too, where search_path names other schemas first.
could_be_catalog(path) if count(path) == 1

could_be_catalog(path) if path[0] == "pg_catalog"

# METADATA
# title: Replication and backups are set up elsewhere
# description: Slots, publications, subscriptions and base backups copy everything; administrators may.
# custom: {id: SP-EX-007, severity: critical, remediation: "Ask a database administrator."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some what in copying
	not administrator
	message := sprintf("%s copies the whole database", [what])
}

copying contains concat(".", function.path) if {
	some function in input.command.functions
	function.category == "replication"
}

copying contains concat(".", function.path) if {
	some function in input.command.functions
	sql.last(function.path) in {"pg_backup_start", "pg_backup_stop"}
}

copying contains target.kind if {
	some target in input.command.targets
	target.kind in {"publication", "subscription"}
	target.access in {"create", "alter"}
}

# METADATA
# title: No roads to other servers
# description: Foreign servers, their wrappers, user mappings and tables; administrators may.
# custom: {id: SP-EX-008, severity: critical, remediation: "Ask a database administrator."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	kind := input.command.attributes.object
	kind in {"foreign_data_wrapper", "server", "user_mapping", "foreign_table"}
	sql.does_any({"create", "alter"})
	not administrator
	message := sprintf("a %s is a road to another server", [replace(kind, "_", " ")])
}

# METADATA
# title: No dump of a whole database or schema in one value
# description: database_to_xml, schema_to_xml, table_to_xml and their kin; administrators may.
# custom: {id: SP-EX-009, severity: high, remediation: "Select the columns that you need from the table itself."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some function in input.command.functions
	function.category == "dynamic_sql"
	name := sql.last(function.path)
	name in dumpers
	not administrator
	message := sprintf("%s makes one value of whole tables", [name])
}

dumpers := {
	"database_to_xml", "database_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xml_and_xmlschema", "table_to_xml",
	"table_to_xml_and_xmlschema", "cursor_to_xml",
}

# METADATA
# title: Sensitive tables are not read
# description: |
#   The setting `sensitive` names tables (`audit.logins`), or columns with three parts (`pg_catalog.pg_stat_activity.query`),
#   that only administrators read.
# custom: {id: SP-EX-010, severity: critical, remediation: "Ask the owners of this data."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some name in data.exfiltration.sensitive
	touches_named(split(name, "."))
	not administrator
	message := sprintf("%s is sensitive", [name])
}

touches_named(path) if {
	count(path) < 3
	sql.touches(path)
}

touches_named(path) if {
	count(path) == 3
	sql.touches_column([path[0], path[1]], path[2])
}

# METADATA
# title: Results are limited
# description: |
#   Where the settings `rows` or `bytes` name a limit, of one statement's result.
# custom: {id: SP-EX-011, severity: low}
limit contains object.union({"rule": rego.metadata.rule()}, bounds) if {
	count(bounds) > 0
	input.subject.kind in limited_kinds
	"read" in input.command.effects
	sql.touches_relations
	not sql.only_catalogs
}

bounds["rows"] := data.exfiltration.rows

bounds["bytes"] := data.exfiltration.bytes

# METADATA
# title: Security hears of attempts to reach out
# description: Of files, programs, and connections to elsewhere.
# custom: {id: SP-EX-012, severity: high}
notify contains {"rule": rego.metadata.rule(), "channel": channel, "message": "a command reached for files, programs or other servers"} if {
	reaches_out
}

# METADATA
# title: Security hears of tables that are copied out of production
# description: Whether it is allowed or not.
# custom: {id: SP-EX-013, severity: medium}
notify contains {"rule": rego.metadata.rule(), "channel": channel, "message": "a table was copied out of production"} if {
	"bulk_export" in input.command.effects
	production
}
