# METADATA
# title: A helper that does not exist
# description: There is no such name in Sallyport's library
package custom.regal.rules.sallyport["unknown-helper"]

import data.regal.ast
import data.regal.result

report contains violation if {
	ast.package_path[0] == "policy"
	some refs in ast.found.refs
	some ref in refs
	path := library_path(ref.value)
	not exists(path)
	violation := result.fail(rego.metadata.chain(), object.union(result.ranged_from_ref(ref.value), {"description": sprintf(
		"there is no %s in Sallyport's library%s",
		[concat(".", path), near(path)],
	)}))
}

# The static beginning of a reference to the library, by its full name or by way of an import.
library_path(ref) := path if {
	ref[0].value == "data"
	ref[1].value == "sallyport"
	path := static(ref)
} else := path if {
	imported := ast.resolved_imports[ref[0].value]
	imported[0] == "data"
	imported[1] == "sallyport"
	path := array.concat(imported, array.slice(static(ref), 1, count(ref)))
}

# Up to the first part that is only known when it runs.
static(ref) := [part.value | some part in array.slice(ref, 0, first)] if {
	first := min({i | some i, part in ref; i > 0; part.type != "string"} | {count(ref)})
}

# The compiler generates data.sallyport.collected; what handed data there is besides the library is no business of rules.
exists(path) if count(path) < 3

exists(path) if path[2] == "collected"

exists(path) if {
	some name in data.sallyport.library
	count(name) >= count(path)
	array.slice(name, 0, count(path)) == path
}

exists(path) if {
	some name in data.sallyport.library
	count(name) < count(path)
	array.slice(path, 0, count(name)) == name
}

package_of(path) := array.slice(path, 0, min({3, count(path) - 1}))

# Names of the same package that begin alike: all of them would fill the screen.
near(path) := sprintf("; near it: %s", [concat(", ", names)]) if {
	names := {name |
		some name in names_in(package_of(path))
		substring(name, 0, 3) == substring(regal.last(path), 0, 3)
	}
	count(names) > 0
} else := ""

names_in(within) := {regal.last(name) |
	some name in data.sallyport.library
	count(name) == count(within) + 1
	array.slice(name, 0, count(within)) == within
}
