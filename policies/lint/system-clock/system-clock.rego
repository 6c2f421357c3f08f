# METADATA
# title: A clock besides the input's
# description: The time of this machine is not the time of the decision; read input.now
package custom.regal.rules.sallyport["system-clock"]

import data.regal.ast
import data.regal.result
import data.sallyport.lint.module
import data.sallyport.lint.terms

report contains violation if {
	not module.is_test
	ast.package_path[0] in {"policy", "sallyport"}
	some calls in ast.found.calls
	some call in calls
	terms.operator(call) == "time.now_ns"
	violation := result.fail(rego.metadata.chain(), result.location(call[0]))
}
