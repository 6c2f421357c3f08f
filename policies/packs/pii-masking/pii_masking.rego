# METADATA
# title: Personal data is masked
# description: |
#   Masks the columns that `data.pii_masking` declares for everybody but a privileged group, and denies what would carry
#   them past a mask. It only denies and masks: what it lets through needs an `allow` of another policy. Settings stand in
#   `data.pii_masking`; see README.md.
package policy.pii_masking

import data.sallyport.settings
import data.sallyport.sql
import data.sallyport.subject

# Settings

shape := {"columns": "map", "labels": "map", "detect": "map", "privileged": "names", "no_predicates": "names"}

# The ways that the merge knows; see policies/lib/decision.rego.
ways := {"partial", "hash", "fake", "redact", "null"}

default privileged_groups := {"pii"}

privileged_groups := {name | some name in data.pii_masking.privileged} if data.pii_masking.privileged

# Kinds of subject that may not search by a declared column.
default no_predicates_kinds := {"agent"}

no_predicates_kinds := {kind | some kind in data.pii_masking.no_predicates} if data.pii_masking.no_predicates

privileged if subject.in_any(privileged_groups)

# METADATA
# title: The settings of pii-masking hold
# description: A setting that is misspelt or mistyped denies everything, so that no mask is lost unseen.
# custom: {id: SP-PM-000, severity: high, remediation: "Mend data.pii_masking; the README of the pack lists its settings."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some message in faults
}

faults contains message if {
	some message in settings.problems("pii_masking", data.pii_masking, shape)
}

faults contains message if {
	some table, columns in data.pii_masking.columns
	not is_object(columns)
	message := sprintf("data.pii_masking.columns[%q] must map columns to ways of masking", [table])
}

faults contains message if {
	some how in declared_ways
	not how in ways
	message := sprintf("data.pii_masking: %v is no way of masking; there are: %s", [how, concat(", ", sort(ways))])
}

declared_ways contains how if {
	some columns in data.pii_masking.columns
	some how in columns
}

declared_ways contains how if some how in data.pii_masking.labels

declared_ways contains how if some how in data.pii_masking.detect

# Which of the declared columns a command reads

# [table, column] as declared, of the tables that the command touches.
reads contains [table, column] if {
	some table, columns in data.pii_masking.columns
	path := split(table, ".")
	sql.last(path) in touched_names
	some column, _ in columns
	reads_column(path, column)
}

# By the last part of the name; the whole of it is compared only where that fits.
touched_names contains sql.last(target.path) if {
	some target in targets
	target.kind != "column"
}

reads_column(table, column) if {
	some target in targets
	target.kind == "column"
	target.access == "read"
	sql.last(target.path) in {column, "*"}
	sql.could_be_of(target, table)
}

# What a function that is defined will do counts as well.
targets contains target if some target in input.command.targets

targets contains target if some target in input.command.attributes.body.targets

# Those that only decide which rows are read, and are neither shown nor assigned.
searched contains pair if {
	some pair in found_by
	not pair in projected
	not pair in elsewhere
}

found_by contains pair if {
	some pair in reads
	some column in input.command.attributes.columns.predicates
	means(column.path, pair)
}

projected contains pair if {
	some pair in reads
	some column in input.command.attributes.columns.projected
	means(column.path, pair)
}

elsewhere contains pair if {
	some pair in reads
	some column in input.command.attributes.columns.elsewhere
	means(column.path, pair)
}

means(path, [table, column]) if {
	sql.last(path) in {column, "*"}
	sql.could_be_of({"path": path}, split(table, "."))
}

# What the lists of columns do not show to be only searched counts as shown; a plan shows nothing.
shown := reads - searched if not only_plans

shown := set() if only_plans

only_plans if input.command.attributes.explain.analyze == false

# METADATA
# title: Declared columns are masked
# description: Where a command may show them, by whatever name or expression; for all but the privileged.
# custom: {id: SP-PM-001, severity: high}
mask contains {"rule": rego.metadata.rule(), "columns": [concat(".", pair)], "with": how} if {
	not privileged
	some pair in shown
	how := data.pii_masking.columns[pair[0]][pair[1]]
}

# METADATA
# title: Labelled columns are masked
# description: Columns that the gateway knows by a label of the setting `labels`, in commands that read any table.
# custom: {id: SP-PM-002, severity: high}
mask contains {"rule": rego.metadata.rule(), "labels": [label], "with": how} if {
	some label, how in data.pii_masking.labels
	not privileged
	reads_tables
}

# METADATA
# title: What looks like personal data is masked
# description: By the detectors of the setting `detect`, in commands that read any table.
# custom: {id: SP-PM-003, severity: medium}
mask contains {"rule": rego.metadata.rule(), "detect": [detector], "with": how} if {
	some detector, how in data.pii_masking.detect
	not privileged
	reads_tables
}

reads_tables if {
	"read" in input.command.effects
	sql.touches_relations
	not sql.only_catalogs
}

# METADATA
# title: Agents do not search by declared columns
# description: |
#   WHERE, JOIN, ORDER BY and GROUP BY tell a value bit by bit, masked or not. The setting `no_predicates` names the kinds.
# custom: {id: SP-PM-004, severity: high, remediation: "Search by another column, such as the id."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	input.subject.kind in no_predicates_kinds
	not privileged
	some pair in found_by
	message := sprintf("%s may not decide which rows are found", [concat(".", pair)])
}

# METADATA
# title: Declared columns are not carried elsewhere
# description: |
#   Into another table or column, a view, a function's body, or out by COPY: masks are put on the rows of a query, and
#   nowhere else.
# custom: {id: SP-PM-005, severity: critical, remediation: "Leave the column out, or ask somebody who may see it."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	not privileged
	some pair in carried
	message := sprintf("%s would leave its table unmasked", [concat(".", pair)])
}

carried contains pair if {
	sql.does_any({"write", "bulk_export", "unsafe_io", "procedural"})
	some pair in shown
}

# The query of a view. An index or a check on a column shows it to nobody.
carried contains pair if {
	sql.does_any({"create", "alter"})
	some pair in projected
}

# A generated column.
carried contains pair if {
	"add_column" in input.command.attributes.actions
	some pair in elsewhere
}

# METADATA
# title: Statistics of tables with declared columns are not read
# description: What the planner keeps of a column are values of it.
# custom: {id: SP-PM-006, severity: critical, remediation: "Use count(*) to see how large a table is."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some name in touched_names
	name in {"pg_statistic", "pg_stats", "pg_statistic_ext_data", "pg_stats_ext", "pg_stats_ext_exprs"}
	count(data.pii_masking.columns) > 0
	not privileged
	message := sprintf("%s holds values of the columns that it describes", [name])
}
