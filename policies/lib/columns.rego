# METADATA
# title: Columns by their labels
# description: |
#   What a command shows and what it searches by, by the labels of the target's columns rather than by their names:
#
#     review contains {"approvers": ["dba"]} if { input.subject.kind == "agent"; columns.shows_label("health") }
#
#   Labels come from `data.labels` and from the target; the gateway follows them through views, expressions, functions and
#   CTEs. What nobody can follow counts as labelled, so a rule that denies, reviews or masks by these words errs towards
#   more. A rule that allows should say `not columns.shows_label("pii")`, never look for a label that must be there.
package sallyport.columns

import data.sallyport.sql

# METADATA
# title: The columns that have a label, as paths
# description: '`labelled(input.command.attributes.columns.read, "pii")`'
labelled(columns, label) := {column.path |
	some column in columns
	label in column.labels
}

# METADATA
# title: Rows of the command can show values of a column with this label
# description: |
#   By whatever name or expression. So can a column whose provenance is unknown, and any command that reads tables where
#   nothing follows lineage. Those that are masked count, too: masks are put on after the decision.
shows_label(label) if {
	some column in input.result.columns
	label in column.labels
}

shows_label(_) if {
	some column in input.result.columns
	column.provenance == "unknown"
}

shows_label(_) if unfollowed

# METADATA
# title: The command reads a column with this label, for whatever purpose
# description: Shown, searched by, or carried elsewhere.
reads_label(label) if {
	some column in input.command.attributes.columns.read
	label in column.labels
}

reads_label(_) if unfollowed

# METADATA
# title: A column with this label decides which rows are found, or their order
# description: WHERE, JOIN, GROUP BY, ORDER BY, … tell a value bit by bit, masked or not.
searches_by_label(label) if count(labelled(input.command.attributes.columns.predicates, label)) > 0

searches_by_label(_) if unfollowed

# Nothing follows lineage here, and tables are read.
unfollowed if {
	not input.result
	"read" in input.command.effects
	sql.touches_relations
	not sql.only_catalogs
}
