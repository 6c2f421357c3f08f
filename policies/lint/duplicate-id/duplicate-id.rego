# METADATA
# title: An id that two rules have
# description: Two rules have the same id
package custom.regal.rules.sallyport["duplicate-id"]

import data.regal.result
import data.regal.util
import data.sallyport.lint.module

# Rules of one name can share the METADATA of their document; each other id is taken once.
aggregate contains entry if {
	module.policy
	some rule in input.rules
	some annotation in rule.annotations
	id := annotation.custom.id
	is_string(id)
	location := util.to_location_object(annotation.location)
	entry := result.aggregate(rego.metadata.chain(), {
		"id": id,
		"row": location.row,
		"col": location.col,
		"text": input.regal.file.lines[location.row - 1],
	})
}

aggregate_report contains violation if {
	some entry in input.aggregate
	others := [other |
		some other in input.aggregate
		other.aggregate_data.id == entry.aggregate_data.id
		before(other, entry)
	]
	count(others) > 0
	first := sort([place(other) | some other in others])[0]
	violation := result.fail(rego.metadata.chain(), {
		"description": sprintf("the id %s is taken already, at %s:%d", [entry.aggregate_data.id, first[0], first[1]]),
		"location": {
			"file": entry.aggregate_source.file,
			"row": entry.aggregate_data.row,
			"col": entry.aggregate_data.col,
			"text": entry.aggregate_data.text,
		},
	})
}

before(a, b) if place(a) < place(b)

place(entry) := [entry.aggregate_source.file, entry.aggregate_data.row]
