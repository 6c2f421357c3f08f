# METADATA
# title: Settings of packs
# description: |
#   A pack takes its settings from `data.<pack>`, each with a default of its own. Settings are a gateway's guard like the
#   rules themselves, so a misspelt or mistyped one must not be passed over: packs deny with what `problems` finds.
package sallyport.settings

# METADATA
# title: What is wrong with a pack's settings
# description: |
#   `shape` maps each setting's name to what it holds: "names" (a list of strings), "number", "text", "list" or "map" (an
#   object).
#   Empty where all is well.
problems(pack, given, _) := {sprintf("data.%s must be an object", [pack])} if {
	not is_object(given)
}

problems(pack, given, shape) := unknown | mistyped if {
	is_object(given)
	unknown := {message |
		some name, _ in given
		not shape[name]
		message := sprintf("data.%s.%s is no setting; there are: %s", [pack, name, concat(", ", sort(object.keys(shape)))])
	}
	mistyped := {message |
		some name, kind in shape
		value := given[name]
		not holds(kind, value)
		message := sprintf("data.%s.%s must be %s", [pack, name, described[kind]])
	}
}

described := {
	"names": "a list of names",
	"number": "a number",
	"text": "a text",
	"map": "an object",
	"list": "a list",
}

holds("names", value) if {
	is_array(value)
	every name in value { is_string(name) }
}

holds("number", value) if is_number(value)

holds("text", value) if is_string(value)

holds("map", value) if is_object(value)

holds("list", value) if is_array(value)
