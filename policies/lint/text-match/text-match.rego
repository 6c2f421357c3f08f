# METADATA
# title: A pattern on a command's text
# description: A command is judged by a pattern on its text, where its parsed form says what it does
package custom.regal.rules.sallyport["text-match"]

import data.regal.ast
import data.regal.result
import data.sallyport.lint.module
import data.sallyport.lint.terms

# Which argument is matched, by function.
matched := {
	"contains": 1,
	"endswith": 1,
	"glob.match": 3,
	"indexof": 1,
	"indexof_n": 1,
	"regex.find_all_string_submatch_n": 2,
	"regex.find_n": 2,
	"regex.globs_match": 2,
	"regex.match": 2,
	"regex.template_match": 2,
	"startswith": 1,
	"strings.any_prefix_match": 1,
	"strings.any_suffix_match": 1,
	"strings.count": 1,
}

report contains violation if {
	reads_text
	not module.is_test
	some index, calls in ast.found.calls
	some call in calls
	position := matched[terms.operator(call)]
	of_text(index, call[position])
	violation := result.fail(rego.metadata.chain(), result.ranged_location_between(call[0], regal.last(call)))
}

# split(input.command.text, " ")[0] == "drop"
report contains violation if {
	reads_text
	not module.is_test
	some index, calls in ast.found.calls
	some call in calls
	terms.operator(call) in {"equal", "eq", "internal.member_2"}
	some [words, others] in [[call[1], call[2]], [call[2], call[1]]]
	word(index, words)
	count(terms.texts(index, others)) > 0
	violation := result.fail(rego.metadata.chain(), result.location(words))
}

# Most modules never touch the text: the rest is not worth asking then.
reads_text if {
	some refs in ast.found.refs
	some ref in refs
	some part in ref.value
	part.value == "text"
}

is_text(term) if {
	term.type == "ref"
	term.value[0].value == "input"
	term.value[1].value == "command"
	term.value[2].value == "text"
}

reads_text if {
	some one in input.imports
	regal.last(one.path.value).value == "text"
}

# What is made of the text (its lower case, a part of it) counts as text.
of_text(index, term) if {
	walk(term, [_, node])
	is_text(node)
}

of_text(index, term) if {
	walk(term, [_, node])
	terms.path(index, node) == "command/text"
}

of_text(index, term) if {
	walk(term, [_, node])
	node.type == "var"
	node.value in (object.get(names, index, set()) | helpers)
}

# Names of each rule that hold text, by way of helpers' arguments as well.
names[index] := (object.get(direct, index, set()) | object.get(passed, index, set())) | object.get(indirect, index, set()) if {
	some index in ast.rule_index_strings
}

# Rules that are a name for text: statement := lower(input.command.text)
helpers contains rule.head.ref[0].value if {
	some rule in input.rules
	not rule.head.args
	not rule.head.key
	some node in terms.nodes(rule.head.value)
	is_text(node)
}

direct[index] contains name if {
	some index, bound in terms.bindings
	some name, binding in bound
	some node in terms.nodes(binding.term)
	textual(index, node)
}

textual(_, node) if is_text(node)

textual(index, node) if terms.path(index, node) == "command/text"

textual(_, node) if {
	node.type == "var"
	node.value in helpers
}

# f(text) is called with the text somewhere in this module.
passed[index] contains argument.value if {
	some caller, calls in ast.found.calls
	some call in calls
	name := terms.operator(call)
	some index in functions[name]
	some position, argument in input.rules[to_number(index)].head.args
	argument.type == "var"
	some node in terms.nodes(call[position + 1])
	handed_on(caller, node)
}

handed_on(caller, node) if textual(caller, node)

handed_on(caller, node) if {
	node.type == "var"
	node.value in object.get(direct, caller, set())
}

functions[name] contains sprintf("%d", [i]) if {
	some i, rule in input.rules
	rule.head.args
	name := rule.head.ref[0].value
}

# What is made of those.
indirect[index] contains name if {
	some index, bound in terms.bindings
	some name, binding in bound
	some node in terms.nodes(binding.term)
	node.type == "var"
	node.value in (object.get(direct, index, set()) | object.get(passed, index, set()))
}

# A word of the text, or its words.
word(index, term) if {
	some node in terms.nodes(term)
	is_split(index, node)
}

word(index, term) if {
	some node in terms.nodes(term)
	node.type == "var"
	binding := terms.bindings[index][node.value]
	some inner in terms.nodes(binding.term)
	is_split(index, inner)
}

is_split(index, node) if {
	node.type == "call"
	terms.operator(node.value) in {"split", "regex.split"}
	some argument in node.value
	of_text(index, argument)
}
