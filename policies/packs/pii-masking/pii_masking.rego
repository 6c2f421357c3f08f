# METADATA
# title: Personal data is masked
# description: |
#   Masks the columns, labels and kinds of values that `data.pii_masking` declares, for everybody but a privileged group. The
#   gateway follows the values and refuses to carry them to where it cannot mask them; what is left to rules is what a
#   condition or a statistic tells, and who is to be asked first. Settings stand in `data.pii_masking`; see README.md.
package policy.pii_masking

import data.sallyport.columns
import data.sallyport.masking
import data.sallyport.settings
import data.sallyport.sql
import data.sallyport.subject

# Settings

shape := {
	"columns": "map",
	"labels": "map",
	"detect": "map",
	"privileged": "names",
	"no_predicates": "names",
	"review": "map",
	"ttl": "text",
	"resources": "names",
}

default privileged_groups := {"pii"}

privileged_groups := {name | some name in data.pii_masking.privileged} if data.pii_masking.privileged

# Kinds of subject that may not search by declared columns.
default no_predicates_kinds := {"agent"}

no_predicates_kinds := {kind | some kind in data.pii_masking.no_predicates} if data.pii_masking.no_predicates

default ttl := "1h"

ttl := data.pii_masking.ttl

privileged if subject.in_any(privileged_groups)

# Whom and what all of this is about.
guarded if {
	not privileged
	in_scope
}

in_scope if not data.pii_masking.resources

in_scope if input.resource.name in data.pii_masking.resources

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
	some table, named in data.pii_masking.columns
	not is_object(named)
	message := sprintf("data.pii_masking.columns[%q] must map columns to ways of masking", [table])
}

faults contains message if {
	some entry in ((declared_columns | declared_labels) | declared_detectors)
	some fault in masking.faults(entry)
	message := sprintf("data.pii_masking: a mask of %s: %s", [concat(", ", names_of(entry)), fault])
}

faults contains message if {
	some label, approvers in data.pii_masking.review
	not settings.holds("names", approvers)
	message := sprintf("data.pii_masking.review[%q] must be a list of approvers", [label])
}

names_of(entry) := [name | some key in masking.sources; some name in entry[key]]

# Masks. They stand without a condition on the command: the gateway puts one on wherever such a value can be.

declared_columns contains {"columns": [sprintf("%s.%s", [table, column])], "with": how} if {
	some table, named in data.pii_masking.columns
	some column, how in named
}

declared_labels contains {"labels": [label], "with": how} if some label, how in data.pii_masking.labels

declared_detectors contains {"detect": [detector], "with": how} if some detector, how in data.pii_masking.detect

# METADATA
# title: Declared columns are masked
# description: By whatever name or expression, view or function they come; for all but the privileged.
# custom: {id: SP-PM-001, severity: high}
mask contains object.union(entry, {"rule": rego.metadata.rule()}) if {
	guarded
	some entry in declared_columns
}

# METADATA
# title: Labelled columns are masked
# description: Those that `data.labels` or the target labels with one of the setting `labels`.
# custom: {id: SP-PM-002, severity: high}
mask contains object.union(entry, {"rule": rego.metadata.rule()}) if {
	guarded
	some entry in declared_labels
}

# METADATA
# title: What looks like personal data is masked
# description: By the detectors of the setting `detect`, in every value and text that is shown.
# custom: {id: SP-PM-003, severity: medium}
mask contains object.union(entry, {"rule": rego.metadata.rule()}) if {
	guarded
	some entry in declared_detectors
}

# What a mask does not stop

# METADATA
# title: Agents do not search by declared or labelled columns
# description: |
#   WHERE, JOIN, ORDER BY and GROUP BY tell a value bit by bit, masked or not. The setting `no_predicates` names the kinds.
# custom: {id: SP-PM-004, severity: high, remediation: "Search by another column, such as the id."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	input.subject.kind in no_predicates_kinds
	guarded
	some name in declared_among(input.command.attributes.columns.predicates)
	message := sprintf("%s may not decide which rows are found", [name])
}

# METADATA
# title: Code does not carry declared or labelled columns elsewhere
# description: |
#   A rule, a function, a procedure or a block that reads them and writes rows or files. What a query would carry away is
#   refused by the gateway itself; code runs later, or out of its sight.
# custom: {id: SP-PM-005, severity: critical, remediation: "Leave the column out, or ask somebody who may see it."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	"procedural" in input.command.effects
	guarded
	writes
	some name in read_by_code
	message := sprintf("%s would leave its table unmasked", [name])
}

writes if sql.does_any({"write", "bulk_export", "unsafe_io"})

writes if {
	some effect in input.command.attributes.body.effects
	effect in {"write", "bulk_export", "unsafe_io"}
}

# METADATA
# title: Statistics of tables with declared columns are not read
# description: What the planner keeps of a column are values of it.
# custom: {id: SP-PM-006, severity: critical, remediation: "Use count(*) to see how large a table is."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some target in input.command.targets
	name := sql.last(target.path)
	name in {"pg_statistic", "pg_stats", "pg_statistic_ext_data", "pg_stats_ext", "pg_stats_ext_exprs"}
	guarded
	count(declared_columns | declared_labels) > 0
	message := sprintf("%s holds values of the columns that it describes", [name])
}

# METADATA
# title: Some labels are shown once somebody agrees
# description: |
#   The setting `review` names labels and who is to be asked; of what is shown, masked or not. What nobody can follow is asked
#   for as well.
# custom: {id: SP-PM-007, severity: high}
review contains {"rule": rego.metadata.rule(), "message": message, "approvers": approvers, "ttl": ttl} if {
	guarded
	some label, approvers in data.pii_masking.review
	columns.shows_label(label)
	message := sprintf("columns labelled %s would be shown", [label])
}

# Names of columns, among those of a command, that carry a label of the setting `labels`, or are declared.

declared_among(found) := labelled_among(found) | named_among(found)

labelled_among(found) := {concat(".", path) |
	some label, _ in data.pii_masking.labels
	some path in columns.labelled(found, label)
}

named_among(found) := {sprintf("%s.%s", [table, column]) |
	some one in found
	some table, named in data.pii_masking.columns
	some column, _ in named
	means(one.path, split(table, "."), column)
}

read_by_code contains name if some name in declared_among(input.command.attributes.columns.read)

# Bodies of functions have no lists of columns.
read_by_code contains sprintf("%s.%s", [table, column]) if {
	some target in input.command.attributes.body.targets
	target.kind == "column"
	some table, named in data.pii_masking.columns
	some column, _ in named
	means(target.path, split(table, "."), column)
	sql.last(split(table, ".")) in {sql.last(one.path) | some one in input.command.attributes.body.targets; one.kind != "column"}
}

means(path, table, column) if {
	sql.last(path) in {column, "*"}
	count(path) > 1
	sql.could_be_of({"path": path}, table)
}

# A column that the text leaves without its table counts where the command names a table like it.
means(path, table, column) if {
	count(path) == 1
	path[0] in {column, "*"}
	some target in input.command.targets
	target.kind != "column"
	sql.last(target.path) == sql.last(table)
}
