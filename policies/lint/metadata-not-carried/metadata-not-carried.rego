# METADATA
# title: METADATA that never reaches the decision
# description: The rule has an id in its METADATA, and its entry does not bring it along
package custom.regal.rules.sallyport["metadata-not-carried"]

import data.regal.ast
import data.regal.result
import data.sallyport.lint.module
import data.sallyport.lint.terms

report contains violation if {
	some one in module.effect_rules
	module.written_out(one.rule)
	some annotation in one.rule.annotations
	annotation.custom.id
	count(module.members(one.rule, "rule")) == 0
	count(module.members(one.rule, "id")) == 0
	not reads_metadata(one.index)
	violation := result.fail(rego.metadata.chain(), object.union(result.location(one.rule.head.key), {"description": sprintf(
		`the id %s stands in the METADATA only: give an entry with {"rule": rego.metadata.rule()}`,
		[annotation.custom.id],
	)}))
}

reads_metadata(index) if {
	some call in ast.found.calls[index]
	startswith(terms.operator(call), "rego.metadata.")
}
